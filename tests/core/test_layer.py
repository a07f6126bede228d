"""The channel layer: what one process says reaches the others, and does not come back to be unpacked and dropped."""

import asyncio
from typing import Any

import pytest
from django.conf import settings

from shopcomm.core.layer import PipelinedChannelLayer


async def joined(group: str) -> tuple[PipelinedChannelLayer, str]:
    """A process of its own in a group."""
    made = PipelinedChannelLayer(**settings.CHANNEL_LAYERS["default"]["CONFIG"])
    channel = await made.new_channel()
    await made.group_add(group, channel)
    return made, channel


async def heard(layer: PipelinedChannelLayer, channel: str, count: int) -> list[Any]:
    async with asyncio.timeout(10):
        return [(await layer.receive(channel))["text"] for _ in range(count)]


@pytest.mark.parametrize("first", [{"from": "here"}, {"from": "here", "type": "fan.out"}])
async def test_a_message_with_a_sender_reaches_other_processes_but_not_its_own(first):
    (here, mine), (there, theirs) = await joined("g"), await joined("g")
    await here.group_send_all([first | {"group": "g", "text": "1"}, {"group": "g", "text": "2"}])
    assert await heard(there, theirs, 2) == ["1", "2"]
    await there.group_send_all([{"from": "there", "group": "g", "text": "3"}])

    assert await heard(here, mine, 2) == ["2", "3"]
