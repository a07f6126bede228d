"""催付, 催物流: reminders prepared for sales, who read and send them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.conf import settings
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from orders.models import Order, Status
from orders.policies.parcel_way import ENDED
from orders.reading.couriers import courier_name, hotline_of
from orders.selectors.open_sums import OpenSum, open_sum_of
from shopcomm.core.text import written_money

PAYMENT, COURIER = "payment", "courier"


@dataclass(frozen=True)
class Chased:
    """A parcel that is still on its way, and whom to ring about it."""

    carrier: str
    tracking_number: str
    hotline: str


@dataclass(frozen=True)
class Nudge:
    """A message to a customer, ready to be read and sent; with the parcels it is about."""

    title: str | Promise
    text: str
    parcels: Sequence[Chased] = field(default_factory=tuple)


def nudge_of(order: Order, what: str) -> Nudge | None:
    """What may be written about an order now, in the customer's language; None where there is nothing to press for."""
    with override(order.customer.language or settings.LANGUAGE_CODE):
        text, parcels = "", tuple[Chased, ...]()
        if what == PAYMENT and (sum_ := open_sum_of(order)).due and order.status != Status.REFUNDING:
            text = _payment(order, sum_)
        elif what == COURIER and (parcels := tuple(_parcels(order))):
            text = _courier(order, parcels)
    titles = {PAYMENT: gettext_lazy("发催付"), COURIER: gettext_lazy("催物流")}
    return Nudge(titles[what], text, parcels) if text else None


def _payment(order: Order, open_sum: OpenSum) -> str:
    values = {"number": order.number, "amount": written_money(open_sum.due, order.currency)}
    if order.on_account:
        return _("您好，订单 %(number)s 挂账的 %(amount)s 请安排付款，谢谢。") % values
    if order.status != Status.PENDING_PAYMENT:
        return _("您好，订单 %(number)s 还差 %(amount)s，请补齐，谢谢。") % values
    if order.pay_by and order.pay_by > timezone.now():
        values["time"] = f"{timezone.localtime(order.pay_by):%m-%d %H:%M}"
        return _("您好，订单 %(number)s 待付 %(amount)s，请在 %(time)s 前付款，付好马上给您配货。") % values
    return _("您好，订单 %(number)s 待付 %(amount)s，付好马上给您配货。") % values


def _courier(order: Order, parcels: Sequence[Chased]) -> str:
    numbers = _("、").join(f"{each.carrier} {each.tracking_number}" for each in parcels)
    return _("您好，订单 %(number)s 的包裹（%(parcels)s）我们这就联系快递催促，有结果马上告诉您。") % {
        "number": order.number,
        "parcels": numbers,
    }


def _parcels(order: Order) -> list[Chased]:
    open_ = order.shipments.exclude(state__in=ENDED).order_by("pk")
    return [
        Chased(courier_name(each.carrier), each.tracking_number, hotline_of(each.carrier)) for each in open_
    ]
