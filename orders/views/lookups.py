"""Suggestions of the order form while somebody types."""

from typing import Any

from django.http import HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from orders.forms.desk import ADDRESS_FIELDS
from orders.models import ContactReveal
from orders.selectors.customers import customers_matching, customers_visible_to
from orders.selectors.orders import orders_visible_to
from orders.selectors.products import variants_matching
from orders.services.reveals import record_reveal
from shopcomm.core import reading
from shopcomm.core.accounts.access import ShopRequest, right_required
from shopcomm.core.accounts.models import Customer
from shopcomm.core.phones import normalise_phone

MOST = 20


@require_safe
@right_required("orders.create")
def variant_lookup(request: ShopRequest) -> HttpResponseBase:
    """Products by name, SKU or colour, with picture, price and stock."""
    found = variants_matching(request.GET.get("q", "").strip())[:MOST]
    return render(request, "orders/_variants.html", {"variants": found})


@require_safe
@never_cache
@right_required("orders.create")
def customer_lookup(request: ShopRequest) -> HttpResponseBase:
    """Who is meant by `q`, as a list to choose from; who is chosen by `id`, or has this `phone`, as fields."""
    if "q" in request.GET:
        found = customers_matching(request.actor, request.GET["q"])
        return render(request, "orders/_customers.html", {"customers": found, "q": request.GET["q"].strip()})
    if chosen := reading.whole_number(request.GET.get("id"), least=1):
        return _fields(request, customers_visible_to(request.actor).filter(pk=chosen).first())
    try:
        phone = normalise_phone(request.GET.get("phone", ""))
    except ValueError:
        return JsonResponse({"hint": ""})
    return _fields(request, Customer.objects.filter(phone=phone).first())


def _fields(request: ShopRequest, customer: Customer | None) -> JsonResponse:
    """Who it is, and where the last parcel that this reader may see went."""
    if customer is None:
        return JsonResponse({"hint": _("新客户")})
    last = orders_visible_to(request.actor).filter(customer=customer).order_by("-placed_at").first()
    names = ("phone", "name", "company", "tier", "source")
    fields: dict[str, Any] = {name: getattr(customer, name) for name in names}
    if last:
        record_reveal(actor=request.actor, order=last, place=ContactReveal.Place.LOOKUP)
        fields |= {name: getattr(last, name) for name in ADDRESS_FIELDS}
    return JsonResponse({"hint": _("老客户：%(name)s") % {"name": customer}, "fields": fields})
