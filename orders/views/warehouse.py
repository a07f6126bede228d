"""The warehouse page: the board, the pick list, and its actions."""

from collections.abc import Callable
from functools import partial
from typing import Any

import segno
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from orders.errors import ChangePending
from orders.models import (
    ContactReveal,
    MissingReport,
    Order,
    OrderLine,
    Status,
    WarehouseAlert,
)
from orders.reading.couriers import courier_code
from orders.reading.waybills import courier_of, waybill_number
from orders.selectors.board import COLUMNS, Board, warehouse_board
from orders.selectors.change_requests import asked_change, open_freezing
from orders.selectors.couriers import offered_couriers
from orders.selectors.parts import shipped_text
from orders.selectors.scanning import PARCEL_SLIP, PICK_LIST, paper_code
from orders.selectors.shortages import missing_pieces
from orders.selectors.visibility import orders_visible_to
from orders.selectors.warehouse import pick_list, with_pick_fields
from orders.services.days import check_not_early
from orders.services.printing import record_print_override
from orders.services.reveals import record_reveal
from orders.services.shortages import report_missing, undo_missing
from orders.services.transitions import transition_order
from orders.services.warehouse import acknowledge_alert, acknowledge_order, tick_line
from orders.views.board import (
    changed_columns,
    difference_of,
    drawn_figures,
    shown_column,
    shown_parts,
    whole_columns,
)
from orders.views.stockroom import notices_of, picking_of
from shopcomm.core import reading
from shopcomm.core.accounts.access import ShopRequest, right_required
from shopcomm.core.http.outcomes import outcome_answer
from shopcomm.core.outcomes import run_service

# Both papers name the receiver whole.
SHOWS = {PICK_LIST: ContactReveal.Place.PICK_LIST, PARCEL_SLIP: ContactReveal.Place.PARCEL_SLIP}
MOVES = {
    "start": Status.PICKING,
    "release": Status.PAID,
    "ship": Status.SHIPPED,
    "delivered": Status.DELIVERED,
}


@require_GET
@right_required("warehouse.view")
def board_page(request: ShopRequest) -> HttpResponse:
    """Everything on one page. A script says what its screen shows, and is given what is otherwise."""
    number = request.GET.get("order", "")
    board = warehouse_board(request.actor, _pages(request), number)
    if "X-Fragment" not in request.headers:
        return render(request, "warehouse/board.html", _whole(request, board, number))
    shown = shown_parts(request.headers.get("X-Shown", ""))
    # A board without orders is another picture.
    if shown is None or not any(shown.values()) or (board.is_empty and not board.hand):
        return render(request, "warehouse/_board.html", _whole(request, board, number) | {"part": True})
    return render(request, "warehouse/_changes.html", _changes(request, board, number, shown))


def _whole(request: ShopRequest, board: Board, number: str) -> dict[str, Any]:
    return (
        _frame(request, board, number)
        | _hand(request, board, number)
        | {
            "active": "warehouse",
            "notices": notices_of(request.actor, board.notices.entries),
            "columns": whole_columns(board, number),
            "is_empty": board.is_empty,
        }
    )


def _changes(request: ShopRequest, board: Board, number: str, shown: dict[str, list[str]]) -> dict[str, Any]:
    """What a screen does not show yet; the panel only when it is not the one that is there."""
    context = _frame(request, board, number)
    lacking = difference_of(shown["notices"][1:], board.notices.entries)
    if shown["hand"] != ([board.hand.mark] if board.hand else []):
        context |= _hand(request, board, number) | {"hand_changed": True}
    return context | {
        "columns": changed_columns(board, number, shown),
        "notices": notices_of(request.actor, (each.entry for each in lacking.fresh)),
        "notices_difference": lacking,
        "notices_changed": bool(lacking) or shown["notices"][:1] != [board.notices.head_mark],
    }


def _frame(request: ShopRequest, board: Board, number: str) -> dict[str, Any]:
    """What stands around the cards."""
    return {
        "board": board,
        "figures": drawn_figures(board.figures),
        "column": shown_column(board, request.GET.get("column", "")),
        "selected": number,
    }


def _hand(request: ShopRequest, board: Board, number: str) -> dict[str, Any]:
    """The panel of the order in hand."""
    visible = with_pick_fields(orders_visible_to(request.actor))
    order = visible.filter(number=number).first() if board.hand else None
    waybill = request.GET.get("tracking_number", "")
    return {
        "picking": picking_of(order, pick_list(order)) if order else None,
        "hand_mark": board.hand.mark if board.hand else "",
        # Asked only where a parcel is written down.
        "couriers": SimpleLazyObject(offered_couriers),
        "tracking_number": waybill,
        "carrier": courier_of(waybill) or "",
    }


def _pages(request: ShopRequest) -> dict[str, int]:
    """Which page of each column is wanted: `?page-picking=2`."""
    asked = {key: reading.whole_number(request.GET.get(f"page-{key}"), least=1) for key in COLUMNS}
    return {key: page for key, page in asked.items() if page}


@require_http_methods(["GET", "POST"])
@right_required("warehouse.view")
def print_pick_list(request: ShopRequest, number: str) -> HttpResponse:
    """The pick list on paper, with the version it was printed for."""
    return _paper(request, number, PICK_LIST, "warehouse/slip.html")


@require_http_methods(["GET", "POST"])
@right_required("warehouse.view")
def print_parcel_slip(request: ShopRequest, number: str) -> HttpResponse:
    """What goes onto the parcel: receiver and address of the version it was printed for."""
    return _paper(request, number, PARCEL_SLIP, "warehouse/parcel_slip.html")


