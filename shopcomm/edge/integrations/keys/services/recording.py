"""The record of calls: noted in Redis when a call is answered, written to the database many at a time by a worker.

A call costs one short command and no statement. The record is for people who look; with Redis away it has a gap.
"""

import json
import logging
import re
import time
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from shopcomm.edge.integrations.keys.models import LONGEST_PATH, KeyCall

log = logging.getLogger(__name__)
# So many wait at most while no worker comes: the oldest go.
MOST_WAITING = 100_000
BATCH = 2000
# So long it is not tried again after Redis did not answer, so that calls do not wait for it one by one.
REST_SECONDS = 5.0
# Secrets that somebody wrote into an address by mistake: keys, and secrets of webhooks.
SECRET = re.compile(r"(sk|whsec)_[^/]+")

_rests_until = 0.0


@dataclass(frozen=True)
class Call:
    """A call as it was answered."""

    key_id: int
    at: float
    method: str
    path: str
    status: int
    duration_ms: int
    address: str | None


@cache
def _redis() -> Redis:
    return Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=0.2, socket_timeout=0.2, retry=Retry(NoBackoff(), 0)
    )


def _waiting() -> str:
    return f"{settings.REDIS_PREFIX}:key-calls"


def note_call(call: Call) -> None:
    """Have a call written down. Never raises: the call itself has been answered."""
    global _rests_until
    if time.monotonic() < _rests_until:
        return
    try:
        count: Any = _redis().rpush(_waiting(), json.dumps(astuple(call)))
        if count > MOST_WAITING:
            _redis().ltrim(_waiting(), -MOST_WAITING, -1)
    except RedisError:
        _rests_until = time.monotonic() + REST_SECONDS
        log.warning("calls of keys are not recorded while redis is down")


def path_without_secrets(path: str) -> str:
    """An address as it may be kept: without its query, which callers leave out, and without what opens something."""
    return SECRET.sub("•••", path)[:LONGEST_PATH]


def write_calls() -> int:
    """Write down all calls that wait, one statement for many. Returns how many.

    What the database does not take now goes back to the front.
    """
    written = 0
    while texts := _taken():
        rows = [_row(*json.loads(text)) for text in texts]
        try:
            KeyCall.objects.bulk_create(rows)
        except DatabaseError:
            _redis().lpush(_waiting(), *reversed(texts))
            raise
        written += len(rows)
    return written


def _taken() -> list[bytes]:
    found: Any = _redis().lpop(_waiting(), BATCH)
    return found or []


def _row(
    key_id: int, at: float, method: str, path: str, status: int, duration_ms: int, address: str | None
) -> KeyCall:
    return KeyCall(
        key_id=key_id,
        at=datetime.fromtimestamp(at, UTC),
        method=method,
        path=path,
        status=status,
        duration_ms=duration_ms,
        address=address,
    )
