"""Who has a conversation open, and whether the shop is online: kept in Redis for a minute, sent to the others."""

import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from messaging.consumers.fanout import fanout
from messaging.consumers.loop_local import loop_local
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.audiences import CUSTOMER, for_all_audiences
from shopcomm.core.realtime import CUSTOMERS, conversation_group, encode_frame

log = logging.getLogger(__name__)
LASTS_SECONDS = 60
# Whoever leaves a page opens the next one: so long they count as there.
LEAVES_SECONDS = 10
# So long one process takes its own word for whether the shop is there.
KNOWN_SECONDS = 2.0
# So long nobody asks a Redis again that did not answer: each question would hold up the watch over all sockets.
REST_SECONDS = 2.0


class Presence:
    """A sorted set a conversation: a member for each socket, its score the time it runs out."""

    def __init__(self) -> None:
        self._redis = Redis.from_url(
            settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=2, retry=Retry(NoBackoff(), 0)
        )
        self._prefix = settings.REDIS_PREFIX
        self._rests_until = 0.0
        self._shop_known = (False, 0.0)

    async def report_present(
        self, conversation_id: int, actor: Actor, socket: str, *, again: bool = False
    ) -> None:
        """Somebody opened a conversation, or is still there (`again`): told only if that is news to somebody."""
        with self._unless_redis_is_down() as asks:
            if asks and (await self._note(conversation_id, self._member(actor, socket)) or not again):
                await self._publish_who_is_here(conversation_id)

    async def report_gone(self, conversation_id: int, actor: Actor, socket: str) -> None:
        """Somebody closed it."""
        with self._unless_redis_is_down() as asks:
            if asks:
                await self._redis.zrem(self._key(conversation_id), self._member(actor, socket))
                await self._publish_who_is_here(conversation_id)

    async def report_shop_online(self, socket: str) -> None:
        """A member of staff who answers customers is online, or still is; customers are told when it is the first."""
        with self._unless_redis_is_down() as asks:
            if asks and await self._note_at_work(socket):
                self._shop_known = (True, time.monotonic())
                shown = {"type": "presence", "shop": True}
                await fanout().publish(encode_frame(CUSTOMERS, {CUSTOMER: shown}))

    async def report_shop_offline(self, socket: str) -> None:
        """A page of theirs has closed. Going to the next page does not count as leaving."""
        with self._unless_redis_is_down() as asks:
            if asks:
                await self._redis.zadd(self._shop_key, {socket: time.time() + LEAVES_SECONDS}, xx=True)

    async def is_shop_there(self) -> bool:
        """Whether anybody of the shop who answers customers is there; as last known while Redis is down."""
        there, since = self._shop_known
        if time.monotonic() - since < KNOWN_SECONDS:
            return there
        with self._unless_redis_is_down() as asks:
            if asks:
                there = bool(await self._redis.zcount(self._shop_key, time.time(), "+inf"))
                self._shop_known = (there, time.monotonic())
        return there

    @property
    def _shop_key(self) -> str:
        return f"{self._prefix}:presence:shop"

    async def _note_at_work(self, socket: str) -> bool:
        """Write it down. True: nobody was there before."""
        now, pipe = time.time(), self._redis.pipeline(transaction=True)
        pipe.zremrangebyscore(self._shop_key, 0, now)
        pipe.zcard(self._shop_key)
        pipe.zadd(self._shop_key, {socket: now + LASTS_SECONDS})
        pipe.expire(self._shop_key, LASTS_SECONDS)
        _gone, before, _added, _expires = await pipe.execute()
        return before == 0

    @contextmanager
    def _unless_redis_is_down(self) -> Iterator[bool]:
        """Presence is lost while Redis is down, and nothing else; says whether to ask it at all."""
        try:
            yield time.monotonic() >= self._rests_until
        except Exception:
            self._rests_until = time.monotonic() + REST_SECONDS
            log.debug("presence is lost while redis is down")

    async def _note(self, conversation_id: int, member: str) -> bool:
        """Write down that a socket is here. True: it was not known, or others have run out unseen with their process."""
        key, now = self._key(conversation_id), time.time()
        pipe: Any = self._redis.pipeline(transaction=False)
        pipe.zremrangebyscore(key, 0, now)
        pipe.zadd(key, {member: now + LASTS_SECONDS})
        pipe.expire(key, LASTS_SECONDS)
        ran_out, added, _expires = await pipe.execute()
        return bool(ran_out or added)

    async def _publish_who_is_here(self, conversation_id: int) -> None:
        members: list[Any] = await self._redis.zrangebyscore(self._key(conversation_id), time.time(), "+inf")
        people = {tuple(json.loads(member)[:3]) for member in members}
        who: list[dict[str, Any]] = [
            {"kind": kind, "id": number, "name": name, "online": True}
            for kind, number, name in sorted(people, key=str)
        ]
        shown = {"type": "presence", "conversation": conversation_id, "who": who}
        told = for_all_audiences(shown) | {CUSTOMER: shown | {"shop": await self.is_shop_there()}}
        await fanout().publish(encode_frame(conversation_group(conversation_id), told))

    def _key(self, conversation_id: int) -> str:
        return f"{self._prefix}:presence:{conversation_id}"

    @staticmethod
    def _member(actor: Actor, socket: str) -> str:
        return json.dumps([actor.sender_kind, actor.id, actor.name, socket], ensure_ascii=False)


# The presence of the running event loop.
presence = loop_local(Presence)