def _paper(request: ShopRequest, number: str, paper: str, template: str) -> HttpResponse:
    """Something to print, or 423 with who must act first while a change is open. A manager posts why all the same."""
    visible = with_pick_fields(orders_visible_to(request.actor))
    order, regardless = get_object_or_404(visible, number=number), False
    if request.method == "POST":
        regardless = _printed_regardless(request, order, paper)
        order = visible.get(pk=order.pk)
    frozen = open_freezing(order)
    context = {
        "picking": picking_of(order, pick_list(order)),
        "frozen": frozen,
        "refused": frozen and not regardless,
        "asked": asked_change(frozen) if frozen else None,
        "code": _drawn(paper_code(order, paper)),
    }
    if not context["refused"]:
        record_reveal(actor=request.actor, order=order, place=SHOWS[paper])
    return render(request, template, context, status=423 if context["refused"] else 200)


def _printed_regardless(request: ShopRequest, order: Order, paper: str) -> bool:
    reason = request.POST.get("reason", "")
    try:
        record_print_override(actor=request.actor, order_id=order.pk, paper=paper, reason=reason)
    except ChangePending:
        return False
    return True


def _drawn(text: str) -> str:
    """A QR code as SVG, without a style of its own (the policy allows none)."""
    return segno.make(text, error="m", micro=False).svg_inline(
        scale=3, border=2, svgclass="qr-code", lineclass=None
    )


@require_POST
@right_required("warehouse.ship")
def order_action(request: ShopRequest, number: str, action: str) -> HttpResponseBase:
    """Start or release picking, ship, mark delivered, or say that a new order has been seen."""
    order = get_object_or_404(orders_visible_to(request.actor), number=number)
    if action == "acknowledge":
        return _answer(request, number, lambda: acknowledge_order(actor=request.actor, order_id=order.pk))
    if action not in MOVES:
        raise Http404
    told = partial(shipped_text, order) if action == "ship" else None
    return _answer(request, number, lambda: _move(request, order, MOVES[action]), told)


def _move(request: ShopRequest, order: Order, to: str) -> None:
    if to == Status.SHIPPED:
        check_not_early(order, said_so=bool(request.POST.get("early")))
    data: dict[str, Any] = {
        name: request.POST.get(name, "") for name in ("carrier", "tracking_number", "override")
    }
    data["lines"] = _pieces(request)
    data["tracking_number"] = waybill_number(data["tracking_number"])
    data["carrier"] = courier_code(data["carrier"]) or courier_of(data["tracking_number"]) or data["carrier"]
    transition_order(
        actor=request.actor,
        order_id=order.pk,
        to=to,
        version=reading.whole_number(request.POST.get("version"), most=reading.MOST_VERSION),
        data=data if to == Status.SHIPPED else {},
    )


def _pieces(request: ShopRequest) -> list[dict[str, str]]:
    """How many of each line go into this parcel; nothing said is everything open."""
    return [
        {"line": name.removeprefix("pieces-"), "quantity": str(text).strip() or "0"}
        for name, text in request.POST.items()
        if name.startswith("pieces-")
    ]


@require_POST
@right_required("warehouse.ship")
def set_line_picked(request: ShopRequest, line_id: int) -> HttpResponseBase:
    """Tick a line off, or take the tick away."""
    visible = OrderLine.objects.filter(order__in=orders_visible_to(request.actor)).select_related("order")
    line = get_object_or_404(visible, pk=line_id)
    there = line.quantity - line.cancelled_quantity - missing_pieces(line.order).get(line.pk, 0)
    picked = there if request.POST.get("picked") else line.shipped_quantity
    return _answer(
        request,
        line.order.number,
        lambda: tick_line(actor=request.actor, line_id=line.pk, picked=picked),
    )


@require_POST
@right_required("warehouse.ship")
def report_missing_pieces(request: ShopRequest, line_id: int) -> HttpResponseBase:
    """Say that pieces of a line are not on the shelf: sales ask the customer what to do."""
    visible = OrderLine.objects.filter(order__in=orders_visible_to(request.actor)).select_related("order")
    line = get_object_or_404(visible, pk=line_id)
    return _answer(
        request,
        line.order.number,
        lambda: report_missing(
            actor=request.actor,
            line_id=line.pk,
            missing=reading.piece_count(request.POST.get("missing")),
            seen=reading.piece_count(request.POST["seen"]) if "seen" in request.POST else None,
        ),
    )


@require_POST
@right_required("warehouse.ship")
def report_found_pieces(request: ShopRequest, report_id: int) -> HttpResponseBase:
    """Say that missing pieces have turned up."""
    visible = MissingReport.objects.filter(order__in=orders_visible_to(request.actor)).select_related("order")
    report = get_object_or_404(visible, pk=report_id)
    return _answer(
        request, report.order.number, lambda: undo_missing(actor=request.actor, report_id=report.pk)
    )


@require_POST
@right_required("warehouse.ship")
def acknowledge_change(request: ShopRequest, alert_id: int) -> HttpResponseBase:
    """Say that a change has been seen."""
    visible = WarehouseAlert.objects.filter(order__in=orders_visible_to(request.actor)).select_related(
        "order"
    )
    alert = get_object_or_404(visible, pk=alert_id)
    return _answer(
        request, alert.order.number, lambda: acknowledge_alert(actor=request.actor, alert_id=alert.pk)
    )


def _answer(
    request: ShopRequest, number: str, work: Callable[[], object], told: Callable[[], str] | None = None
) -> HttpResponseBase:
    """Do it; a refusal is told on the board (or to the script) and changes nothing, and so is what `told` says of it."""
    outcome = run_service(work)
    text = told() if told and not outcome.refusal else outcome.text
    return outcome_answer(request, text, status=outcome.status, back=lambda: redirect(_at(number)))


def _at(number: str) -> str:
    return f"{reverse('warehouse:board')}?order={number}"
