"""Hooks by which higher floors join an order's transaction. They append at start-up; orders know nothing of them."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import QuerySet

from orders.events import OrderEvent
from orders.models import Order, Quote
from orders.selectors.todo_rows import TodoSource
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.audiences import Audience
from shopcomm.core.events.models import DomainEvent

# Called once inside place_order(), before the first event of the order.
order_created_hooks: list[Callable[[Order, Actor], None]] = []

# Called for every event of an order, after all order and stock rows are locked and changed.
order_event_hooks: list[Callable[[Order, DomainEvent, Actor], None]] = []

# Called inside the transaction that hands an order to somebody else, or to nobody, after its event.
order_assigned_hooks: list[Callable[[Order], None]] = []

# Called with the ids of several orders that one transaction has just locked: what belongs to them is locked as well.
orders_locked_hooks: list[Callable[[list[int]], None]] = []

# Called for every event of a quote, in its transaction, after the order it became is written.
quote_event_hooks: list[Callable[[Quote, DomainEvent, Actor], None]] = []


class PastEvent(NamedTuple):
    """An event of an order of the past: the key of its row, what it says and when it happened."""

    key: int
    fact: OrderEvent
    occurred_at: datetime


class PastOrder(NamedTuple):
    """An order of the past that is being written, with all its events in order; none of them names changed fields."""

    key: int
    number: str
    customer: int
    events: list[PastEvent]


# Called once inside the transaction that writes orders of the past, with a way to add rows to what is being written:
# `add(Model, column=value, …)` returns the row's key.
order_history_hooks: list[Callable[[list[PastOrder], Callable[..., int]], None]] = []


# Called before an imported order is taken back: delete what belongs to it, or refuse (RowRefused) because somebody has
# used it since.
imported_order_undone_hooks: list[Callable[[Order], None]] = []


class Keeper(NamedTuple):
    """The other system that keeps an order and decides what is changed of it."""

    # As people call it, and the order's number there.
    name: str
    external_id: str
    # Whether sales may answer in its place.
    by_hand: bool = False
    # Nothing can be said to it at the moment; what is asked waits.
    is_away: bool = False


# Each may name the keeper of an order; None for one that the shop decides about itself.
order_keepers: list[Callable[[Order], Keeper | None]] = []


class ConversationSummary(NamedTuple):
    """The last message of an order's conversation, and the number of unread messages."""

    text: str
    unread: int


SILENCE = ConversationSummary("", 0)

# Given the ids of the orders on a page: what their rows say of the conversations, for one reader.
conversation_summary_hooks: list[Callable[[list[int], Actor], dict[int, ConversationSummary]]] = []

# Narrow orders to those with something unread for one reader.
unread_order_filters: list[Callable[[QuerySet[Order], Actor], QuerySet[Order]]] = []

# Further lines of an order's timeline for one audience.
timeline_hooks: list[Callable[[Order, Audience], list[Any]]] = []

# Each may answer why an order must not be completed by the timer yet.
completion_blockers: list[Callable[[Order], str | None]] = []

# Further rows of the queue of what waits for somebody.
todo_sources: list[TodoSource] = []
