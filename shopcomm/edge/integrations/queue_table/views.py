"""Pages for managers: a queue with its role, what is told through it, and what was parked in it."""

from functools import partial

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shopcomm.core import reading
from shopcomm.core.accounts.access import ShopRequest, right_required
from shopcomm.core.accounts.confirming import password_first_on_page
from shopcomm.core.http.outcomes import run_and_tell
from shopcomm.core.http.sent_forms import run_form_once
from shopcomm.core.outcomes import run_service
from shopcomm.edge.integrations.models import Connection
from shopcomm.edge.integrations.queue_table.selectors import ParkedRow, parked_row, queue_of
from shopcomm.edge.integrations.queue_table.services.inbox import take_again
from shopcomm.edge.integrations.queue_table.services.outbox import (
    choose_event_types,
    offer_again,
    refill_outbox,
)
from shopcomm.edge.integrations.queue_table.services.roles import (
    KIND,
    create_sync_role,
    role_exists,
    rotate_sync_role,
)
from shopcomm.edge.integrations.queue_table.way import QUEUE

PAGES = "integrations/queue_table/"


@require_http_methods(["GET", "POST"])
@right_required("admin")
@password_first_on_page
def add_queue(request: ShopRequest) -> HttpResponse:
    """A form for the name of the role; the URL with its password is in the answer, and nowhere later."""
    context = {"active": "integrations", "way": QUEUE, "name": request.POST.get("name", "")}
    if request.method != "POST":
        return render(request, f"{PAGES}add.html", context)
    urls: list[str] = []

    def make() -> str:
        connection, url = create_sync_role(request.POST.get("name", ""))
        urls.append(url)
        return str(connection.pk)

    outcome = run_service(lambda: run_form_once(request, make))
    if outcome.refusal:
        return render(request, f"{PAGES}add.html", context | {"error": outcome.text}, status=outcome.status)
    connection = get_object_or_404(Connection, pk=outcome.result)
    if not urls:
        messages.info(request, _("这个角色已经建立；密码只显示一次，没有记下就更换一个"))
        return redirect("integrations:connection", connection.pk)
    return _url_page(request, connection, urls[0])


@require_POST
@right_required("admin")
@password_first_on_page
def renew_role(request: ShopRequest, connection_id: int) -> HttpResponse:
    """Another password for the role, or the role itself where the server has none of that name (a restored shop)."""
    connection = get_object_or_404(Connection, pk=connection_id, kind=KIND)
    name = queue_of(connection).role
    renew = rotate_sync_role if role_exists(name) else create_sync_role
    outcome = run_service(partial(renew, name))
    if outcome.refusal:
        messages.error(request, outcome.text)
        return redirect("integrations:connection", connection_id)
    return _url_page(request, connection, outcome.result[1])


def _url_page(request: ShopRequest, connection: Connection, url: str) -> HttpResponse:
    context = {"active": "integrations", "connection": connection, "url": url}
    return render(request, f"{PAGES}url.html", context)


@require_POST
@right_required("admin")
def change_event_types(request: ShopRequest, connection_id: int) -> HttpResponse:
    """What the other system is told of."""
    get_object_or_404(Connection, pk=connection_id, kind=KIND)
    types = request.POST.getlist("event_types")
    run_and_tell(request, partial(choose_event_types, connection_id=connection_id, types=types), _("已保存"))
    return redirect("integrations:connection", connection_id)


@require_POST
@right_required("admin")
def tell_again(request: ShopRequest, connection_id: int) -> HttpResponse:
    """Tell everything since a moment once more."""
    get_object_or_404(Connection, pk=connection_id, kind=KIND)
    since = reading.iso_moment(request.POST.get("since"))
    if since is None:
        messages.error(request, _("请填一个时间"))
        return redirect("integrations:connection", connection_id)
    since = since if timezone.is_aware(since) else timezone.make_aware(since)
    run_and_tell(
        request,
        partial(refill_outbox, connection_id=connection_id, since=since),
        _("从那时起的事件会再放一遍"),
    )
    return redirect("integrations:connection", connection_id)


@require_safe
@right_required("admin")
def parked_page(request: ShopRequest, connection_id: int, box: str, row_id: int) -> HttpResponse:
    """One parked row as it is, and why it was given up."""
    connection = get_object_or_404(Connection, pk=connection_id, kind=KIND)
    context = {
        "active": "integrations",
        "connection": connection,
        "row": _parked(connection_id, box, row_id),
    }
    return render(request, f"{PAGES}parked.html", context)


@require_POST
@right_required("admin")
def try_parked_again(request: ShopRequest, connection_id: int, box: str, row_id: int) -> HttpResponse:
    """Try a parked row again."""
    get_object_or_404(Connection, pk=connection_id, kind=KIND)
    _parked(connection_id, box, row_id)
    work = take_again if box == "inbox" else offer_again
    run_and_tell(request, partial(work, connection_id=connection_id, row_id=row_id), _("已重新处理"))
    return redirect("integrations:connection", connection_id)


def _parked(connection_id: int, box: str, row_id: int) -> ParkedRow:
    row = parked_row(connection_id, box, row_id)
    if row is None:
        raise Http404
    return row
