"""A push is a hint: nobody who saves something waits for it."""

import asyncio
from types import SimpleNamespace

import pytest

from shopcomm.core import realtime
from shopcomm.core.audiences import SHOP


def test_a_hanging_redis_does_not_delay_saving(monkeypatch, caplog):
    async def hang(messages):
        await asyncio.Event().wait()

    monkeypatch.setattr(realtime, "get_channel_layer", lambda: SimpleNamespace(group_send_all=hang))
    monkeypatch.setattr(realtime, "PUSH_SECONDS", 0.05)
    realtime.push_frames(realtime.encode_frame("staff.1", {SHOP: {"type": "notice.seen"}}))

    assert "push to staff.1 was lost" in caplog.text


@pytest.mark.parametrize("group_of", [realtime.staff_group, realtime.customer_group, realtime.link_group])
def test_an_actor_without_an_id_has_no_group_of_their_own(group_of):
    assert group_of(7).endswith(".7")
    with pytest.raises(ValueError, match="nobody"):
        group_of(0)
