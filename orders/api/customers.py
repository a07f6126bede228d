"""Customers over HTTP. A key sees a phone masked unless it has the scope for whole ones."""

from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from orders.api.inputs import PhoneField
from shopcomm.core.accounts.models import Customer
from shopcomm.core.accounts.models.customers import LONGEST_TAG, MOST_TAGS, Source
from shopcomm.core.accounts.permissions import key_may
from shopcomm.core.accounts.search import name_conditions
from shopcomm.core.accounts.services.customer_records import add_customer, change_customer
from shopcomm.core.http.api import ApiView
from shopcomm.core.http.pages import PageQuery, page_answer, page_of_rows
from shopcomm.core.phones import LONGEST, PhoneRefused, masked_phone, normalise_phone
from shopcomm.core.search.query import parse_query
from shopcomm.core.time_zones import all_zones


class CustomersFilter(PageQuery):
    q = serializers.CharField(
        required=False,
        default="",
        max_length=200,
        allow_blank=True,
        help_text="part of the name or the company",
    )
    phone = serializers.CharField(
        required=False, default="", max_length=LONGEST, allow_blank=True, help_text="the whole number"
    )
    external_id = serializers.CharField(required=False, default="", max_length=64, allow_blank=True)


@extend_schema_field({"type": "string", "format": "time-zone", "maxLength": 40})
class ZoneField(serializers.CharField):
    """A time zone by its name, or nothing."""


class CustomerFields(serializers.Serializer):
    """What may be written; fields that are not named stay as they are."""

    name = serializers.CharField(max_length=120, required=False)
    phone = PhoneField(required=False)
    company = serializers.CharField(max_length=120, required=False, allow_blank=True)
    tier = serializers.ChoiceField(Customer.Tier.choices, required=False)
    email = serializers.EmailField(required=False, allow_blank=True, max_length=254)
    tags = serializers.ListField(
        child=serializers.CharField(max_length=LONGEST_TAG), max_length=MOST_TAGS, required=False
    )
    language = serializers.ChoiceField(settings.LANGUAGES, required=False, allow_blank=True)
    time_zone = ZoneField(
        max_length=40,
        required=False,
        allow_blank=True,
        help_text="of the IANA database, such as Europe/Berlin",
    )
    external_id = serializers.CharField(max_length=64, required=False, allow_blank=True)
    note = serializers.CharField(max_length=5000, required=False, allow_blank=True)

    def validate_time_zone(self, value: str) -> str:
        if value and value not in all_zones():
            raise serializers.ValidationError("no such time zone")
        return value


class NewCustomer(CustomerFields):
    name = serializers.CharField(max_length=120)
    phone = PhoneField()
    source = serializers.ChoiceField(Source.choices, default=Source.API)  # type: ignore[assignment]


class CustomerOutput(serializers.ModelSerializer):
    """Needs `whole_phones` in its context: whether the key may see them."""

    phone = serializers.SerializerMethodField(
        help_text="`138 **** 8000` for a key without `customers:phones`"
    )
    tags = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = Customer
        fields = (
            "id", "name", "phone", "company", "tier", "source", "email", "tags", "language", "time_zone", "external_id",
            "note", "is_active", "created_at",
        )  # fmt: skip

    def get_phone(self, customer: Customer) -> str:
        return customer.phone if self.context["whole_phones"] else masked_phone(customer.phone)


def _seen_by(key: Any) -> dict[str, bool]:
    return {"whole_phones": key_may(key, "customers.phones")}


def _matching(given: dict[str, str]) -> QuerySet[Customer]:
    """A part of a phone finds nobody: who sees phones masked could find them out digit by digit."""
    found = Customer.objects.all()
    if given["phone"]:
        try:
            found = found.filter(phone=normalise_phone(given["phone"]))
        except PhoneRefused:
            # Nobody has what is no number.
            return found.none()
    if given["external_id"]:
        found = found.filter(external_id=given["external_id"])
    query = parse_query(given["q"])
    if query.text:
        conditions = name_conditions(query)
        known = " UNION ".join(f"(SELECT id FROM accounts_customer WHERE {sql})" for sql, _ in conditions)
        found = found.filter(
            pk__in=RawSQL(f"({known})", [each for _, values in conditions for each in values])
        )
    return found


class CustomersView(ApiView):
    """The customers, and adding one."""

    rights = {"GET": "customers.list", "POST": "customers.write"}
    filters = CustomersFilter

    @extend_schema(
        responses=page_of_rows("CustomerList", CustomerOutput),
        operation_id="customers_list",
    )
    def get(self, request: Request) -> Response:
        given = self.filters_of(request)
        return page_answer(request, _matching(given), CustomerOutput, context=_seen_by(request.auth))

    @extend_schema(request=NewCustomer, responses={201: CustomerOutput}, operation_id="customers_create")
    def post(self, request: Request) -> Response:
        return self.once(request)

    def create(self, request: Request, **kwargs: Any) -> Response:
        asked = NewCustomer(data=request.data)
        asked.is_valid(raise_exception=True)
        given = dict(asked.validated_data)
        try:
            customer = add_customer(phone=given.pop("phone"), fields=given)
        except PhoneRefused as error:
            raise exceptions.ValidationError({"phone": [str(error)]}) from error
        return Response(CustomerOutput(customer, context=_seen_by(request.auth)).data, status=201)


class CustomerView(ApiView):
    """One customer."""

    rights = {"GET": "customers.list", "PATCH": "customers.write"}

    @extend_schema(responses=CustomerOutput, operation_id="customers_retrieve")
    def get(self, request: Request, pk: int) -> Response:
        customer = get_object_or_404(Customer, pk=pk)
        return Response(CustomerOutput(customer, context=_seen_by(request.auth)).data)

    @extend_schema(request=CustomerFields, responses=CustomerOutput, operation_id="customers_update")
    def patch(self, request: Request, pk: int) -> Response:
        get_object_or_404(Customer, pk=pk)
        asked = CustomerFields(data=request.data)
        asked.is_valid(raise_exception=True)
        try:
            customer = change_customer(customer_id=pk, fields=asked.validated_data)
        except PhoneRefused as error:
            raise exceptions.ValidationError({"phone": [str(error)]}) from error
        return Response(CustomerOutput(customer, context=_seen_by(request.auth)).data)
