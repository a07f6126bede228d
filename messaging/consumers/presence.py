"""Who is looking at a conversation: kept in Redis for a minute, told to the others."""

import json
import logging
import time
from typing import Any

from django.conf import settings
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from messaging.consumers.hub import hub
from messaging.consumers.per_loop import one_per_loop
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.realtime import conversation_group, frame

log = logging.getLogger(__name__)
LASTS_SECONDS = 60


class Presence:
    """A sorted set a conversation: a member for each socket, its score the time it runs out."""

    def __init__(self) -> None:
        self._redis = Redis.from_url(
            settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=2, retry=Retry(NoBackoff(), 0)
        )
        self._prefix = settings.REDIS_PREFIX

    async def here(self, conversation_id: int, actor: Actor, socket: str, *, again: bool = False) -> None:
        """Somebody opened a conversation, or is still there (`again`: tell nobody)."""
        key, now = self._key(conversation_id), time.time()
        try:
            await self._redis.zadd(key, {self._member(actor, socket): now + LASTS_SECONDS})
            await self._redis.expire(key, LASTS_SECONDS)
            if not again:
                await self._tell(conversation_id)
        except Exception:
            log.debug("presence is lost while redis is down")

    async def gone(self, conversation_id: int, actor: Actor, socket: str) -> None:
        """Somebody closed it."""
        try:
            await self._redis.zrem(self._key(conversation_id), self._member(actor, socket))
            await self._tell(conversation_id)
        except Exception:
            log.debug("presence is lost while redis is down")

    async def _tell(self, conversation_id: int) -> None:
        members: list[Any] = await self._redis.zrangebyscore(self._key(conversation_id), time.time(), "+inf")
        people = {tuple(json.loads(member)[:3]) for member in members}
        who: list[dict[str, Any]] = [
            {"kind": kind, "id": number, "name": name, "online": True}
            for kind, number, name in sorted(people, key=str)
        ]
        shown = {"type": "presence", "conversation": conversation_id, "who": who}
        await hub().publish(frame(conversation_group(conversation_id), shown, shown))

    def _key(self, conversation_id: int) -> str:
        return f"{self._prefix}:presence:{conversation_id}"

    @staticmethod
    def _member(actor: Actor, socket: str) -> str:
        return json.dumps([actor.sender_kind, actor.id, actor.name, socket], ensure_ascii=False)


# The presence of the running event loop.
presence = one_per_loop(Presence)
