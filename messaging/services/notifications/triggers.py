"""Which trigger an event pulls: the notice of its row in the transition table, or one of a few beside it."""

from functools import cache

from messaging.models import Trigger
from orders import events
from orders.transitions import TRANSITIONS
from shopcomm.core.events.models import DomainEvent

BESIDE_THE_TABLE = {
    events.PaymentRecorded.type: Trigger.PAYMENT_RECORDED,
    events.OrderChanged.type: Trigger.CHANGED,
    events.ShipmentUpdated.type: Trigger.TRACKING,
    events.StockLow.type: Trigger.STOCK_LOW,
    events.StockReplenished.type: Trigger.STOCK_REPLENISHED,
}
# Moves between the same statuses by the same event: told apart by who made them.
EXPIRED, CANCELLED = "T5", "T4"


def trigger_of(event: DomainEvent) -> str:
    """The trigger that an event pulls; empty for one that no rule can wait for."""
    move = (event.type, event.data.get("status_from", ""), event.data.get("status_to", ""))
    if event.type == events.ShipmentUpdated.type and event.data.get("state"):
        # A scan by the courier; without a state it is a parcel that left.
        return Trigger.TRACKING
    notices = _notices().get(move)
    if not notices:
        return BESIDE_THE_TABLE.get(event.type, "")
    if len(notices) == 1:
        return next(iter(notices.values()))
    by_clock = event.actor_kind == "system"
    return notices[EXPIRED if by_clock else CANCELLED] if EXPIRED in notices else _partial(event, notices)


def _partial(event: DomainEvent, notices: dict[str, str]) -> str:
    """A refund that came to nothing, or to a part."""
    return notices["T20" if event.data.get("amount") else "T19"]


@cache
def _notices() -> dict[tuple[str, str, str], dict[str, str]]:
    """The notices of the table by event and statuses, then by the row's key."""
    found: dict[tuple[str, str, str], dict[str, str]] = {}
    for row in TRANSITIONS:
        if row.notice:
            found.setdefault((row.event.type, str(row.from_), str(row.to)), {})[row.key] = row.notice
    return found
