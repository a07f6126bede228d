"""Whether a notice that waits is still worth telling: overtaken by later news, seen to by somebody, or not wanted.

Callers read what is known from the database and pass it in as plain values. No database, no clock.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from messaging.policies.notifications.triggers import Trigger

# Where an order is when the parcel has arrived, and when nothing more is to be done with it.
CLOSED = frozenset({"completed", "cancelled", "refunded"})
ARRIVED = CLOSED | {"delivered"}


@dataclass(frozen=True, kw_only=True)
class News:
    """The content of a notice about an order, beside the current state of the order."""

    trigger: str
    # The number of the fact in the log; 0 for a notice that a timer made.
    event_id: int = 0
    # Whether it says that the order is in a certain status, and in which.
    tells_status: bool = False
    status_told: str = ""
    # The status now; empty for a notice without an order.
    status: str = ""
    # The latest news of the order's status that this person was told, or is to be.
    latest_event: int = 0
    # The latest report of a courier that waits for the same order.
    latest_scan: int = 0


def is_passed(news: News) -> bool:
    """Whether a notice is obsolete: the order has another status, or the parcel another state."""
    if not news.status:
        return False
    if news.trigger == Trigger.TRACKING:
        return news.status in ARRIVED or news.event_id < news.latest_scan
    return news.tells_status and news.status != news.status_told


def is_overtaken(news: News) -> bool:
    """Whether later news of the same order has been told, or waits to be; then nobody misses this one."""
    if news.latest_event > news.event_id:
        return True
    return bool(news.status) and (news.trigger == Trigger.TRACKING or news.status in CLOSED)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Whether a notice is still wanted: one answer for each possible obstacle."""

    rule_enabled: bool = True
    # A manager tries a rule: that it is off does not matter.
    is_trial: bool = False
    # The person still works here, or is still a customer.
    present: bool = True
    muted: bool = False
    # Money: told whatever was turned off.
    always: bool = False
    # What it asked for is done.
    done: bool = False
    # The customer has answered the reminder before.
    answered: bool = False


def drop_reason(wanted: Wanted) -> str:
    """Why a notice is not to be told at all, as a key of `reasons.REASONS`; empty when it is."""
    if not (wanted.rule_enabled or wanted.is_trial):
        return "rule_off"
    if not wanted.present:
        return "nobody"
    if wanted.muted and not wanted.always:
        return "muted"
    if wanted.done:
        return "taken_back"
    return "answered" if wanted.answered else ""


def has_answered(reminded_seq: int | None, last_customer_seq: int) -> bool:
    """Whether a customer has written since the last payment reminder: then people take over from the timer.

    Both are positions of messages in the conversation; None while no reminder stands in it.
    """
    return bool(reminded_seq) and last_customer_seq > (reminded_seq or 0)


@dataclass(frozen=True)
class Task:
    """Something that somebody is to see to: in which state it is, and whose turn it is."""

    state: str
    handler: str = ""


def is_task_done(asked: Task, now: Task | None) -> bool:
    """Whether what a notice asked for has changed since, or is gone: another state, or another one's turn."""
    return now != asked


def is_urge_answered(status_then: str, status_now: str, *, may_urge_in: Iterable[str]) -> bool:
    """Whether an urge has been answered: the parcel is on its way, or the order is past that."""
    left = status_now == "shipped" and status_then != "shipped"
    return left or status_now not in may_urge_in


@dataclass(frozen=True, kw_only=True)
class OrderNow:
    """An order as far as the reminders about it are concerned."""

    status: str
    # It is to be paid still, by a customer who owes it.
    owes: bool = False
    # Money is promised back and not returned yet.
    must_return: bool = False


def is_order_settled(trigger: str, order: OrderNow | None) -> bool:
    """Whether an order is no longer what a reminder waits for: paid, packed, or the money returned."""
    if order is None:
        return True
    if trigger == Trigger.UNPAID:
        return order.status != "pending_payment"
    if trigger == Trigger.PICKING_LONG:
        return order.status != "picking"
    if trigger == Trigger.MONEY_TO_RETURN:
        return not order.must_return and order.status != "refunding"
    return not order.owes


@dataclass(frozen=True)
class Claim:
    """A customer's place in the queue for goods: how many pieces of what."""

    id: int
    variant_id: int
    quantity: int
    cancelled: bool = False


def unserved_claims(queue: Iterable[Claim], in_stock: dict[int, int]) -> set[int]:
    """The ids of those for whom there is not enough any more; who asked first is served first.

    `queue` is in the order of asking; `in_stock` has the free pieces of each variant.
    """
    left, unserved = dict(in_stock), set()
    for claim in queue:
        if claim.cancelled or claim.quantity > left.get(claim.variant_id, 0):
            unserved.add(claim.id)
        else:
            left[claim.variant_id] -= claim.quantity
    return unserved


def first_served(queue: Iterable[Claim], pieces: int) -> list[int]:
    """The ids of the first in the queue for one variant, as far as these pieces go.

    Who came first waits for enough; nobody behind them is served before.
    """
    served = []
    for claim in queue:
        if claim.quantity > pieces:
            break
        pieces -= claim.quantity
        served.append(claim.id)
    return served
