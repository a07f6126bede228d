"""Events of payments and refunds."""

from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orders.events.base import OrderEvent, choice_label, decimal_of, money_back, overpaid_part, with_reason
from orders.models.payments import Payment, Refund
from orders.models.statuses import Status

ON_ACCOUNT = "on_account"


@dataclass(frozen=True, kw_only=True)
class MoneyEvent(OrderEvent):
    """A fact of an order's money: `amount` is what it is about."""

    amount: str

    @property
    def is_nothing(self) -> bool:
        """Whether no money moved at all."""
        return not decimal_of(self.amount)

    @property
    def states_no_money(self) -> bool:
        """Whether it says in so many words that no money moved: an old row may not say."""
        return self.amount != "" and self.is_nothing


def balance_text(event: OrderEvent, balance: str) -> str:
    """What is open after an event: to be paid, to be refunded, or nothing."""
    open_ = decimal_of(balance)
    if not open_:
        return _("已付清")
    text = _("尚欠 %(amount)s") if open_ > 0 else _("待退 %(amount)s")
    return text % {"amount": event.money(balance)}


@dataclass(frozen=True, kw_only=True)
class OrderPaid(MoneyEvent):
    type = "order.paid"
    icon = "pay"
    alarm = True
    notices = ("paid", "on_account", "balance_to_return", "money_to_return")

    # What came; on account nothing came, and `owed` is due on a day (ISO).
    amount: str = "0.00"
    method: str = ""
    owed: str = ""
    due_on: str = ""
    # Below zero where it was too much, and some goes back.
    balance: str = ""

    def timeline_text(self) -> str:
        """What came and how, or what is owed until when."""
        if self.owed and self.due_on:
            values = {"owed": self.money(self.owed), "day": self.due_on}
            return _("挂账 %(owed)s，%(day)s 前付清，等待配货") % values
        if self.owed:
            return _("挂账 %(owed)s，等待配货") % {"owed": self.money(self.owed)}
        if self.is_nothing:
            return _("已付清，等待配货")
        values = {"amount": self.money(self.amount), "method": choice_label(Payment.Method, self.method)}
        if self.balance:
            values["balance"] = balance_text(self, self.balance)
            return _("收到货款 %(amount)s（%(method)s），%(balance)s，等待配货") % values
        return _("收到货款 %(amount)s（%(method)s），等待配货") % values

    @property
    def to_return(self) -> Decimal:
        """What was too much."""
        return overpaid_part(self.balance)

    def triggered(self, actor_kind: str) -> tuple[str, ...]:
        """Put on account it is told as that; without any money it is told by nothing."""
        by_account = self.method == ON_ACCOUNT
        told = "on_account" if by_account else "" if self.states_no_money else "paid"
        back = money_back(is_told=False) if self.to_return else ()
        return (*([told] if told else []), *back)


@dataclass(frozen=True, kw_only=True)
class PaymentRecorded(OrderEvent):
    """A payment that did not change the status: a part payment, a later one, or one for a cancelled order."""

    type = "order.payment_recorded"
    label = gettext_lazy("收款")
    icon = "pay"
    notices = ("payment_recorded", "payment_settled", "money_to_return")

    amount: str
    method: str
    balance: str
    late: bool = False

    def timeline_text(self) -> str:
        """What came and how, and what is open after it."""
        method = choice_label(Payment.Method, self.method)
        values = {"amount": self.money(self.amount), "method": method}
        if self.late:
            return _("收到货款 %(amount)s（%(method)s），待退还") % values
        values["balance"] = balance_text(self, self.balance)
        return _("收到货款 %(amount)s（%(method)s），%(balance)s") % values

    @property
    def to_return(self) -> Decimal:
        """All of what came after the end; else what was too much."""
        return decimal_of(self.amount) if self.late else overpaid_part(self.balance)

    def triggered(self, actor_kind: str) -> tuple[str, ...]:
        """Nothing is asked for where nothing is open: the rest came, or it came after the end."""
        is_part = decimal_of(self.balance) > 0 and not self.late
        told = "payment_recorded" if is_part else "payment_settled"
        # Who paid too much is told so with the payment.
        return (told, *(money_back(is_told=True) if self.to_return > 0 else ()))


@dataclass(frozen=True, kw_only=True)
class DebtReduced(OrderEvent):
    """Goods that were not paid for came back: so much less is owed, `balance` after it."""

    type = "order.debt_reduced"
    label = gettext_lazy("退货抵减欠款")
    icon = "pay"
    notices = ("debt_reduced", "balance_to_return", "money_to_return")

    amount: str
    balance: str
    case_id: int

    def timeline_text(self) -> str:
        """How much less is owed, and what is still."""
        values = {"amount": self.money(self.amount), "balance": balance_text(self, self.balance)}
        return _("退货抵减欠款 %(amount)s，%(balance)s") % values

    @property
    def to_return(self) -> Decimal:
        """What had been paid already."""
        return overpaid_part(self.balance)

    def triggered(self, actor_kind: str) -> tuple[str, ...]:
        """And what is to go back of it."""
        return ("debt_reduced", *(money_back(is_told=False) if self.to_return else ()))


