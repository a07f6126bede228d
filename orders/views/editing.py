"""Creating and editing an order. An edit of what somebody else has changed meanwhile is refused."""

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any, cast

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from orders.errors import StaleVersion
from orders.forms.address import Pasted, wants_reading, widget_of_form, with_pasted
from orders.forms.desk import ADDRESS_FIELDS, CreateOrderForm, EditOrderForm, OrderForm, lines_key
from orders.forms.price import TEMPLATE as PRICE_TEMPLATE
from orders.forms.price import asks_price, buyer_of_form, has_seen_price, price_of_form
from orders.models import ChangeRequest, ContactReveal, Handler, Order, Variant
from orders.selectors.addresses import COLUMNS
from orders.selectors.customers import customers_visible_to
from orders.selectors.orders import orders_visible_to
from orders.selectors.own import lines_to_reorder
from orders.selectors.pricing import OrderPrice, price_as_it_is
from orders.services.change_requests.consent import edit_or_request_consent
from orders.services.orders import AddressInput, ItemInput, place_order
from orders.services.reveals import record_reveal
from orders.views.addresses import reader_key
from orders.views.desk import place_of_order, visible_order
from orders.views.presenting import refusal_of, stale_of
from shopcomm.core import reading
from shopcomm.core.accounts.access import ShopRequest, right_required
from shopcomm.core.accounts.models import Customer
from shopcomm.core.accounts.services.customers import customer_by_phone
from shopcomm.core.deadlocks import retry_on_deadlock
from shopcomm.core.http.sent_forms import run_form_once
from shopcomm.core.outcomes import run_service


@require_http_methods(["GET", "POST"])
@right_required("orders.create")
def create_order(request: ShopRequest) -> HttpResponseBase:
    """The form of a new order; sent twice it makes one, and only at the price that it showed."""
    if request.method == "GET" and (number := request.GET.get("again", "")):
        return _again(request, visible_order(request, number))
    if request.method == "GET" and (chosen := reading.whole_number(request.GET.get("customer"), least=1)):
        return _for_customer(request, get_object_or_404(customers_visible_to(request.actor), pk=chosen))
    form = CreateOrderForm(request.POST if request.method == "POST" else None)
    if asks_price(request):
        return _price_part(request)
    if wants_reading(request.POST):
        return _with_address(request, CreateOrderForm)
    if not form.is_valid():
        return _form_page(request, form, status=422 if form.is_bound else 200)
    if not has_seen_price(request.POST):
        return _form_page(request, form, refusal=_look_first())
    placed = run_service(lambda: run_form_once(request, lambda: _place(request, form.cleaned_data).number))
    if placed.refusal:
        return _form_page(request, form, status=placed.status, refusal=refusal_of(placed.refusal))
    messages.success(request, _("订单 %(number)s 已提交") % {"number": placed.result})
    return redirect(place_of_order(request, placed.result))


def _again(request: ShopRequest, order: Order) -> HttpResponseBase:
    """再来一单: the form filled with who bought, what of it is still sold, and where it went; at today's prices."""
    record_reveal(actor=request.actor, order=order, place=ContactReveal.Place.FORM)
    where = {"source": order.source} | {name: getattr(order, name) for name in ADDRESS_FIELDS}
    form = CreateOrderForm(initial=_known(order.customer) | where)
    lines = lines_to_reorder(order, order.customer)
    items = [{"sku": each.sku, "quantity": each.wanted, "unit_price": None} for each in lines if each.variant]
    if gone := [f"{each.name} {each.spec}".strip() for each in lines if each.variant is None]:
        messages.warning(request, _("这些款已停售，没有带过来：%(goods)s") % {"goods": _("、").join(gone)})
    return _form_page(request, form, again=items)


def _for_customer(request: ShopRequest, customer: Customer) -> HttpResponseBase:
    """The form of somebody one is talking with: who they are, and where their last parcel went."""
    initial = _known(customer) | {"source": customer.source}
    last = orders_visible_to(request.actor).filter(customer=customer).order_by("-placed_at").first()
    if last is not None:
        record_reveal(actor=request.actor, order=last, place=ContactReveal.Place.FORM)
        initial |= {name: getattr(last, name) for name in ADDRESS_FIELDS}
    return _form_page(request, CreateOrderForm(initial=initial))


