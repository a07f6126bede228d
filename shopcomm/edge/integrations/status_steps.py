"""The moves that bring an order to where another system has it. A table; whether each is allowed is the state machine's to say."""

from orders.models import Status

FORWARD = (
    Status.PENDING_PAYMENT,
    Status.PAID,
    Status.PICKING,
    Status.SHIPPED,
    Status.DELIVERED,
    Status.COMPLETED,
)


def steps_between(now: str, wanted: str) -> list[str]:
    """The statuses to go through, the wanted one last; empty where the order is there already.

    Along the ordinary way of an order nothing is left out. Anything else is asked for as one move, which may be refused.
    """
    if now == wanted:
        return []
    if now in FORWARD and wanted in FORWARD[FORWARD.index(Status(now)) :]:
        return [
            str(each) for each in FORWARD[FORWARD.index(Status(now)) + 1 : FORWARD.index(Status(wanted)) + 1]
        ]
    if wanted == Status.REFUNDED and now != Status.REFUNDING:
        return [Status.REFUNDING.value, Status.REFUNDED.value]
    return [wanted]
