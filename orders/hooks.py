"""Where higher floors join an order's transaction. They append at start-up; orders know nothing of them."""

from collections.abc import Callable

from orders.models import Order
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.events.models import DomainEvent

# Called once inside place_order(), before the first event of the order.
order_created_hooks: list[Callable[[Order, Actor], None]] = []

# Called for every event of an order, after all order and stock rows are locked and changed.
order_event_hooks: list[Callable[[Order, DomainEvent, Actor], None]] = []

# Called inside the transaction that writes an order of the past, with all its events in order.
order_history_hooks: list[Callable[[Order, list[DomainEvent]], None]] = []

# Each may answer why an order must not be completed by the timer yet.
completion_blockers: list[Callable[[Order], str | None]] = []