def _known(customer: Customer) -> dict[str, str]:
    return {name: getattr(customer, name) for name in ("name", "phone", "company", "tier")}


def _with_address(
    request: ShopRequest, form_of: Callable[[QueryDict], OrderForm], order: Order | None = None
) -> HttpResponseBase:
    """The form as it was typed, with the pasted address in its fields; it is not sent yet, so nothing is wrong."""
    post, pasted = with_pasted(request.POST, who=reader_key(request), name_of=COLUMNS.__getitem__)
    form = form_of(post)
    form.is_valid()
    form.errors.clear()
    return _form_page(request, form, order=order, pasted=pasted)


def _price_part(request: ShopRequest, order: Order | None = None) -> HttpResponseBase:
    """What the form comes to as far as it is filled in."""
    customer = order.customer if order else buyer_of_form(request.POST)
    return render(request, PRICE_TEMPLATE, {"price": price_of_form(request.POST, customer, order)})


def _price(form: OrderForm, order: Order | None) -> OrderPrice | None:
    """What the page of a form begins with: the price of what stands in it."""
    if not form.is_bound:
        return price_as_it_is(order) if order else None
    data = cast(QueryDict, form.data)
    rows = None if form.item_errors else form.cleaned_data.get("items")
    return price_of_form(data, order.customer if order else buyer_of_form(data), order, rows)


def _look_first() -> dict[str, Any]:
    """What a browser without scripts is told when it sends a form whose price nobody has seen."""
    return {"text": _("请核对下面的价格，没有问题再提交一次"), "items": []}


@retry_on_deadlock
@transaction.atomic
def _place(request: ShopRequest, data: dict[str, Any]) -> Order:
    """The customer and the order together, or neither."""
    customer = customer_by_phone(
        name=data["name"],
        phone=data["phone"],
        source=data["source"],
        company=data["company"],
        tier=data["tier"] or "retail",
    )
    return place_order(
        actor=request.actor,
        customer=customer,
        source=data["source"],
        items=[ItemInput(**item) for item in data["items"]],
        address=AddressInput(**{name.removeprefix("receiver_"): data[name] for name in ADDRESS_FIELDS}),
        urgent=data["urgent"],
        note=data["note"],
        deliver_on=data["deliver_on"],
        discount=data["discount"] or Decimal(0),
        shipping_fee=data["shipping_fee"] or Decimal(0),
        on_credit=data["on_account"],
        shown=request.POST.get("shown", ""),
    )


@require_http_methods(["GET", "POST"])
@right_required("orders.create")
def change_order(request: ShopRequest, number: str) -> HttpResponseBase:
    """The form of an order that is there already."""
    order = visible_order(request, number)
    if request.method == "GET":
        record_reveal(actor=request.actor, order=order, place=ContactReveal.Place.FORM)
    form = EditOrderForm(request.POST if request.method == "POST" else None, initial=_initial(order))
    if asks_price(request):
        return _price_part(request, order)
    if wants_reading(request.POST):
        return _with_address(request, partial(EditOrderForm, initial=_initial(order)), order)
    if not form.is_valid():
        return _form_page(request, form, order=order, status=422 if form.is_bound else 200)
    if not has_seen_price(request.POST):
        return _form_page(request, form, order=order, refusal=_look_first())
    version = form.cleaned_data["version"]
    outcome = run_service(
        lambda: edit_or_request_consent(
            actor=request.actor,
            order_id=order.pk,
            version=version,
            changes=_changes(form),
            shown=request.POST.get("shown", ""),
        )
    )
    if isinstance(outcome.refusal, StaleVersion):
        # The form shows the receiver as the order has it by now.
        record_reveal(actor=request.actor, order=order, place=ContactReveal.Place.FORM)
        form = _rebased(form, request.POST.copy(), order)
        return _form_page(request, form, order=order, status=409, stale=stale_of(outcome.refusal))
    if outcome.refusal:
        refusal = refusal_of(outcome.refusal)
        return _form_page(request, form, order=order, status=outcome.status, refusal=refusal)
    _order, asked = outcome.result
    if asked is not None and asked.state == ChangeRequest.State.DECLINED:
        messages.error(request, asked.answer)
    elif asked is not None and asked.handler == Handler.OUTSIDE:
        messages.success(request, _("已交给 %(system)s，它接受后生效") % {"system": asked.system})
    elif asked is not None:
        messages.success(request, _("已发给客户确认，客户点“同意”后生效"))
    else:
        messages.success(request, _("订单已修改"))
    return redirect(place_of_order(request, number))


