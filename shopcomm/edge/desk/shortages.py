"""Missing pieces at the desk: lay ways out before the customer, or do what they said on the phone."""

from collections.abc import Callable

from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from messaging.services.shortages import offer_in_conversation
from orders.models import ShortageTask
from orders.selectors.visibility import orders_visible_to
from orders.services.shortages import choose_option
from orders.views.desk import back_to_order
from shopcomm.core import reading
from shopcomm.core.accounts.access import ShopRequest, right_required
from shopcomm.core.http.outcomes import run_and_tell


@require_POST
@right_required("orders.create")
def send_offer(request: ShopRequest, task_id: int) -> HttpResponseBase:
    """Send the ticked options as a card."""
    task = _task(request, task_id)
    return _answer(
        request,
        task,
        lambda: offer_in_conversation(
            actor=request.actor,
            task_id=task.pk,
            keys=request.POST.getlist("option"),
            until=reading.calendar_day(request.POST.get("until")),
        ),
        _("已发给客户，等客户选择"),
    )


@require_POST
@right_required("orders.create")
def choose_for_customer(request: ShopRequest, task_id: int) -> HttpResponseBase:
    """Do what the customer said on the phone."""
    task = _task(request, task_id)
    return _answer(
        request,
        task,
        lambda: choose_option(
            actor=request.actor,
            task_id=task.pk,
            key=request.POST.get("option", ""),
            seen=reading.whole_number(request.POST.get("seen")) or 0,
            consent=request.POST.get("consent", ""),
        ),
        _("已照客户说的办"),
    )


def _task(request: ShopRequest, task_id: int) -> ShortageTask:
    visible = ShortageTask.objects.filter(order__in=orders_visible_to(request.actor))
    return get_object_or_404(visible.select_related("order"), pk=task_id)


def _answer(
    request: ShopRequest, task: ShortageTask, work: Callable[[], object], done: str
) -> HttpResponseBase:
    run_and_tell(request, work, done)
    return back_to_order(request, task.order.number)
