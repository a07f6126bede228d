"""Quotes over HTTP: written, laid before the customer as a card in their conversation, and answered."""

from abc import ABC, abstractmethod
from datetime import datetime
from typing import Any

from django.db import transaction
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from messaging.services.conversations import general_conversation
from messaging.services.quotes import quote_in_conversation, send_quote_card
from orders.api.inputs import Money
from orders.api.serializers import AddressInput as AddressFields
from orders.api.serializers import CustomerInput, ItemInput
from orders.models import Quote, QuoteLine
from orders.selectors.addresses import AddressInput
from orders.selectors.items import MAX_LINES
from orders.selectors.items import ItemInput as Item
from orders.selectors.quotes import last_address, quotes_with_lines
from orders.services.quotes import (
    VALID_DAYS,
    QuoteInput,
    accept_quote,
    decline_quote,
    end_of_day,
    withdraw_quote,
)
from shopcomm.core.accounts.models.customers import Source
from shopcomm.core.accounts.services.customers import customer_by_phone
from shopcomm.core.deadlocks import retry_on_deadlock
from shopcomm.core.http.api import ApiView
from shopcomm.core.http.pages import PageQuery, page_answer, page_of_rows
from shopcomm.core.reading import MOST_ID

# As far as the column counts.
MOST_REVISIONS = 2**31 - 1


class QuoteFilter(PageQuery):
    state = serializers.ChoiceField(Quote.State.choices, required=False, default="", allow_blank=True)
    customer = serializers.IntegerField(
        required=False, default=None, min_value=1, max_value=MOST_ID, help_text="the customer's id"
    )


class NewQuote(serializers.Serializer):
    customer = CustomerInput()
    items = serializers.ListField(child=ItemInput(), min_length=1, max_length=MAX_LINES)
    valid_days = serializers.IntegerField(
        required=False, default=VALID_DAYS, min_value=1, max_value=365, help_text="to the end of that day"
    )
    shipping_fee = Money(required=False, default="0")
    discount = Money(required=False, default="0")
    note = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")
    send = serializers.BooleanField(default=False, help_text="lay it before the customer at once")


class QuoteAcceptance(serializers.Serializer):
    consent = serializers.CharField(max_length=300, help_text="how the customer agreed; it is kept")
    address = AddressFields(required=False, help_text="where their last parcel went, if it is not given")
    revision = serializers.IntegerField(
        required=False, min_value=0, max_value=MOST_REVISIONS, help_text="the one the customer saw"
    )


class QuoteRefusal(serializers.Serializer):
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


class QuoteLineOutput(serializers.ModelSerializer):
    class Meta:
        model = QuoteLine
        fields = ("sku", "name", "spec", "quantity", "unit_price", "list_price")


class QuotedCustomer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()


class QuoteOutput(serializers.ModelSerializer):
    """A quote; `state` is `sent` until somebody has answered or its time has been swept up: look at `valid_until`."""

    customer = QuotedCustomer()
    items = QuoteLineOutput(source="lines", many=True)
    total = serializers.DecimalField(12, 2)
    conversation = serializers.IntegerField(source="conversation_id", allow_null=True)
    order = serializers.CharField(source="order.number", default=None, allow_null=True)

    class Meta:
        model = Quote
        fields = (
            "number", "state", "revision", "customer", "items", "shipping_fee", "discount", "total", "currency", "note",
            "valid_until", "conversation", "order", "answer", "answered_by", "created_at", "sent_at", "answered_at",
        )  # fmt: skip


