"""Orders over HTTP, for other systems."""

import hashlib
import json
from typing import Any

from django.db import transaction
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response

from orders.api.inputs import CHANGE_INPUT, change_input
from orders.api.serializers import (
    ChangeOutput,
    OrderFilter,
    OrderInput,
    OrderList,
    OrderOutput,
    TransitionInput,
)
from orders.errors import IllegalTransition, OrderClosed
from orders.models import Order
from orders.models.statuses import STATUS_LABELS
from orders.selectors.change_requests import change_status
from orders.selectors.orders import OrderFilters, order_list, with_detail_fields
from orders.selectors.visibility import orders_visible_to
from orders.services.change_requests.request import request_change
from orders.services.orders import AddressInput, ItemInput, place_order
from orders.services.transitions import transition_order
from shopcomm.core.accounts.permissions import key_may
from shopcomm.core.accounts.services.customers import customer_by_phone
from shopcomm.core.accounts.services.order_links import link_urls
from shopcomm.core.deadlocks import retry_on_deadlock
from shopcomm.core.http.api import ApiView, neighbour_url


def serialized_orders(orders: list[Order], key: Any) -> Any:
    """Orders as the API gives them; the customers' pages only to a key that has the scope for it."""
    may_see = key_may(key, "orders.links")
    urls = link_urls({order.pk: order.customer_id for order in orders}) if may_see else {}
    return OrderOutput(orders, many=True, context={"customer_urls": urls}).data


class OrdersView(ApiView):
    """The list of orders, and taking one."""

    rights = {"GET": "orders.view_all", "POST": "orders.place"}
    filters = OrderFilter

    @extend_schema(responses=OrderList, operation_id="orders_list")
    def get(self, request: Request) -> Response:
        given = self.filters_of(request)
        page = order_list(self.actor, OrderFilters(**given))
        found = with_detail_fields(Order.objects.filter(pk__in=[order.pk for order in page.orders]))
        results = serialized_orders(list(found), request.auth)
        places = {order.number: place for place, order in enumerate(page.orders)}
        results.sort(key=lambda each: places[each["number"]])
        links = {
            "next": neighbour_url(request, page.next_cursor),
            "previous": neighbour_url(request, page.previous_cursor),
        }
        return Response(links | {"results": results})

    @extend_schema(request=OrderInput, responses={201: OrderOutput}, operation_id="orders_create")
    def post(self, request: Request) -> Response:
        return self.once(request)

    @retry_on_deadlock
    @transaction.atomic
    def create(self, request: Request, **kwargs: Any) -> Response:
        """The customer and the order together, or neither."""
        asked = OrderInput(data=request.data)
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        try:
            customer = customer_by_phone(**given["customer"], source=given["source"])
        except ValueError as error:
            raise exceptions.ValidationError({"customer": {"phone": [str(error)]}}) from error
        order = place_order(
            actor=self.actor,
            customer=customer,
            source=given["source"],
            items=[ItemInput(**each) for each in given["items"]],
            address=AddressInput(**given["address"]),
            urgent=given["urgent"],
            note=given["note"],
            deliver_on=given["deliver_on"],
            external_id=given["external_id"],
            external_digest=_digest(given),
            on_credit=given["on_account"],
        )
        return Response(serialized_order(order, request.auth), status=201)


def _digest(given: dict[str, Any]) -> str:
    """What tells one body from another, however it was written as JSON."""
    text = json.dumps(given, sort_keys=True, default=str, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def serialized_order(order: Order, key: Any) -> Any:
    """One order, freshly read, as this key may see it."""
    return serialized_orders([with_detail_fields(Order.objects.filter(pk=order.pk)).get()], key)[0]


class OrderView(ApiView):
    """One order."""

    rights = {"GET": "orders.view_all"}

    @extend_schema(responses=OrderOutput, operation_id="orders_retrieve")
    def get(self, request: Request, number: str) -> Response:
        order = get_object_or_404(orders_visible_to(self.actor), number=number)
        return Response(serialized_order(order, request.auth))


class TransitionsView(ApiView):
    """Moving an order to another status."""

    rights = {"POST": "orders.edit"}

    @extend_schema(request=TransitionInput, responses=OrderOutput)
    def post(self, request: Request, number: str) -> Response:
        return self.once(request, number=number)

    def create(self, request: Request, **kwargs: Any) -> Response:
        order = get_object_or_404(orders_visible_to(self.actor), number=kwargs["number"])
        asked = TransitionInput(data=request.data)
        asked.is_valid(raise_exception=True)
        data = dict(asked.validated_data)
        to, version = data.pop("to"), data.pop("version", None)
        try:
            moved = transition_order(actor=self.actor, order_id=order.pk, to=to, version=version, data=data)
        except OrderClosed as error:
            # Out of an ended order no move is legal: the contract has one answer for that.
            raise IllegalTransition(
                from_=error.extra["from"], to=to, allowed=[], labels=STATUS_LABELS
            ) from error
        return Response(serialized_order(moved, request.auth))


class ChangesView(ApiView):
    """Asking for a change of an order."""

    rights = {"POST": "orders.edit"}

    @extend_schema(request=CHANGE_INPUT, responses={201: ChangeOutput})
    def post(self, request: Request, number: str) -> Response:
        return self.once(request, number=number)

    def create(self, request: Request, **kwargs: Any) -> Response:
        order = get_object_or_404(orders_visible_to(self.actor), number=kwargs["number"])
        given = change_input(request.data)
        shops_wish = given.pop("wish_of") == "shop"
        change = request_change(actor=self.actor, order_id=order.pk, shops_wish=shops_wish, **given)
        answer = {"id": str(change.pk), "status": change_status(change), "reason": change.answer}
        return Response(ChangeOutput(answer).data, status=201)
