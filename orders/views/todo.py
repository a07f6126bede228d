"""待我处理 at the desk: the queue in place of the order list, and the number of the badge."""

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpResponseBase, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from orders.selectors.todo import count_todo, todo_list
from orders.selectors.todo_rows import Todo, TodoKind
from shopcomm.core.accounts.access import ShopRequest, right_required
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.spans import written_span
from shopcomm.core.ui.templatetags.ui import capped_count, money_text

# What a row is called, how much attention it wants, and where on the order's page its answer stands.
KINDS: dict[TodoKind, tuple[str | Promise, str, str, str]] = {
    TodoKind.CHANGE: (gettext_lazy("修改待确认"), "warn", "edit", ""),
    TodoKind.CASE: (gettext_lazy("售后待处理"), "warn", "refund", "case-{pk}"),
    TodoKind.LATE_RETURN: (gettext_lazy("退货没寄到"), "", "box", "case-{pk}"),
    TodoKind.REFUND: (gettext_lazy("待退款"), "danger", "pay", "money-h"),
    TodoKind.DEPOSIT: (gettext_lazy("定金待决定"), "warn", "pay", "money-h"),
    TodoKind.SHORTAGE: (gettext_lazy("缺货待处理"), "danger", "boxes", ""),
    TodoKind.QUOTE: (gettext_lazy("报价快到期"), "", "clock", ""),
    TodoKind.PARCEL: (gettext_lazy("包裹待处理"), "danger", "truck", ""),
    TodoKind.UNANSWERED: (gettext_lazy("待回复"), "info", "chat", ""),
    TodoKind.OUTSIDE: (gettext_lazy("对接待处理"), "danger", "warn", ""),
}


@dataclass(frozen=True)
class TodoLine:
    """What one row of the queue says, in words."""

    url: str
    icon: str
    current: bool
    customer: str
    since: datetime
    number: str
    text: str
    amount: str
    pill: str | Promise
    tone: str
    clock: str
    is_late: bool


@require_safe
@never_cache
@right_required("orders.view")
def todo_badge(request: ShopRequest) -> HttpResponseBase:
    """How much waits, as a number and as the badge shows and says it."""
    found = count_todo(request.actor)
    return JsonResponse(
        {"unread": found, "shown": capped_count(found, 99), "label": f"{found} {_('件待我处理')}"}
    )


def todo_lines(actor: Actor, *, current: str = "") -> list[TodoLine]:
    """The queue, the oldest first. `current` is the number of the open order."""
    now = timezone.now()
    return [_line(todo, now, current) for todo in todo_list(actor, now=now)]


def _line(todo: Todo, now: datetime, current: str) -> TodoLine:
    pill, tone, icon, _place = KINDS[todo.kind]
    return TodoLine(
        url=_url(todo),
        icon=icon,
        current=bool(todo.number) and todo.number == current,
        customer=todo.customer,
        since=todo.since,
        number=todo.number,
        text=todo.text,
        amount=money_text(todo.amount, todo.currency) if todo.amount else "",
        pill=pill,
        tone=tone,
        clock=_clock(todo.answer_by, now),
        is_late=todo.answer_by is not None and todo.answer_by <= now,
    )


def _url(todo: Todo) -> str:
    """The page on which it is answered; an order's keeps the queue beside it."""
    if todo.url:
        return todo.url
    if todo.number:
        page = "orders:chat" if todo.kind == TodoKind.UNANSWERED else "orders:detail"
        place = KINDS[todo.kind][3].format(pk=todo.pk)
        return f"{reverse(page, args=[todo.number])}?todo=1{'#' + place if place else ''}"
    if todo.kind == TodoKind.QUOTE:
        return reverse("messaging:quote", args=[todo.pk])
    return reverse("messaging:inbox-conversation", args=[todo.conversation_id])


def _clock(answer_by: datetime | None, now: datetime) -> str:
    """How long there still is to answer; empty where no time is set."""
    if answer_by is None:
        return ""
    if answer_by < now:
        return _("已超时")
    return _("还剩 %(left)s") % {"left": written_span(answer_by - now)}
