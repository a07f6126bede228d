"""What 聚水潭 calls things, and what they are here."""

from orders.models import Status

KIND = "jushuitan"

# Merged, Split and Question are not here: what such an order is, a person decides.
STATUSES: dict[str, str] = {
    "WaitPay": Status.PENDING_PAYMENT.value,
    "WaitConfirm": Status.PAID.value,
    "WaitFConfirm": Status.PAID.value,
    "WaitOuterSent": Status.PAID.value,
    "Delivering": Status.PAID.value,
    "Sent": Status.SHIPPED.value,
    "Cancelled": Status.CANCELLED.value,
}
# What its answers say: all is well, and that it was called too often.
OK, CALLED_TOO_OFTEN = 0, frozenset({199, 200})