def _initial(order: Order) -> dict[str, Any]:
    names = (
        *ADDRESS_FIELDS,
        "urgent",
        "note",
        "deliver_on",
        "assigned_to",
        "discount",
        "shipping_fee",
        "version",
    )
    return {name: getattr(order, name) for name in names} | {"lines_seen": lines_key(_lines_of(order))}


def _changes(form: EditOrderForm) -> dict[str, Any]:
    """Only what the editor touched, so that two people may edit different fields in turn."""
    changes = form.touched()
    for name in ("discount", "shipping_fee"):
        if name in changes and changes[name] is None:
            changes[name] = 0
    if "items" in changes:
        changes["items"] = [ItemInput(**item) for item in changes["items"]]
    return changes


def _rebased(form: EditOrderForm, data: QueryDict, order: Order) -> EditOrderForm:
    """The same form on the order as it is now: what was typed stays, what was not touched is the newest."""
    order.refresh_from_db()
    touched = form.touched()
    fresh = EditOrderForm(initial=_initial(order))
    for name in fresh.own_fields():
        current = fresh[name].value()
        shown = "" if current is None else getattr(current, "pk", current)
        data[form.add_initial_prefix(name)] = str(shown)
        if name not in touched:
            data[name] = str(shown)
    if not data.get("urgent") or data["urgent"] == "False":
        data.pop("urgent", None)
    data["version"], data["lines_seen"] = str(order.version), lines_key(_lines_of(order))
    rebased = EditOrderForm(data, initial=_initial(order))
    rebased.is_valid()
    if "items" not in touched:
        rebased.cleaned_data["items"] = _lines_of(order)
    return rebased


def _lines_of(order: Order) -> list[dict[str, Any]]:
    return [
        {"sku": line.sku, "quantity": line.quantity, "unit_price": line.unit_price}
        for line in order.lines.all()
    ]


def _form_page(
    request: ShopRequest,
    form: OrderForm,
    *,
    order: Order | None = None,
    status: int = 200,
    pasted: Pasted | None = None,
    again: list[dict[str, Any]] | None = None,
    **extra: Any,
) -> HttpResponseBase:
    names = {
        "customer_fields": ("phone", "name", "company", "tier", "source"),
        "other_fields": ("assigned_to", "discount", "shipping_fee", "deliver_on", "note"),
    }
    fields = {key: [form[name] for name in wanted if name in form.fields] for key, wanted in names.items()}
    page: dict[str, Any] = {"form": form, "order": order, "active": "orders", "price": _price(form, order)}
    context = page | fields | {"items": _items(form, order, again), "address": widget_of_form(form, pasted)}
    return render(
        request, "orders/form.html", context | {"item_errors": form.item_errors} | extra, status=status
    )


def _items(
    form: OrderForm, order: Order | None, again: list[dict[str, Any]] | None = None
) -> list[dict[str, Any]]:
    """The lines as they stand in the form: what was typed, else what the order has, or the one before."""
    posted = form.cleaned_data.get("items", []) if form.is_bound else None
    rows = posted if posted is not None else (_lines_of(order) if order else again or [])
    variants = (
        Variant.objects.select_related("product")
        .prefetch_related("tiers")
        .in_bulk([row["sku"] for row in rows], field_name="sku")
    )
    return [
        row
        | {"variant": variants.get(row["sku"])}
        | (
            {"name": variants[row["sku"]].product.name, "spec": variants[row["sku"]].spec}
            if row["sku"] in variants
            else {}
        )
        for row in rows
    ]
