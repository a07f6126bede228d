"""What happened to an order's money, in the words of the people who look at it."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from orders import events
from orders.models import Payment, Refund
from shopcomm.core.text import written_money


@dataclass(frozen=True)
class MoneyFact:
    """What the events of an order say of money; amounts as text, empty for what an event does not tell."""

    currency: str = "CNY"
    amount: str = ""
    balance: str = ""
    owed: str = ""
    due_on: str = ""
    kept: str = ""
    method: str = ""
    purpose: str = ""
    reason: str = ""
    override: str = ""
    unpaid: str = ""
    late: bool = False
    withdrawn: bool = False

    @classmethod
    def of(cls, data: dict[str, Any]) -> "MoneyFact":
        """An event's data as far as it is about money."""
        known = {each.name for each in fields(cls)}
        return cls(**{name: value for name, value in data.items() if name in known})

    @property
    def is_nothing(self) -> bool:
        """Whether no money moved at all."""
        return not Decimal(self.amount or 0)

    def written(self, name: str = "amount") -> str:
        """One of the amounts as people write it, without its sign."""
        return written_money(abs(Decimal(getattr(self, name) or 0)), self.currency)

    def because(self, text: str) -> str:
        """A sentence with the reason behind it, if there is one."""
        return _("%(text)s：%(reason)s") % {"text": text, "reason": self.reason} if self.reason else text


def _method(fact: MoneyFact) -> str:
    known = fact.method in Payment.Method.values
    return str(Payment.Method(fact.method).label) if known else fact.method


def _paid(fact: MoneyFact) -> str:
    if fact.owed and fact.due_on:
        values = {"owed": fact.written("owed"), "day": fact.due_on}
        return _("挂账 %(owed)s，%(day)s 前付清，等待配货") % values
    if fact.owed:
        return _("挂账 %(owed)s，等待配货") % {"owed": fact.written("owed")}
    if fact.is_nothing:
        return _("已付清，等待配货")
    values = {"amount": fact.written(), "method": _method(fact)}
    if fact.balance:
        values["balance"] = _balance(fact)
        return _("收到货款 %(amount)s（%(method)s），%(balance)s，等待配货") % values
    return _("收到货款 %(amount)s（%(method)s），等待配货") % values


def _payment(fact: MoneyFact) -> str:
    values = {"amount": fact.written(), "method": _method(fact), "balance": _balance(fact)}
    if fact.late:
        return _("收到货款 %(amount)s（%(method)s），待退还") % values
    return _("收到货款 %(amount)s（%(method)s），%(balance)s") % values


def _balance(fact: MoneyFact) -> str:
    """What is open after it: to be paid, to be returned, or nothing."""
    balance = Decimal(fact.balance or 0)
    if not balance:
        return _("已付清")
    text = _("尚欠 %(amount)s") if balance > 0 else _("待退 %(amount)s")
    return text % {"amount": fact.written("balance")}


def _debt_reduced(fact: MoneyFact) -> str:
    values = {"amount": fact.written(), "balance": _balance(fact)}
    return _("退货抵减欠款 %(amount)s，%(balance)s") % values


def _refunding(fact: MoneyFact) -> str:
    if fact.is_nothing:
        return fact.because(_("申请取消订单，没有款项要退"))
    return fact.because(_("申请退款 %(amount)s") % {"amount": fact.written()})


def _refunded(fact: MoneyFact) -> str:
    if fact.is_nothing:
        return _("订单已取消，没有款项要退")
    return _("已退款 %(amount)s") % {"amount": fact.written()}


def _refund_rejected(fact: MoneyFact) -> str:
    if fact.amount:
        return fact.because(_("改为部分退款 %(amount)s") % {"amount": fact.written()})
    return fact.because(_("撤回退款申请") if fact.withdrawn else _("驳回退款"))


def _part_refunded(fact: MoneyFact) -> str:
    purpose = Refund.Purpose(fact.purpose)
    if purpose == Refund.Purpose.EXCHANGE:
        return _("抵扣换货单 %(number)s：%(amount)s") % {"number": fact.reason, "amount": fact.written()}
    return _("已退款 %(amount)s（%(purpose)s）") % {"amount": fact.written(), "purpose": purpose.label}


def _cancelled(fact: MoneyFact) -> str:
    if fact.kept:
        return fact.because(_("取消订单，定金 %(kept)s 不退") % {"kept": fact.written("kept")})
    if fact.balance:
        back = _("取消订单，已付的 %(amount)s 待退") % {"amount": fact.written("balance")}
        return fact.because(back)
    return fact.because(_("取消订单"))


def _deposit_released(fact: MoneyFact) -> str:
    return fact.because(_("定金 %(amount)s 改为退还，等待退款") % {"amount": fact.written()})


def with_balance(text: str, data: dict[str, Any]) -> str:
    """What a change of the order left to be paid or to be returned, behind what was changed."""
    fact = MoneyFact.of(data)
    balance = Decimal(fact.balance or 0)
    if not balance:
        return text
    told = _("%(text)s，待付差额 %(amount)s") if balance > 0 else _("%(text)s，待退 %(amount)s")
    return told % {"text": text, "amount": fact.written("balance")}


def with_override(text: str, data: dict[str, Any]) -> str:
    """Why a manager let a parcel leave against a rule: the shop's own affair."""
    fact = MoneyFact.of(data)
    if fact.unpaid:
        values = {"text": text, "amount": fact.written("unpaid"), "reason": fact.override}
        return _("%(text)s（差额 %(amount)s 未付，仍发货：%(reason)s）") % values
    if fact.override:
        values = {"text": text, "reason": fact.override}
        return _("%(text)s（修改申请未处理，仍发货：%(reason)s）") % values
    return text


_TEXTS: dict[str, Callable[[MoneyFact], str]] = {
    events.OrderPaid.type: _paid,
    events.PaymentRecorded.type: _payment,
    events.DebtReduced.type: _debt_reduced,
    events.OrderRefunding.type: _refunding,
    events.OrderRefunded.type: _refunded,
    events.OrderRefundRejected.type: _refund_rejected,
    events.PartRefunded.type: _part_refunded,
    events.OrderCancelled.type: _cancelled,
    events.DepositReleased.type: _deposit_released,
}


def _told(text: Callable[[MoneyFact], str]) -> Callable[[dict[str, Any]], str]:
    return lambda data: text(MoneyFact.of(data))


# By the type of the event, as `timeline.TEXTS` wants them.
MONEY_TEXTS: dict[str, Callable[[dict[str, Any]], str]] = {
    type_: _told(text) for type_, text in _TEXTS.items()
}
