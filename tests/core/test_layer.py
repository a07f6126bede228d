"""The channel layer: what one process says reaches the others, and does not come back to be unpacked and dropped."""

import asyncio
from typing import Any

import pytest
from django.conf import settings
from redis._parsers.hiredis import _AsyncHiredisParser

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


async def test_a_message_that_comes_in_is_not_written_out_for_a_log(monkeypatch):
    written: list[Any] = []

    async def write_out(_parser: Any, message: Any) -> Any:
        written.append(message)
        return message

    monkeypatch.setattr(_AsyncHiredisParser, "handle_pubsub_push_response", write_out)
    (here, _mine), (there, theirs) = await joined("g"), await joined("g")
    await here.group_send_all([{"group": "g", "text": "1"}])

    assert await heard(there, theirs, 1) == ["1"]
    assert [each for each in written if each[0] == b"message"] == []
