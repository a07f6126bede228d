"""One token bucket for everything that is limited, kept in Redis and counted there."""

import logging
import time
from functools import cache

from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

log = logging.getLogger(__name__)

# KEYS[1] bucket; ARGV: rate a second, size, now in seconds. Returns seconds to wait, as text; "0" lets through.
BUCKET = """
local state = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local rate, size, now = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local tokens = tonumber(state[1]) or size
tokens = math.min(size, tokens + math.max(0, now - (tonumber(state[2]) or now)) * rate)
local wait = 0
if tokens >= 1 then tokens = tokens - 1 else wait = (1 - tokens) / rate end
redis.call('HSET', KEYS[1], 'tokens', tokens, 'at', now)
redis.call('EXPIRE', KEYS[1], math.ceil(size / rate) + 1)
return tostring(wait)
"""


@cache
def _redis() -> Redis:
    return Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=0.5, socket_timeout=0.5, retry=Retry(NoBackoff(), 0)
    )


def seconds_to_wait(bucket: str, *, rate: float, size: int) -> float:
    """Take one token; how long until there is one again, 0.0 when there was. With Redis down nobody waits."""
    try:
        return float(
            _redis().eval(BUCKET, 1, f"{settings.REDIS_PREFIX}:rate:{bucket}", rate, size, time.time())
        )  # type: ignore[arg-type]
    except RedisError:
        log.warning("no rate limit while redis is down")
        return 0.0
