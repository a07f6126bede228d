"""The channel layer, with what channels-redis lacks: many messages in one trip to Redis, and a word after a loss."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from channels_redis.pubsub import RedisPubSubChannelLayer, RedisSingleShardConnection
from redis.exceptions import RedisError

log = logging.getLogger(__name__)
# Comes through every channel once its line to Redis is back: what was sent meanwhile is lost.
LAYER_BACK = "layer.back"
PAUSE_SECONDS = 0.2


class TellingConnection(RedisSingleShardConnection):
    """channels-redis subscribes again after a loss, a second later and without a word to those who listen."""

    # How messages begin, behind their first byte, that this loop has sent with a `from`.
    own = b""

    def _ensure_redis(self) -> None:
        """redis-py writes out each message it is pushed for a line of its log that nobody reads."""
        super()._ensure_redis()
        self._pubsub.push_handler_func = _as_it_came

    def _receive_message(self, message: dict[str, Any] | None) -> None:
        """Whoever says who a message is `from` does not want it back: it is not unpacked only to be dropped."""
        if message is not None and self.own and message["data"].startswith(self.own, 1):
            return
        super()._receive_message(message)

    async def _do_receiving(self) -> None:
        lost = False
        while True:
            try:
                if not (self._pubsub and self._pubsub.subscribed):
                    await asyncio.sleep(0.1)
                    continue
                # Without a limit of time: a clock set and stopped for every message costs more than to read it.
                message = await self._pubsub.get_message(ignore_subscribe_messages=True, timeout=None)
                if lost:
                    lost = False
                    self._tell_all()
                self._receive_message(message)
            except (asyncio.CancelledError, GeneratorExit):
                raise
            except Exception as error:
                log.warning("the line to Redis was lost: %r", error)
                lost = True
                await asyncio.sleep(PAUSE_SECONDS)

    def _tell_all(self) -> None:
        layer = self.channel_layer
        back = layer.channel_layer.serialize({"type": LAYER_BACK})
        for queue in layer.channels.values():
            queue.put_nowait(back)


async def _as_it_came(message: Any) -> Any:
    return message


class PipelinedChannelLayer(RedisPubSubChannelLayer):
    """channels-redis over publish and subscribe; its own `group_send` waits for an answer to every message."""

    def _get_layer(self) -> Any:
        layer = super()._get_layer()
        if not all(isinstance(shard, TellingConnection) for shard in layer._shards):
            layer._shards = [TellingConnection(shard.host, layer) for shard in layer._shards]
        return layer

    async def group_send_all(self, messages: Sequence[dict[str, Any]]) -> None:
        """Send each message to its own `group`, in order; one that has `from` as its first key does not come back to this
        loop. Raises what redis-py raises; some may have gone then."""
        layer = self._get_layer()
        by_shard: dict[Any, list[tuple[str, bytes]]] = defaultdict(list)
        for each in messages:
            channel = layer._get_group_channel_name(each["group"])
            shard = layer._get_shard(channel)
            if sender := each.get("from"):
                shard.own = self.serialize({"from": sender})[1:]
            by_shard[shard].append((channel, self.serialize(each)))
        for shard, sends in by_shard.items():
            try:
                await _publish(shard, sends)
            except RedisError:
                # A connection that idled may be dead by now; what had gone already is known by its number.
                await _publish(shard, sends)


async def _publish(shard: Any, sends: Sequence[tuple[str, bytes]]) -> None:
    async with shard._lock:
        shard._ensure_redis()
        pipe = shard._redis.pipeline(transaction=False)
        for channel, payload in sends:
            pipe.publish(channel, payload)
        await pipe.execute()
