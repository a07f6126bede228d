"""Pages for managers: the connections, what came through each, and what waits for a person."""

import json
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from shopcomm.core.accounts.access import ShopRequest, right_required
from shopcomm.core.http.outcomes import run_and_tell
from shopcomm.core.outcomes import run_service
from shopcomm.core.reading import json_object
from shopcomm.edge.integrations.commands.forms import keeping_context
from shopcomm.edge.integrations.models import Connection, InboundRecord
from shopcomm.edge.integrations.selectors import connections_with_counts, records_of, status_lines
from shopcomm.edge.integrations.services.connections import map_statuses, set_state
from shopcomm.edge.integrations.services.receiving import dismiss_record, edit_record, retry_record
from shopcomm.edge.integrations.ways import all_ways, way_of


@require_safe
@right_required("admin")
def connections_page(request: ShopRequest) -> HttpResponse:
    """All connections, and the ways in which another one can be made."""
    ways = [(each, way_of(each)) for each in connections_with_counts()]
    connections = [(each, way, way.parked(each) if way else 0) for each, way in ways]
    context = {"active": "integrations", "connections": connections, "ways": all_ways()}
    return render(request, "integrations/connections.html", context)


@require_safe
@right_required("admin")
def connection_page(request: ShopRequest, connection_id: int) -> HttpResponse:
    """One connection: how it is set up, and what came last."""
    connection = get_object_or_404(Connection, pk=connection_id)
    return render(request, "integrations/connection.html", _connection_context(request, connection))


def _connection_context(request: ShopRequest, connection: Connection) -> dict[str, Any]:
    stuck_only, way = request.GET.get("state") == "stuck", way_of(connection)
    of_way = way.context(request, connection) if way else {}
    return (
        of_way
        | (keeping_context(connection) if way and way.takes_commands else {})
        | {
            "active": "integrations",
            "connection": connection,
            "way": way,
            "page": records_of(connection, stuck_only=stuck_only),
            "stuck_only": stuck_only,
            "statuses": status_lines(connection),
        }
    )


@require_POST
@right_required("admin")
def switch_connection(request: ShopRequest, connection_id: int) -> HttpResponse:
    """Take what comes through a connection, or nothing for the time being."""
    get_object_or_404(Connection, pk=connection_id)
    active = request.POST.get("active") == "yes"
    told = _("已恢复接收") if active else _("已停止接收")
    run_and_tell(request, partial(set_state, connection_id=connection_id, active=active), told)
    return redirect("integrations:connection", connection_id)


@require_POST
@right_required("admin")
def change_statuses(request: ShopRequest, connection_id: int) -> HttpResponse:
    """What the other system's statuses are here. Refused text stays in the form."""
    connection = get_object_or_404(Connection, pk=connection_id)
    text = request.POST.get("statuses", "")
    saved = run_service(partial(map_statuses, connection_id=connection_id, text=text))
    if saved.refusal:
        context = _connection_context(request, connection) | {"statuses": text, "error": saved.text}
        return render(request, "integrations/connection.html", context, status=saved.status)
    messages.success(request, _("状态对应已保存"))
    return redirect("integrations:connection", connection_id)


@require_safe
@right_required("admin")
def record_page(request: ShopRequest, record_id: int) -> HttpResponse:
    """One record as it came, and why it is where it is."""
    record = get_object_or_404(InboundRecord.objects.select_related("connection", "order"), pk=record_id)
    return render(request, "integrations/record.html", _record_context(record))


def _record_context(record: InboundRecord) -> dict[str, Any]:
    return {
        "active": "integrations",
        "record": record,
        "body": json.dumps(record.body, ensure_ascii=False, indent=2),
        "is_stuck": record.state in (InboundRecord.State.PARKED, InboundRecord.State.CONFLICT),
    }


@require_POST
@right_required("admin")
def try_record_again(request: ShopRequest, record_id: int) -> HttpResponse:
    """Try a record again as it is."""
    get_object_or_404(InboundRecord, pk=record_id)
    run_and_tell(request, partial(retry_record, record_id=record_id), _("已重新处理"))
    return redirect("integrations:record", record_id)


@require_POST
@right_required("admin")
def mend_record(request: ShopRequest, record_id: int) -> HttpResponse:
    """Try a record again as somebody has mended it. Text that is no JSON object stays in the form."""
    record = get_object_or_404(InboundRecord.objects.select_related("connection", "order"), pk=record_id)
    text = request.POST.get("body", "")
    body = json_object(text)
    if body is None:
        context = _record_context(record) | {"body": text, "error": _("内容不是 JSON 对象，没有保存")}
        return render(request, "integrations/record.html", context, status=422)
    run_and_tell(request, partial(edit_record, record_id=record_id, body=body), _("已保存并重新处理"))
    return redirect("integrations:record", record_id)


@require_POST
@right_required("admin")
def leave_record(request: ShopRequest, record_id: int) -> HttpResponse:
    """Leave a record be."""
    get_object_or_404(InboundRecord, pk=record_id)
    run_and_tell(request, partial(dismiss_record, record_id=record_id), _("已忽略"))
    return redirect("integrations:record", record_id)