class QuotesView(ApiView):
    """The quotes, and writing one."""

    rights = {"GET": "orders.view_all", "POST": "quotes.write"}
    filters = QuoteFilter

    @extend_schema(responses=page_of_rows("QuoteList", QuoteOutput), operation_id="quotes_list")
    def get(self, request: Request) -> Response:
        given = self.filters_of(request)
        wanted = {name: value for name in ("state", "customer") if (value := given[name])}
        return page_answer(request, quotes_with_lines().filter(**wanted), QuoteOutput)

    @extend_schema(request=NewQuote, responses={201: QuoteOutput}, operation_id="quotes_create")
    def post(self, request: Request) -> Response:
        return self.once(request)

    @retry_on_deadlock
    @transaction.atomic
    def create(self, request: Request, **kwargs: Any) -> Response:
        """The customer and the quote together, or neither."""
        asked = NewQuote(data=request.data)
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        try:
            customer = customer_by_phone(**given["customer"], source=Source.API)
        except ValueError as error:
            raise exceptions.ValidationError({"customer": {"phone": [str(error)]}}) from error
        talk = general_conversation(actor=self.actor, customer=customer)
        quote = quote_in_conversation(
            actor=self.actor,
            customer=customer,
            conversation_id=talk.pk,
            wanted=_wanted(given, end_of_day(given["valid_days"])),
            send=given["send"],
        )
        return Response(told_quote(quote.number), status=201)


def _wanted(given: dict[str, Any], until: datetime) -> QuoteInput:
    items = [Item(**each) for each in given["items"]]
    return QuoteInput(
        items=items,
        valid_until=until,
        shipping_fee=given["shipping_fee"],
        discount=given["discount"],
        note=given["note"],
    )


def told_quote(number: str) -> Any:
    """A quote, freshly read. Raises Http404."""
    return QuoteOutput(get_object_or_404(quotes_with_lines(), number=number)).data


class QuoteView(ApiView):
    """One quote."""

    rights = {"GET": "orders.view_all"}

    @extend_schema(responses=QuoteOutput, operation_id="quotes_retrieve")
    def get(self, request: Request, number: str) -> Response:
        return Response(told_quote(number))


class QuoteStep(ApiView, ABC):
    """What the steps of a quote have in common."""

    def create(self, request: Request, **kwargs: Any) -> Response:
        quote = get_object_or_404(quotes_with_lines(), number=kwargs["number"])
        self.step(quote, request)
        return Response(told_quote(quote.number))

    @abstractmethod
    def step(self, quote: Quote, request: Request) -> None:
        """The work itself."""


class SendQuoteView(QuoteStep):
    """Laying a draft before its customer, as a card in their conversation."""

    rights = {"POST": "quotes.write"}

    @extend_schema(request=None, responses=QuoteOutput, operation_id="quotes_send")
    def post(self, request: Request, number: str) -> Response:
        return self.once(request, number=number)

    def step(self, quote: Quote, request: Request) -> None:
        send_quote_card(actor=self.actor, quote_id=quote.pk)


class AcceptQuoteView(QuoteStep):
    """The customer has said yes: the quote becomes an order at its prices."""

    rights = {"POST": "quotes.accept"}

    @extend_schema(request=QuoteAcceptance, responses=QuoteOutput, operation_id="quotes_accept")
    def post(self, request: Request, number: str) -> Response:
        return self.once(request, number=number)

    def step(self, quote: Quote, request: Request) -> None:
        asked = QuoteAcceptance(data=request.data)
        asked.is_valid(raise_exception=True)
        given = dict(asked.validated_data)
        address = given.pop("address", None)
        receiver = AddressInput(**address) if address else last_address(quote.customer, self.actor)
        accept_quote(actor=self.actor, quote_id=quote.pk, address=receiver, **given)


class DeclineQuoteView(QuoteStep):
    """The customer has said no."""

    rights = {"POST": "quotes.accept"}

    @extend_schema(request=QuoteRefusal, responses=QuoteOutput, operation_id="quotes_decline")
    def post(self, request: Request, number: str) -> Response:
        return self.once(request, number=number)

    def step(self, quote: Quote, request: Request) -> None:
        asked = QuoteRefusal(data=request.data)
        asked.is_valid(raise_exception=True)
        decline_quote(actor=self.actor, quote_id=quote.pk, **asked.validated_data)


class WithdrawQuoteView(QuoteStep):
    """The shop takes it back."""

    rights = {"POST": "quotes.write"}

    @extend_schema(request=None, responses=QuoteOutput, operation_id="quotes_withdraw")
    def post(self, request: Request, number: str) -> Response:
        return self.once(request, number=number)

    def step(self, quote: Quote, request: Request) -> None:
        withdraw_quote(actor=self.actor, quote_id=quote.pk)
