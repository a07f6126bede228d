"""账款: who owes what, one customer's statement, and booking what they repay."""

from django.http import Http404, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from orders.models.payments import BY_HAND
from orders.selectors.money_tasks import money_tasks
from orders.selectors.statements import Statement, currencies_of, default_start, repayments_of, statement_of
from orders.selectors.visibility import orders_visible_to
from orders.services.repayments import Slip, record_repayment
from shopcomm.core import reading
from shopcomm.core.accounts.access import ShopRequest, right_required
from shopcomm.core.accounts.models import Customer
from shopcomm.core.http.outcomes import run_and_tell
from shopcomm.core.http.sent_forms import run_form_once
from shopcomm.core.text import written_money


@require_safe
@never_cache
@right_required("orders.view")
def debts_page(request: ShopRequest) -> HttpResponseBase:
    """Everything of the money that is open, as far as this reader may see its orders."""
    tasks = money_tasks(request.actor)
    late = bool(request.GET.get("late"))
    debtors = [each for each in tasks.debtors if each.overdue or not late]
    context = {"active": "debts", "tasks": tasks, "debtors": debtors, "late": late}
    return render(request, "orders/debts.html", context)


@require_safe
@never_cache
@right_required("orders.view")
def statement_page(request: ShopRequest, customer_id: int) -> HttpResponseBase:
    """One customer's account from one day to another, to be read, printed and repaid."""
    customer = _customer(request, customer_id)
    statement = _statement(request, customer)
    context = {
        "active": "debts",
        "statement": statement,
        "currencies": currencies_of(request.actor, customer),
        "repayments": repayments_of(request.actor, customer, statement.currency),
        "methods": BY_HAND,
        "today": timezone.localdate(),
    }
    return render(request, "orders/statement.html", context)


@require_POST
@right_required("payments.record")
def repay_debts(request: ShopRequest, customer_id: int) -> HttpResponseBase:
    """Book one sum for all that a customer owes."""
    customer = _customer(request, customer_id)
    given = {name: request.POST.get(name, "").strip() for name in ("amount", "method", "reference")}
    currency = request.POST.get("currency", "CNY")[:3]
    run_and_tell(
        request, lambda: run_form_once(request, lambda: _repay(request, customer, Slip(**given), currency))
    )
    return redirect("orders:statement", customer_id)


def _repay(request: ShopRequest, customer: Customer, slip: Slip, currency: str) -> str:
    repayment = record_repayment(actor=request.actor, customer=customer, slip=slip, currency=currency)
    parts = repayment.payments.select_related("order").order_by("pk")
    told = _("、").join(
        f"{each.order.number} {written_money(each.amount, each.order.currency)}" for each in parts[:5]
    )
    return _("已登记还款，按订单先后冲抵：%(orders)s") % {"orders": told}


def _customer(request: ShopRequest, customer_id: int) -> Customer:
    """The customer, when this reader may see any of their orders. Raises Http404."""
    customer = get_object_or_404(Customer, pk=customer_id)
    if not orders_visible_to(request.actor).filter(customer=customer).exists():
        raise Http404
    return customer


def _statement(request: ShopRequest, customer: Customer) -> Statement:
    today = timezone.localdate()
    until = reading.calendar_day(request.GET.get("until", "")) or today
    since = reading.calendar_day(request.GET.get("since", "")) or default_start(until)
    currencies = currencies_of(request.actor, customer)
    wanted = request.GET.get("currency", "")
    return statement_of(
        request.actor,
        customer,
        since=min(since, until),
        until=until,
        currency=wanted if wanted in currencies else currencies[0],
    )
