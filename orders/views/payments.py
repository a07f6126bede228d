"""Payments at the desk: a deposit, the balance, or an amount due after an edit."""

import re

from django.http import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from orders.errors import GuardFailed
from orders.models import Order, Status
from orders.reading.amounts import read_money
from orders.selectors.open_sums import open_sum_of
from orders.services.deposits import release_deposit
from orders.services.payments import record_payment
from orders.services.transitions import transition_order
from orders.views.desk import back_to_order, visible_order
from shopcomm.core.accounts.access import ShopRequest, right_required
from shopcomm.core.http.outcomes import run_and_tell
from shopcomm.core.http.sent_forms import run_form_once
from shopcomm.core.text import written_money

# As people write an amount; 1e9 is a slip of the hand, and more than is due is booked.
PLAIN = re.compile(r"[0-9]{1,10}(\.[0-9]{1,2})?")


@require_POST
@right_required("payments.record")
def enter_payment(request: ShopRequest, number: str) -> HttpResponseBase:
    """Book an amount; what settles an unpaid order moves it on."""
    order = visible_order(request, number)
    run_and_tell(request, lambda: run_form_once(request, lambda: _said(_book(request, order))))
    return back_to_order(request, number)


@require_POST
@right_required("payments.record")
def give_back_deposit(request: ShopRequest, number: str) -> HttpResponseBase:
    """A deposit that was kept goes back after all."""
    order, reason = visible_order(request, number), request.POST.get("reason", "")
    run_and_tell(
        request,
        lambda: run_form_once(request, lambda: _give_back(request, order, reason)),
        _("定金改为退还，退款后请登记凭证"),
    )
    return back_to_order(request, number)


def _give_back(request: ShopRequest, order: Order, reason: str) -> str:
    return release_deposit(actor=request.actor, order_id=order.pk, reason=reason).number


def _said(booked: Order) -> str:
    """What is open now: what came for an order that has ended goes back, however much it was."""
    if booked.status == Status.REFUNDING:
        return _("已登记，和其他款项一起退还")
    open_sum = open_sum_of(booked)
    if open_sum.to_return:
        return _("已登记，待退 %(amount)s") % {"amount": written_money(open_sum.to_return, booked.currency)}
    if open_sum.due:
        return _("已登记，尚欠 %(balance)s") % {"balance": written_money(open_sum.due, booked.currency)}
    return _("已登记，已付清")


def _book(request: ShopRequest, order: Order) -> Order:
    given = {name: request.POST.get(name, "").strip() for name in ("amount", "method", "reference")}
    if not PLAIN.fullmatch(given["amount"]):
        raise GuardFailed(("amount_invalid", _("金额不正确")))
    amount = read_money(given["amount"])
    if order.status == Status.PENDING_PAYMENT and amount is not None:
        return transition_order(actor=request.actor, order_id=order.pk, to=Status.PAID, data=given)
    return record_payment(
        actor=request.actor,
        order_id=order.pk,
        amount=given["amount"],
        method=given["method"],
        reference=given["reference"],
    )
