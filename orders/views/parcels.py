"""Parcels: where each has been, a scan by hand, and what is to be seen to with its courier."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from orders.forms.parcel import ScanForm
from orders.models import ChangeKind, ParcelTask, Shipment
from orders.policies.parcel_way import ENDED
from orders.reading.addresses import read_address
from orders.reading.couriers import courier_name, hotline_of
from orders.selectors.parcels import parcel_way_of, parcels_visible_to
from orders.services.change_requests.request import request_change
from orders.services.parcel_tasks import ask_interception, settle_task
from orders.services.tracking import record_scans, sign_parcel
from shopcomm.core.accounts.access import ShopRequest, right_required
from shopcomm.core.http.outcomes import run_and_tell

ADDRESS_PARTS = ("name", "phone", "province", "city", "district", "street")


@require_http_methods(["GET", "POST"])
@right_required("parcels.scan")
def parcel_page(request: ShopRequest, shipment_id: int) -> HttpResponse:
    """The way of a parcel; a POST writes down a scan."""
    parcel = get_object_or_404(parcels_visible_to(request.actor), pk=shipment_id)
    form = ScanForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        scans = [form.scan()]
        run_and_tell(
            request,
            lambda: record_scans(actor=request.actor, shipment_id=parcel.pk, scans=scans),
            _("物流已登记"),
        )
        return redirect("orders:parcel", parcel.pk)
    return render(
        request,
        "orders/parcel.html",
        _parcel_context(request, parcel, form),
        status=422 if form.errors else 200,
    )


def _parcel_context(request: ShopRequest, parcel: Shipment, form: ScanForm) -> dict[str, Any]:
    at_desk = request.actor.may("orders.view")
    return {
        "active": "orders" if at_desk else "warehouse",
        "parcel": parcel,
        "order": parcel.order,
        "carrier_name": courier_name(parcel.carrier),
        "hotline": hotline_of(parcel.carrier),
        "way": parcel_way_of(parcel),
        "tasks": [task for task in parcel.tasks.all() if task.settled_at is None],
        "is_over": parcel.state in ENDED,
        "at_desk": at_desk,
        "form": form,
    }


@require_POST
@right_required("warehouse.ship")
def confirm_parcel_signed(request: ShopRequest, shipment_id: int) -> HttpResponseBase:
    """One parcel has arrived."""
    parcel = get_object_or_404(parcels_visible_to(request.actor), pk=shipment_id)
    run_and_tell(request, lambda: sign_parcel(actor=request.actor, shipment_id=parcel.pk), _("已登记签收"))
    return redirect("orders:detail", parcel.order.number)


@require_POST
@right_required("changes.ask_courier")
def intercept_from_page(request: ShopRequest, shipment_id: int) -> HttpResponseBase:
    """Have a parcel stopped: a task for whoever rings its courier."""
    parcel = get_object_or_404(parcels_visible_to(request.actor), pk=shipment_id)
    reason = request.POST.get("reason", "")
    run_and_tell(
        request,
        lambda: ask_interception(actor=request.actor, shipment_id=parcel.pk, reason=reason),
        _("已列入待处理，请打电话给快递"),
    )
    return redirect("orders:parcel", parcel.pk)


@require_POST
@right_required("changes.ask_courier")
def redirect_to_address(request: ShopRequest, shipment_id: int) -> HttpResponseBase:
    """Have a parcel brought elsewhere: a request that the courier has to grant before the order's address is another."""
    parcel = get_object_or_404(parcels_visible_to(request.actor), pk=shipment_id)
    text = request.POST.get("address", "")
    read = read_address(text)
    if read is None or not read.street:
        messages.error(request, _("看不出完整的地址：请写明省市区和街道"))
        return redirect("orders:parcel", parcel.pk)
    found = {name: said for name in ADDRESS_PARTS if (said := getattr(read, name))}
    run_and_tell(
        request,
        lambda: request_change(
            actor=request.actor, order_id=parcel.order_id, kind=ChangeKind.ADDRESS, data=found
        ),
        _("已列入待处理，请打电话给快递"),
    )
    return redirect("orders:parcel", parcel.pk)


@require_POST
@right_required("changes.answer_courier")
def settle_parcel_task(request: ShopRequest, parcel_task_id: int) -> HttpResponseBase:
    """Somebody has spoken with the courier."""
    visible = ParcelTask.objects.filter(shipment__in=parcels_visible_to(request.actor).values("pk"))
    task = get_object_or_404(visible, pk=parcel_task_id)
    outcome = request.POST.get("outcome", "")
    run_and_tell(
        request, lambda: settle_task(actor=request.actor, task_id=task.pk, outcome=outcome), _("已处理")
    )
    return redirect("orders:parcel", task.shipment_id)
