"""Parcels at the desk."""

from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from orders.models import Shipment
from orders.selectors.visibility import orders_visible_to
from orders.services.shipments import sign_parcel
from shopcomm.core.accounts.access import ShopRequest, right_required
from shopcomm.core.http.outcomes import run_and_tell


@require_POST
@right_required("warehouse.ship")
def confirm_parcel_signed(request: ShopRequest, shipment_id: int) -> HttpResponseBase:
    """One parcel has arrived."""
    visible = Shipment.objects.filter(order__in=orders_visible_to(request.actor)).select_related("order")
    parcel = get_object_or_404(visible, pk=shipment_id)
    run_and_tell(request, lambda: sign_parcel(actor=request.actor, shipment_id=parcel.pk), _("已登记签收"))
    return redirect("orders:detail", parcel.order.number)
