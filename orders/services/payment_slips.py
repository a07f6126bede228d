"""The numbers on payment slips: the same slip is never booked twice, whichever way it came in."""

from orders.models import Payment, Repayment


def payment_of(method: str, reference: str) -> Payment | None:
    """The payment that was booked with a slip's number for one order."""
    return Payment.objects.filter(method=method, reference=reference[:80]).first() if reference else None


def is_booked(method: str, reference: str) -> bool:
    """Whether a slip is in the books already, for one order or spread over several."""
    slip = {"method": method, "reference": reference[:80]}
    return bool(reference) and (
        Payment.objects.filter(**slip).exists() or Repayment.objects.filter(**slip).exists()
    )
