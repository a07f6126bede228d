"""Scans in the warehouse by scanner or phone camera: open, count, refuse, fill in."""

from dataclasses import asdict, dataclass
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from orders.errors import StaleVersion
from orders.models import Order, Status, Variant
from orders.reading.couriers import courier_name
from orders.selectors.scanning import PARCEL_SLIP, Kind, Meaning, Scanned, meaning_of_scan
from orders.selectors.visibility import orders_visible_to
from orders.services.versions import check_version
from orders.services.warehouse import pick_piece
from shopcomm.core.accounts.access import ShopRequest, right_required
from shopcomm.core.outcomes import run_service


@dataclass(frozen=True)
class ScanAnswer:
    """What a scan did, for the page's script and for a page without one."""

    kind: str
    text: str = ""
    refused: bool = False
    # The order that is in hand after it, and of goods the line that was counted.
    order: str = ""
    line: int = 0
    # Of a waybill: the number as it is kept, and the courier that it looks like.
    tracking_number: str = ""
    carrier: str = ""


@require_http_methods(["GET", "POST"])
@right_required("warehouse.view")
def follow_scan(request: ShopRequest) -> HttpResponseBase:
    """Where a scanned text leads: to its order, into the box of the selected one, or to shipping that with it.

    Only a POST counts a piece.
    """
    asked = request.POST if request.method == "POST" else request.GET
    text, selected = asked.get("q", ""), asked.get("order", "")
    order = orders_visible_to(request.actor).filter(number=selected).first() if selected else None
    answer = _answer(request, meaning_of_scan(request.actor, text), order)
    if request.headers.get("X-Fragment"):
        return JsonResponse(asdict(answer), status=422 if answer.refused else 200)
    if answer.text:
        (messages.error if answer.refused else messages.success)(request, answer.text)
    return redirect(_page(answer))


def _answer(request: ShopRequest, meaning: Meaning, order: Order | None) -> ScanAnswer:
    if meaning.order:
        warning = _old_paper(meaning.order, meaning.scanned)
        return ScanAnswer(meaning.kind, warning, bool(warning), meaning.order.number)
    number = order.number if order else ""
    if meaning.kind == Kind.GOODS:
        return _goods(request, meaning.variants, order)
    if meaning.kind == Kind.STRANGE_GOODS:
        said = _("条码 %(code)s 没有登记在任何商品上，没有计数") % {"code": meaning.number}
        return ScanAnswer(meaning.kind, said, True, number)
    if meaning.kind == Kind.WAYBILL:
        return _waybill(meaning, order)
    said = _("没有找到“%(text)s”")
    if order and order.status == Status.PICKING:
        said = _("没有找到“%(text)s”。如果是运单号，请点到“运单号”一栏里再扫")
    return ScanAnswer(Kind.UNKNOWN, said % {"text": meaning.scanned.text}, True, number)


def _goods(request: ShopRequest, variants: tuple[Variant, ...], order: Order | None) -> ScanAnswer:
    """One more piece for the order in hand; without one, where these goods lie."""
    name = str(variants[0])
    if order is None or request.method != "POST":
        where = variants[0].location or "—"
        said = _("%(goods)s，货位 %(where)s。先打开一个配货中的订单再扫商品") % {
            "goods": name,
            "where": where,
        }
        return ScanAnswer(Kind.GOODS, said, True, order.number if order else "")
    ids = [each.pk for each in variants]
    picked = run_service(lambda: pick_piece(actor=request.actor, order_id=order.pk, variant_ids=ids))
    if picked.refusal:
        said = _("%(who)s：%(text)s") % {"who": name, "text": picked.text}
        return ScanAnswer(Kind.GOODS, said, True, order.number)
    line = picked.result
    counts = {"picked": line.picked_quantity, "all": line.quantity - line.cancelled_quantity}
    said = _("%(goods)s：%(picked)s / %(all)s 件") % {"goods": f"{line.name} {line.spec}".strip(), **counts}
    return ScanAnswer(Kind.GOODS, said, False, order.number, line.pk)


def _waybill(meaning: Meaning, order: Order | None) -> ScanAnswer:
    values = {"number": meaning.number, "courier": courier_name(meaning.courier)}
    if order is None or order.status != Status.PICKING:
        said = _("%(courier)s %(number)s：先打开要发货的订单再扫运单号") % values
        return ScanAnswer(meaning.kind, said, True, order.number if order else "")
    said = _("%(courier)s %(number)s 已填好") % values
    return ScanAnswer(meaning.kind, said, False, order.number, 0, meaning.number, meaning.courier)


def _old_paper(order: Order, scanned: Scanned) -> str:
    """What to say when the paper in hand was printed for an order that has changed since."""
    try:
        check_version(order, scanned.version)
    except StaleVersion as error:
        changed = _("、").join(dict.fromkeys(row["label"] for row in error.extra["changed"]))
        text = _("这张拣货单是第 %(old)s 版，订单已是第 %(new)s 版（%(changed)s），请重新打印")
        if scanned.paper == PARCEL_SLIP:
            text = _("这张面单是第 %(old)s 版，订单已是第 %(new)s 版（%(changed)s），请撕掉重新打印")
        return text % {"old": scanned.version, "new": order.version, "changed": changed}
    return ""


def _page(answer: ScanAnswer) -> str:
    """The board with the order in hand, and the waybill in its form."""
    asked = {"order": answer.order, "tracking_number": answer.tracking_number if answer.order else ""}
    kept = {name: value for name, value in asked.items() if value}
    return reverse("warehouse:board") + (f"?{urlencode(kept)}" if kept else "")
