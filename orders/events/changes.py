"""Events of edits and of change requests."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from orders.events.base import (
    OrderEvent,
    choice_label,
    decimal_of,
    has_only_fields,
    money_back,
    overpaid_part,
    with_reason,
)
from orders.models.changes import ChangeKind, ChangeRequest, Handler
from shopcomm.core.events.kinds import SHOP

# Who looks after an order is nobody's news but theirs.
INTERNAL_FIELDS = frozenset({"assigned_to"})


@dataclass(frozen=True, kw_only=True)
class FieldsEvent(OrderEvent):
    """A fact that names fields of the order: as they were `before`, and as they are, or are to be, `after`."""

    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    # The row that holds phone and street whole; here they are masked.
    contact_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class OrderChanged(FieldsEvent):
    """Somebody edited the order; `before` and `after` hold the changed fields only."""

    type = "order.changed"
    icon = "edit"
    alarm = True
    notices = (
        "changed",
        "change_accepted",
        "handed_over",
        "balance_due",
        "balance_to_return",
        "money_to_return",
    )

    note: str = ""
    # Of an order past payment whose price has changed: what is to be paid now; below zero, what goes back.
    balance: str = ""
    # The request that asked for it, if one did, and how the customer agreed if it was the shop's wish.
    request_id: int | None = None
    consent: dict[str, Any] = field(default_factory=dict)

    def timeline_text(self) -> str:
        """Who agreed to it, and what it left to be paid or to be returned."""
        balance = decimal_of(self.balance)
        if not balance:
            return self._agreed()
        text = _("%(text)s，待付差额 %(amount)s") if balance > 0 else _("%(text)s，待退 %(amount)s")
        return text % {"text": self._agreed(), "amount": self.money(self.balance)}

    def _agreed(self) -> str:
        if not self.consent:
            return _("修改订单")
        who = {"who": self.consent.get("who", "")}
        if self.consent.get("by") == "phone":
            return _("修改订单，%(who)s已在电话中同意") % who
        return _("修改订单，%(who)s已同意") % who

    @property
    def to_return(self) -> Decimal:
        """What the customer had paid too much by then."""
        return overpaid_part(self.balance)

    def triggered(self, actor_kind: str) -> tuple[str, ...]:
        """What was changed, to whom the order has come, and what is open after it."""
        changed = "change_accepted" if self.request_id else "changed"
        told = () if has_only_fields(self.after, INTERNAL_FIELDS) else (changed,)
        given = ("handed_over",) if self.after.get("assigned_to") else ()
        if self.to_return:
            return (*told, *given, *money_back(is_told=False))
        return (*told, *given, *(("balance_due",) if decimal_of(self.balance) > 0 else ()))


def request_kind_label(kind: str) -> str:
    """What a request is about."""
    return choice_label(ChangeKind, kind)


@dataclass(frozen=True, kw_only=True)
class ChangeRequested(FieldsEvent):
    """Somebody asked for a change that another person has to agree to; the order is as it was."""

    type = "order.change_requested"
    icon = "edit"
    conflicts = False
    alarm = True
    notices = ("change_for_sales", "change_for_warehouse", "change_for_customer")

    request_id: int
    kind: str
    handler: str
    # For the other system that has to answer: what it is asked to do (docs/integrations.md), its phone and street masked.
    command: dict[str, Any] = field(default_factory=dict)

    def timeline_text(self) -> str:
        """What is asked, and whose answer it waits for."""
        handler = choice_label(Handler, self.handler)
        if self.kind == ChangeKind.CANCEL:
            return _("申请取消订单，等待%(handler)s处理") % {"handler": handler}
        values = {"kind": request_kind_label(self.kind), "handler": handler}
        if self.handler == Handler.CUSTOMER:
            return _("商家申请修改%(kind)s，等待客户同意") % values
        return _("申请修改%(kind)s，等待%(handler)s处理") % values

    def triggered(self, actor_kind: str) -> tuple[str, ...]:
        """Whoever has to answer is told; another system reads it in the log."""
        if self.handler == Handler.OUTSIDE:
            return ()
        if self.handler == Handler.WAREHOUSE:
            return ("change_for_warehouse",)
        return ("change_for_customer",) if self.handler == Handler.CUSTOMER else ("change_for_sales",)


@dataclass(frozen=True, kw_only=True)
class ChangeEscalated(FieldsEvent):
    """A request has waited too long: for a manager to look at, or where another system is silent for sales, who read what is asked."""

    type = "order.change_escalated"
    icon = "warn"
    audience = SHOP
    conflicts = False
    alarm = True
    notices = ("change_escalated", "change_for_sales")

    request_id: int
    kind: str
    handler: str
    # The other system that has not answered, where one had to.
    system: str = ""

    def timeline_text(self) -> str:
        """That nobody has answered."""
        if self.system:
            return _("%(system)s还没有答复修改申请，请销售跟进") % {"system": self.system}
        return _("修改申请超时未处理，已上报经理")

    def triggered(self, actor_kind: str) -> tuple[str, ...]:
        """Managers; where another system is silent, whoever looks after the customer."""
        return ("change_for_sales",) if self.handler == Handler.OUTSIDE else ("change_escalated",)


@dataclass(frozen=True, kw_only=True)
class ChangeRejected(OrderEvent):
    """A request came to nothing: `state` says whether it was declined, withdrawn, expired or void."""

    type = "order.change_rejected"
    icon = "refund"
    conflicts = False
    notices = ("change_rejected", "consent_refused")

    request_id: int
    kind: str
    state: str
    reason: str = ""
    # Who ought to have answered: the customer, where the shop had asked.
    handler: str = ""

    def timeline_text(self) -> str:
        """What became of it, and why."""
        outcome = choice_label(ChangeRequest.State, self.state)
        text = _("修改%(kind)s的申请%(outcome)s") % {
            "kind": request_kind_label(self.kind),
            "outcome": outcome,
        }
        return with_reason(text, self.reason)

    def triggered(self, actor_kind: str) -> tuple[str, ...]:
        """Who takes a request back knows it; what the customer did not agree to concerns whoever asked them."""
        if self.state == ChangeRequest.State.WITHDRAWN:
            return ()
        return ("consent_refused",) if self.handler == Handler.CUSTOMER else ("change_rejected",)
