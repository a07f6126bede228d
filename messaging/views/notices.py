"""The notification centre of staff, and the page that explains the notices of an order."""

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from messaging.models import Delivery, NotificationPreference, RecipientKind
from messaging.selectors.notice_preferences import notice_kinds_for
from messaging.selectors.notifications import broken_notices, failed_deliveries, notices_for, unseen_notices
from messaging.selectors.order_notices import notice_history
from messaging.selectors.waiting import failed_scheduled_messages
from messaging.services.channels.delivery import requeue_delivery
from messaging.services.notifications.explained import budget_of, explain_notices
from messaging.services.notifications.render import mark_notices_seen, notice_url
from messaging.services.notifications.waiting import requeue_notice
from messaging.services.subscriptions import notice_preferences_of, set_notice_preferences
from orders.selectors.visibility import orders_visible_to
from shopcomm.core import reading
from shopcomm.core.accounts.access import ShopRequest, right_required
from shopcomm.core.embedded.restarts import read_keeps_ending
from shopcomm.core.http.outcomes import run_and_tell
from shopcomm.core.ui.templatetags.ui import capped_count

PAGE = 50
ANYBODY = ("orders.view", "warehouse.view")


@require_GET
@right_required(*ANYBODY)
def notices_page(request: ShopRequest) -> HttpResponse:
    """What I was told, newest first; looking at it is having seen it only when it is clicked or all are marked."""
    page = Paginator(notices_for(request.actor), PAGE).get_page(request.GET.get("page"))
    rows = [(row, notice_url(row)) for row in page]
    context = {
        "active": "notices",
        "rows": rows,
        "page": page,
        "unsaid": failed_scheduled_messages(request.actor),
    }
    if request.actor.may("admin"):
        context["failed"] = failed_deliveries()
        context["broken"] = broken_notices()
        context["keeps_ending"] = read_keeps_ending(settings.DATA_DIR)
    return render(request, "messaging/notices.html", context)


@require_GET
@never_cache
@right_required(*ANYBODY)
def notices_badge(request: ShopRequest) -> JsonResponse:
    """How many wait, as a number and as the badge shows and says it."""
    count = unseen_notices(request.actor)
    wish = NotificationPreference.objects.filter(
        owner_kind=RecipientKind.STAFF, owner_id=request.user.pk
    ).first()
    return JsonResponse(
        {
            "unread": count,
            "shown": capped_count(count, 99),
            "label": f"{count} {_('条新通知')}",
            "desktop": wish is None or wish.desktop,
        }
    )


@require_POST
@right_required(*ANYBODY)
def mark_notice_seen(request: ShopRequest) -> HttpResponse:
    """One of them is seen, or all; then to where it leads."""
    chosen = reading.whole_number(request.POST.get("notice"), least=1)
    row = notices_for(request.actor).filter(pk=chosen).first() if chosen else None
    mark_notices_seen(actor=request.actor, notice_id=row.pk if row else None, now=timezone.now())
    return redirect(notice_url(row) if row else "messaging:notices")


@require_POST
@right_required(*ANYBODY)
def save_staff_preferences(request: ShopRequest) -> HttpResponse:
    """One's own settings: rest, kinds, the desktop."""
    wanted = set(request.POST.getlist("kind"))
    muted = [
        kind.trigger
        for kind in notice_kinds_for(notice_preferences_of(request.actor))
        if kind.trigger not in wanted
    ]
    run_and_tell(
        request,
        lambda: set_notice_preferences(
            actor=request.actor,
            quiet_from=reading.time_of_day(request.POST.get("quiet_from")),
            quiet_to=reading.time_of_day(request.POST.get("quiet_to")),
            muted=muted,
            desktop="desktop" in request.POST,
        ),
        _("设置已保存"),
    )
    return redirect("preferences")


@require_GET
@right_required("orders.view")
def order_notices_page(request: ShopRequest, number: str) -> HttpResponse:
    """Every event of an order with the rules that could have told of it, and what they did."""
    order = get_object_or_404(orders_visible_to(request.actor).select_related("customer"), number=number)
    history = notice_history(order)
    context = {
        "active": "orders",
        "order": order,
        "explained": explain_notices(order, history),
        "budget": budget_of(history),
    }
    return render(request, "messaging/why.html", context)


@require_POST
@right_required("admin")
def retry_delivery(request: ShopRequest, delivery_id: int) -> HttpResponse:
    """Give a notice that failed for good to its channel once more."""
    delivery = get_object_or_404(Delivery.objects.select_related("notification__order"), pk=delivery_id)
    requeue_delivery(delivery)
    order = delivery.notification.order
    messages.success(request, _("已安排重试"))
    if order is None or "from" in request.POST:
        return redirect("messaging:notices")
    return redirect("messaging:why", order.number)


@require_POST
@right_required("admin")
def retry_notice(request: ShopRequest, notice_id: int) -> HttpResponse:
    """Have a notice that failed time after time tried once more."""
    run_and_tell(request, lambda: requeue_notice(notice_id=notice_id), _("已安排重试"))
    return redirect("messaging:notices")
