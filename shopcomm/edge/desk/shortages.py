"""Missing pieces at the desk: lay ways out before the customer, or do what they said on the phone."""

from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from messaging.services.shortages import offer_in_conversation
from orders.models import ShortageTask
from orders.selectors.shortages import all_options
from orders.selectors.visibility import orders_visible_to
from orders.services.shortages import choose_option
from orders.views.desk import back_to_order, not_now
from shopcomm.core import reading
from shopcomm.core.accounts.access import ShopRequest, right_required
from shopcomm.core.http.outcomes import outcome_answer, run_and_tell
from shopcomm.core.outcomes import run_service


@require_POST
@right_required("orders.create")
def send_offer(request: ShopRequest, task_id: int) -> HttpResponseBase:
    """Send the ticked options as a card."""
    task = _task(request, task_id)

    def offer() -> None:
        offer_in_conversation(
            actor=request.actor,
            task_id=task.pk,
            keys=request.POST.getlist("option"),
            until=reading.calendar_day(request.POST.get("until")),
        )

    run_and_tell(request, offer, _("已发给客户，等客户选择"))
    return back_to_order(request, task.order.number)


@require_http_methods(["GET", "POST"])
@right_required("orders.create")
def choose_for_customer(request: ShopRequest, task_id: int) -> HttpResponseBase:
    """Asks what the customer said on the phone, and does it."""
    task = _task(request, task_id)
    if request.method == "GET" and not task.is_open:
        raise not_now(task.order)
    refusal = ""
    if request.method == "POST":
        refusal = run_service(lambda: _choose(request, task)).text
        if not refusal:
            text = _("已照客户说的办")
            return outcome_answer(request, text, back=lambda: back_to_order(request, task.order.number))
    part = "X-Fragment" in request.headers
    context = {"active": "orders", "order": task.order, "task": task, "options": all_options(task)}
    template = "orders/_shortage_choice.html" if part else "orders/shortage_choice.html"
    return render(request, template, context | {"refusal": refusal}, status=422 if refusal else 200)


def _choose(request: ShopRequest, task: ShortageTask) -> ShortageTask:
    return choose_option(
        actor=request.actor,
        task_id=task.pk,
        key=request.POST.get("option", ""),
        seen=reading.whole_number(request.POST.get("seen")) or 0,
        consent=request.POST.get("consent", ""),
    )


def _task(request: ShopRequest, task_id: int) -> ShortageTask:
    visible = ShortageTask.objects.filter(order__in=orders_visible_to(request.actor))
    return get_object_or_404(visible.select_related("order", "line__variant__product"), pk=task_id)
