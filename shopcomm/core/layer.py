"""The channel layer, with what channels-redis lacks: many messages in one trip to Redis."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from channels_redis.pubsub import RedisPubSubChannelLayer


class PipelinedChannelLayer(RedisPubSubChannelLayer):
    """channels-redis over publish and subscribe; its own `group_send` waits for an answer to every message."""

    async def group_send_all(self, messages: Sequence[dict[str, Any]]) -> None:
        """Send each message to its own `group`, in order. Raises what redis-py raises; some may have gone then."""
        layer = self._get_layer()
        by_shard: dict[Any, list[tuple[str, bytes]]] = defaultdict(list)
        for each in messages:
            channel = layer._get_group_channel_name(each["group"])
            by_shard[layer._get_shard(channel)].append((channel, self.serialize(each)))
        for shard, sends in by_shard.items():
            async with shard._lock:
                shard._ensure_redis()
                pipe = shard._redis.pipeline(transaction=False)
                for channel, payload in sends:
                    pipe.publish(channel, payload)
                await pipe.execute()
