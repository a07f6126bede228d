"""The number of open sockets of all web processes: each process reports its own, kept in Redis for a minute."""

import json
import logging
import time
import uuid
from collections import Counter
from collections.abc import Mapping

from django.conf import settings
from redis import Redis
from redis.asyncio import Redis as AsyncRedis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

log = logging.getLogger(__name__)
# A process says its number every 25 seconds (`session_recheck`); one that has not for so long is gone, and its sockets with it.
LASTS_SECONDS = 60
REDIS_SECONDS = 2.0


class OpenSockets:
    """What one process says; made once in each event loop."""

    def __init__(self) -> None:
        self._process = uuid.uuid4().hex
        self._redis = AsyncRedis.from_url(
            settings.REDIS_URL,
            socket_connect_timeout=REDIS_SECONDS,
            socket_timeout=REDIS_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )

    async def report_counts(self, counts: Mapping[str, int]) -> None:
        """Write down how many are open here, by the kind of their visitors. With Redis away it is said the next time."""
        told = json.dumps([time.time() + LASTS_SECONDS, dict(counts)])
        try:
            # redis-py types what is awaited as "or not".
            await self._redis.hset(_key(), self._process, told)  # type: ignore[misc]
        except Exception:
            # Nothing that goes wrong here may end the watch that says it.
            log.debug("open sockets are not counted while redis is down")


def open_sockets() -> dict[str, int]:
    """How many are open by the kind of their visitors, as of half a minute ago at most. Raises RedisError."""
    counts: Counter[str] = Counter(staff=0, customer=0)
    with short_redis() as redis:
        for process, told in redis.hgetall(_key()).items():  # type: ignore[union-attr]
            until, here = json.loads(told)
            if until < time.time():
                redis.hdel(_key(), process)
            else:
                counts.update(here)
    return dict(counts)


def short_redis() -> Redis:
    """A line to Redis for one look, which waits for it only shortly. To be used with `with`, which closes it."""
    return Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=REDIS_SECONDS, socket_timeout=REDIS_SECONDS
    )


def _key() -> str:
    return f"{settings.REDIS_PREFIX}:open-sockets"
