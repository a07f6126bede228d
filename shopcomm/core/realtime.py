"""Live pushes: the only door to the channel layer outside consumers. A push is a hint; rows are the truth."""

import asyncio
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction
from redis.exceptions import RedisError

from shopcomm.core.audiences import Audience
from shopcomm.core.json_text import json_text

log = logging.getLogger(__name__)

_quiet: ContextVar[bool] = ContextVar("quiet", default=False)

ORDERS_FEED = "feed.orders"
WAREHOUSE_FEED = "feed.warehouse"
STAFF = "staff."
CUSTOMER = "customer."
LINK = "link."
# Every customer who is here: told whether somebody of the shop is.
CUSTOMERS = "customers"
# The fanout of every process.
PROCESSES = "processes"
# As many as go to Redis without waiting for its answer: what a slow subscriber must be able to hold.
TOGETHER = 500
# How many of a transaction's works are looked through for a message that is pushed already; one change leaves fewer.
LOOK_BACK = 50
# So long a push waits for a Redis that hangs; whoever saved something waits with it.
PUSH_SECONDS = 2.0


@contextmanager
def without_pushes() -> Iterator[None]:
    """Push nothing in this block: for history that is loaded in bulk and that nobody is watching."""
    token = _quiet.set(True)
    try:
        yield
    finally:
        _quiet.reset(token)


def pushes_are_off() -> bool:
    """Whether history is being loaded."""
    return _quiet.get()


def conversation_group(conversation_id: int) -> str:
    """The group of everybody who has one conversation open."""
    return f"conversation.{conversation_id}"


def staff_group(staff_id: int) -> str:
    """The group of one member of staff's tabs."""
    return _group_of_one(STAFF, staff_id)


def is_staff_group(group: str) -> bool:
    """Whether a group is that of one member of staff's tabs, which get their notices there."""
    return group.startswith(STAFF)


def customer_group(customer_id: int) -> str:
    """The group of one customer's pages behind the code."""
    return _group_of_one(CUSTOMER, customer_id)


def is_own_group(group: str) -> bool:
    """Whether a group is that of a customer's pages, which are told there that something of theirs has changed."""
    return group.startswith((CUSTOMER, LINK))


def link_group(order_id: int) -> str:
    """The group of everybody who came by a link to one order."""
    return _group_of_one(LINK, order_id)


def _group_of_one(prefix: str, pk: int) -> str:
    """Raises ValueError for 0: a group of nobody, which whoever has no number would be in."""
    if not pk:
        raise ValueError(f"{prefix}{pk} is nobody's group")
    return f"{prefix}{pk}"


def encode_frame(group: str, bodies: Mapping[Audience, dict[str, Any]]) -> dict[str, Any]:
    """What travels between processes: the text for each audience, none for whom it has no body.

    Each body is encoded once, however many audiences it is for.
    """
    distinct = {id(body): body for body in bodies.values()}
    made = {key: json_text(body) for key, body in distinct.items()}
    texts = {audience.name: made[id(body)] for audience, body in bodies.items()}
    kind = next((body["type"] for body in bodies.values()), "")
    return {"type": "fan.out", "group": group, "frame": kind, "texts": texts}


def push_on_commit(group: str, bodies: Mapping[Audience, dict[str, Any]], *, skip: str = "") -> None:
    """Show a frame to everybody in a group once the caller's transaction has committed.

    `bodies` has what each audience gets; one that is not there is shown nothing. The socket `skip` is left out: it said
    so itself.
    """
    # robust: with Redis down the change still stands, and clients catch up by seq or cursor.
    transaction.on_commit(partial(push_frames, encode_frame(group, bodies) | {"skip": skip}), robust=True)


def push_frames_on_commit(frames: Sequence[dict[str, Any]]) -> None:
    """Push several frames (made by `encode_frame()`) together, in this order, once the caller's transaction has committed."""
    if frames:
        transaction.on_commit(partial(push_frames, *frames), robust=True)


def groups_to_be_told(frame: str) -> set[str]:
    """The groups that the caller's transaction pushes a kind of frame to already, among the last things that it has to
    do. What still stands there is only undone together with what the caller does now."""
    waiting = transaction.get_connection().run_on_commit[-LOOK_BACK:]
    pushes = (
        work for _savepoints, work, *_how in waiting if isinstance(work, partial) and work.func is push_frames
    )
    return {each["group"] for work in pushes for each in work.args if each.get("frame") == frame}


def recheck_access_on_commit(group: str) -> None:
    """Have every socket of a group ask once more whether it may stay, once the caller's transaction has committed."""
    transaction.on_commit(
        partial(push_frames, encode_frame(group, {}) | {"recheck_access": True}), robust=True
    )


def push_frames(*messages: dict[str, Any]) -> None:
    """Hand messages to the channel layer now; losing one is not an error."""
    if get_channel_layer() is None or pushes_are_off():
        return
    try:
        async_to_sync(_send)(messages)
    except (OSError, RuntimeError, RedisError):
        log.warning("push to %s was lost; clients will catch up", messages[0]["group"])


async def _send(messages: Sequence[dict[str, Any]]) -> None:
    """Send in order; many share a trip to Redis."""
    for first in range(0, len(messages), TOGETHER):
        async with asyncio.timeout(PUSH_SECONDS):
            await get_channel_layer().group_send_all(messages[first : first + TOGETHER])
