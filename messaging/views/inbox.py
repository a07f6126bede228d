"""The inbox: folders, the list, the conversation; and opening an enquiry."""

from typing import Any, NoReturn

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from messaging.models import Conversation
from messaging.selectors.badges import badges_with
from messaging.selectors.conversations import conversations_visible_to
from messaging.selectors.hits import place_among_hits
from messaging.selectors.inbox import InboxFilters, inbox_page
from messaging.selectors.inbox_rows import FOLDERS, folder_number
from messaging.selectors.unread import count_unread_conversations
from messaging.services.conversations import open_enquiry
from messaging.views.inbox_lines import as_items, drawn_rows
from orders.labels import handed_over_text
from orders.models import Order
from orders.selectors.visibility import successor_of
from shopcomm.core import reading
from shopcomm.core.accounts.access import right_required
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Customer
from shopcomm.core.accounts.services.customers import customer_by_phone
from shopcomm.core.http.errors import ElsewhereNow
from shopcomm.core.search.query import parse_query
from shopcomm.core.ui.templatetags.ui import capped_count

PAGE_ROWS, MAX_ROWS = 50, 500
LONGEST_NAME = 120


@require_GET
@right_required("conversations.view")
def show_inbox(request: HttpRequest, conversation_id: int | None = None) -> HttpResponse:
    """The whole inbox, or only its list for a page that is already open."""
    context = _list_context(request, conversation_id)
    if request.headers.get("X-Fragment") == "list":
        return render(request, "messaging/_inbox_list.html", context)
    actor: Actor = request.actor  # type: ignore[attr-defined]
    context["badges"], counts = badges_with(actor, *(folder_number(name, actor) for name in FOLDERS))
    context["folders"] = _folders(dict(zip(FOLDERS, counts, strict=True)), context["filters"].folder)
    if conversation_id is not None:
        visible = conversations_visible_to(actor).select_related("customer", "order")
        context["conversation"] = visible.filter(pk=conversation_id).first() or _gone(
            request, conversation_id
        )
        filters: InboxFilters = context["filters"]
        context["place"] = place_among_hits(conversation_id, parse_query(filters.q), filters.at)
    return render(request, "messaging/inbox.html", context)


def _gone(request: HttpRequest, conversation_id: int) -> NoReturn:
    """404; whoever handed the order over is told who has its conversation now."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    order = Order.objects.filter(conversation=conversation_id).first()
    holder = successor_of(actor, order.number) if order else None
    if order is None or holder is None:
        raise Http404
    raise ElsewhereNow(handed_over_text(order.number, holder), reverse("messaging:inbox"))


@require_GET
@never_cache
@right_required("conversations.view")
def unread_badge(request: HttpRequest) -> JsonResponse:
    """How many conversations wait, as a number and as the badge shows and says it."""
    count = count_unread_conversations(request.actor)  # type: ignore[attr-defined]
    return JsonResponse(
        {"unread": count, "shown": capped_count(count, 99), "label": f"{count} {_('条未读')}"}
    )


@require_http_methods(["GET", "POST"])
@right_required("conversations.view")
def new_enquiry(request: HttpRequest) -> HttpResponse:
    """A conversation with a customer before any order (询价)."""
    fields = {name: request.POST.get(name, "").strip() for name in ("name", "phone", "subject")}
    context: dict[str, Any] = {"fields": fields, "error": ""}
    if request.method == "GET":
        return render(request, "messaging/enquiry_form.html", context)
    if error := _wrong_name(fields["name"]):
        return render(request, "messaging/enquiry_form.html", context | {"error": error}, status=422)
    try:
        conversation = _open(request, **fields)
    except ValueError as error:
        context["error"] = f"{error} {_('例如 138 0000 6612')}"
        return render(request, "messaging/enquiry_form.html", context, status=422)
    return redirect("messaging:inbox-conversation", conversation.pk)


def _wrong_name(name: str) -> str:
    if not name:
        return _("请填写客户姓名")
    return _("请填写称呼，最多 120 个字") if len(name) > LONGEST_NAME else ""


def _open(request: HttpRequest, *, name: str, phone: str, subject: str) -> Conversation:
    customer: Customer = customer_by_phone(name=name, phone=phone, source="wechat")
    return open_enquiry(actor=request.actor, customer=customer, subject=subject[:120])  # type: ignore[attr-defined]


def _list_context(request: HttpRequest, conversation_id: int | None) -> dict[str, Any]:
    filters = read_inbox_filters(request.GET)
    page = inbox_page(request.actor, filters)  # type: ignore[attr-defined]
    # What links keep, but for the message that is looked at in another conversation.
    kept = request.GET.copy()
    kept.pop("at", None)
    address = reverse("messaging:inbox-conversation", args=[0]).replace("/0/", "/{}/")
    address = f"{address}?{kept.urlencode()}".rstrip("?")
    rows = drawn_rows(page, filters, current=conversation_id, address=address)
    return {
        "rows": rows,
        "items": as_items(rows),
        "next": page.next_cursor,
        "filters": filters,
        "current": conversation_id,
    }


def read_inbox_filters(query: QueryDict) -> InboxFilters:
    """What the address asks for; what it asks wrongly is left out."""
    folder = query.get("folder", "all")
    return InboxFilters(
        folder=folder if folder in FOLDERS else "all",
        q=query.get("q", "")[:100],
        cursor=query.get("after", "")[:200],
        at=reading.whole_number(query.get("at")),
        limit=min(reading.whole_number(query.get("limit"), least=1) or PAGE_ROWS, MAX_ROWS),
    )


def _folders(counts: dict[str, int], current: str) -> list[dict[str, Any]]:
    labels = {
        "all": (_("全部"), "chat"),
        "unread": (_("未读"), "info"),
        "waiting": (_("等我回复"), "clock"),
        "enquiry": (_("询价"), "help"),
        "mine": (_("我负责"), "user"),
        "closed": (_("已结束"), "check"),
    }
    return [
        {
            "key": key,
            "label": label,
            "icon": icon,
            "count": counts[key],
            "current": key == current,
        }
        for key, (label, icon) in labels.items()
    ]
