"""The customer's link and the customer's phone: small actions beside an order."""

from django.contrib import messages
from django.http import HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from orders.models import ContactReveal
from orders.services.reveals import record_reveal
from orders.views.desk import desk_context, visible_order
from shopcomm.core.accounts.access import ShopRequest, right_required
from shopcomm.core.accounts.services.order_links import link_url, revoke_links


@require_POST
@right_required("orders.view")
def copy_link(request: ShopRequest, number: str) -> HttpResponseBase:
    """The address to send to the customer; made when there is none."""
    order = visible_order(request, number)
    url = link_url(customer=order.customer, order_id=order.pk)
    if request.headers.get("X-Fragment"):
        return JsonResponse({"url": url})
    return render(request, "orders/desk.html", desk_context(request, order) | {"link_url": url})


@require_POST
@right_required("orders.view")
def close_links(request: ShopRequest, number: str) -> HttpResponseBase:
    """No link of this order opens any more."""
    order = visible_order(request, number)
    revoke_links(order_id=order.pk)
    messages.success(request, _("客户链接已停用"))
    return redirect("orders:detail", number)


@require_POST
@right_required("orders.view")
def show_phone(request: ShopRequest, number: str) -> HttpResponseBase:
    """The receiver's whole phone, on request, which is written down."""
    order = visible_order(request, number)
    record_reveal(actor=request.actor, order=order, place=ContactReveal.Place.DESK)
    phone = order.receiver_phone.removeprefix("+86")
    if request.headers.get("X-Fragment"):
        return JsonResponse({"phone": phone})
    return render(request, "orders/desk.html", desk_context(request, order) | {"phone": phone})