@dataclass(frozen=True, kw_only=True)
class OrderRefunding(MoneyEvent):
    type = "order.refunding"
    icon = "refund"
    notices = ("refund_requested", "cancelled_refunding", "money_to_return")

    reason: str
    amount: str

    def timeline_text(self) -> str:
        """What is asked back, and why."""
        if self.is_nothing:
            return with_reason(_("申请取消订单，没有款项要退"), self.reason)
        return with_reason(_("申请退款 %(amount)s") % {"amount": self.money(self.amount)}, self.reason)

    @property
    def to_return(self) -> Decimal:
        """What a manager has to pay out."""
        return decimal_of(self.amount)

    def triggered(self, actor_kind: str) -> tuple[str, ...]:
        """Without any money the move is told by what comes of it."""
        if self.states_no_money:
            return ()
        told = "cancelled_refunding" if self.status_from == Status.PAID else "refund_requested"
        return (told, *(money_back(is_told=True) if self.to_return > 0 else ()))


@dataclass(frozen=True, kw_only=True)
class OrderRefundRejected(MoneyEvent):
    """A refund was rejected by the shop or withdrawn by the customer; the order is where it was."""

    type = "order.refund_rejected"
    icon = "refund"
    notices = ("refund_rejected", "refund_partial", "money_to_return")

    reason: str = ""
    withdrawn: bool = False
    # What of the money goes back all the same.
    amount: str = ""

    def timeline_text(self) -> str:
        """Whether nothing goes back, or a part."""
        if self.amount:
            text = _("改为部分退款 %(amount)s") % {"amount": self.money(self.amount)}
            return with_reason(text, self.reason)
        return with_reason(_("撤回退款申请") if self.withdrawn else _("驳回退款"), self.reason)

    @property
    def to_return(self) -> Decimal:
        """What a manager has to pay out."""
        return decimal_of(self.amount)

    def triggered(self, actor_kind: str) -> tuple[str, ...]:
        """With an amount a part of the money goes back."""
        told = "refund_partial" if self.amount else "refund_rejected"
        return (told, *(money_back(is_told=True) if self.to_return > 0 else ()))


@dataclass(frozen=True, kw_only=True)
class OrderRefunded(MoneyEvent):
    type = "order.refunded"
    icon = "refund"
    notices = ("refunded", "cancelled")

    amount: str
    restocked: bool = False

    def timeline_text(self) -> str:
        """What went back."""
        if self.is_nothing:
            return _("订单已取消，没有款项要退")
        return _("已退款 %(amount)s") % {"amount": self.money(self.amount)}

    def triggered(self, actor_kind: str) -> tuple[str, ...]:
        """Where there was no money it is told as the cancelling that it was."""
        return ("cancelled",) if self.states_no_money else ("refunded",)


@dataclass(frozen=True, kw_only=True)
class PartRefunded(OrderEvent):
    """Some of the money went back; the order stays where it is."""

    type = "order.part_refunded"
    icon = "refund"
    conflicts = False
    notices = ("part_refunded",)

    amount: str
    purpose: str
    reason: str = ""

    def timeline_text(self) -> str:
        """How much, and for what."""
        if self.purpose == Refund.Purpose.EXCHANGE:
            values = {"number": self.reason, "amount": self.money(self.amount)}
            return _("抵扣换货单 %(number)s：%(amount)s") % values
        purpose = choice_label(Refund.Purpose, self.purpose)
        return _("已退款 %(amount)s（%(purpose)s）") % {"amount": self.money(self.amount), "purpose": purpose}


@dataclass(frozen=True, kw_only=True)
class DepositReleased(OrderEvent):
    """A deposit that had been kept goes back after all; `balance`, below zero, is what waits to be paid out for it."""

    type = "order.deposit_released"
    label = gettext_lazy("退还定金")
    icon = "refund"
    notices = ("balance_to_return", "money_to_return")

    amount: str
    balance: str
    reason: str

    def timeline_text(self) -> str:
        """How much goes back, and why."""
        text = _("定金 %(amount)s 改为退还，等待退款") % {"amount": self.money(self.amount)}
        return with_reason(text, self.reason)

    @property
    def to_return(self) -> Decimal:
        """The deposit."""
        return overpaid_part(self.balance)

    def triggered(self, actor_kind: str) -> tuple[str, ...]:
        """The customer and whoever pays it out are told."""
        return money_back(is_told=False) if self.to_return else ()
