"""What the events of orders have in common."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext as _

from orders.labels import status_label
from orders.reading.couriers import courier_name
from shopcomm.core.events.kinds import Event
from shopcomm.core.text import HOME_CURRENCY, written_money


@dataclass(frozen=True, kw_only=True)
class OrderEvent(Event):
    """A fact of one order. `version` counts the order's events; the statuses are equal when it stayed where it was."""

    number: str
    version: int
    status_from: str
    status_to: str
    # Of every amount the event names.
    currency: str = HOME_CURRENCY

    def timeline_text(self) -> str:
        """Where the order went, of a kind that has no words of its own."""
        return str(self.label) or status_label(self.status_to) or self.type

    @property
    def to_return(self) -> Decimal:
        """What of the customer's money it left with the shop that is to go back."""
        return Decimal(0)

    def money(self, amount: str) -> str:
        """An amount of the event as people write it, without its sign."""
        return written_money(abs(decimal_of(amount)), self.currency)


def decimal_of(amount: str) -> Decimal:
    """An amount as it stands in an event; nothing for an empty one."""
    return Decimal(amount or 0)


def overpaid_part(balance: str) -> Decimal:
    """How much of a balance is to go back."""
    return max(-decimal_of(balance), Decimal(0))


def money_back(*, is_told: bool) -> tuple[str, ...]:
    """What money that is to go back triggers: the customer hears of it unless what happened tells them itself."""
    return ("money_to_return",) if is_told else ("balance_to_return", "money_to_return")


def with_reason(text: str, reason: str) -> str:
    """A sentence with the reason behind it, if there is one."""
    return _("%(text)s：%(reason)s") % {"text": text, "reason": reason} if reason else text


def with_phone_consent(text: str, consent: str) -> str:
    """A sentence followed by the consent given by phone, if there was one."""
    return _("%(text)s（电话确认：%(consent)s）") % {"text": text, "consent": consent} if consent else text


def parcel_names(carrier: str, tracking_number: str) -> dict[str, str]:
    """A parcel as sentences name it."""
    return {"carrier": courier_name(carrier), "number": tracking_number}


def choice_label(choices: type[TextChoices], value: str) -> str:
    """The name of a choice; of one that is not known any more, the value itself."""
    try:
        return str(choices(value).label)
    except ValueError:
        return value


def with_override_reason(text: str, *, unpaid: str, override: str) -> str:
    """A sentence with why a manager let a parcel leave against a rule: the shop's own affair."""
    if unpaid:
        values = {"text": text, "amount": unpaid, "reason": override}
        return _("%(text)s（差额 %(amount)s 未付，仍发货：%(reason)s）") % values
    if override:
        values = {"text": text, "reason": override}
        return _("%(text)s（修改申请未处理，仍发货：%(reason)s）") % values
    return text


def has_only_fields(fields: dict[str, Any], names: Iterable[str]) -> bool:
    """Whether some changed fields are all among these."""
    return bool(fields) and set(fields) <= set(names)
