"""Payment vouchers: checked, and booked once, whichever way they come in."""

from decimal import Decimal

from django.utils.translation import gettext as _

from orders.errors import GuardFailed
from orders.models import Payment, Repayment
from orders.models.payments import BY_HAND
from orders.reading.amounts import read_money
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.database.named_locks import wait_for_named_lock


def check_slip(*, actor: Actor, amount: Decimal | str, method: str, reference: str) -> Decimal:
    """The amount of a voucher that can be booked. Raises GuardFailed with all problems."""
    paid = read_money(amount)
    failures: list[tuple[str, str]] = []
    if paid is None or paid <= 0:
        failures.append(("amount_invalid", _("金额不正确")))
    if method not in dict(BY_HAND):
        failures.append(("method_unknown", _("收款方式不正确")))
    if actor.is_staff and method != Payment.Method.CASH and not reference:
        failures.append(("voucher_required", _("请填写凭证号或流水号")))
    if failures or paid is None:
        raise GuardFailed(*failures)
    return paid


def payment_of(method: str, reference: str) -> Payment | None:
    """The payment booked with a voucher number for one order."""
    return Payment.objects.filter(method=method, reference=reference[:80]).first() if reference else None


def is_booked(method: str, reference: str) -> bool:
    """Whether a slip is in the books already, for one order or spread over several.

    Whoever asks about the same slip in another transaction waits until this one ends. Orders are locked before.
    """
    if not reference:
        return False
    slip = {"method": method, "reference": reference[:80]}
    wait_for_named_lock(f"slip:{method}:{reference[:80]}")
    return Payment.objects.filter(**slip).exists() or Repayment.objects.filter(**slip).exists()
