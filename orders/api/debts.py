"""What customers owe, over HTTP: their account, and what they repay."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from orders.api.inputs import PhoneField, SignedMoney
from orders.models import Repayment
from orders.selectors.statements import default_start, statement_of
from orders.services.repayments import Slip, record_repayment
from shopcomm.core.accounts.models import Customer
from shopcomm.core.http.api import ApiView
from shopcomm.core.phones import PhoneRefused, normalise_phone


class StatementFilter(serializers.Serializer):
    phone = PhoneField(max_length=60, help_text="whose account")
    since = serializers.DateField(
        required=False, default=None, help_text="90 days before the end, if not given"
    )
    until = serializers.DateField(required=False, default=None, help_text="today, if not given")
    currency = serializers.CharField(required=False, default="CNY", max_length=3, min_length=3)


class EntryOutput(serializers.Serializer):
    day = serializers.DateField()
    number = serializers.CharField(help_text="of the order")
    text = serializers.CharField()
    due = serializers.DecimalField(12, 2)
    paid = serializers.DecimalField(12, 2)
    balance = serializers.DecimalField(12, 2)


class StatementOutput(serializers.Serializer):
    currency = serializers.CharField()
    since = serializers.DateField()
    until = serializers.DateField()
    opening = serializers.DecimalField(12, 2)
    closing = serializers.DecimalField(12, 2, help_text="above zero: the customer has to pay")
    owed = serializers.DecimalField(12, 2, help_text="of all orders, today")
    overdue = serializers.DecimalField(12, 2)
    to_return = serializers.DecimalField(12, 2)
    credit_left = serializers.DecimalField(12, 2, allow_null=True, help_text="in `credit_currency`")
    credit_currency = serializers.CharField(
        source="customer.credit_currency", help_text="of the limit; nothing is lent in another"
    )
    credit_days = serializers.IntegerField(
        source="term.days", allow_null=True, help_text="after which a debt is due; null: no day is agreed"
    )
    entries = EntryOutput(many=True)


class RepaymentInput(serializers.Serializer):
    phone = PhoneField(max_length=60, help_text="of the customer who pays")
    amount = SignedMoney()
    method = serializers.CharField(max_length=12, required=False, default="", allow_blank=True)
    reference = serializers.CharField(max_length=80, required=False, default="", allow_blank=True)
    currency = serializers.CharField(required=False, default="CNY", max_length=3, min_length=3)


class PartOutput(serializers.Serializer):
    number = serializers.CharField(source="order.number")
    amount = serializers.DecimalField(12, 2)
    balance = serializers.DecimalField(12, 2, source="order.balance", help_text="below zero: to be returned")


class RepaymentOutput(serializers.ModelSerializer):
    payments = PartOutput(many=True, help_text="one for each order, the oldest first")

    class Meta:
        model = Repayment
        fields = ("id", "amount", "method", "reference", "received_at", "payments")


def customer_with_phone(phone: str) -> Customer:
    """The customer with a phone. Raises ValidationError for one that cannot be, NotFound for one that is not known."""
    try:
        found = Customer.objects.filter(phone=normalise_phone(phone)).first()
    except (PhoneRefused, ValueError) as error:
        raise exceptions.ValidationError({"phone": [str(error)]}) from error
    if found is None:
        raise exceptions.NotFound
    return found


class StatementsView(ApiView):
    """A customer's account."""

    rights = {"GET": "orders.view_all"}
    filters = StatementFilter

    @extend_schema(responses=StatementOutput, operation_id="statements_retrieve")
    def get(self, request: Request) -> Response:
        given = self.filters_of(request)
        until = given["until"] or timezone.localdate()
        since = given["since"] or default_start(until)
        statement = statement_of(
            self.actor,
            customer_with_phone(given["phone"]),
            since=min(since, until),
            until=until,
            currency=given["currency"],
        )
        return Response(StatementOutput(statement).data)


class RepaymentsView(ApiView):
    """One sum for all that a customer owes."""

    rights = {"POST": "payments.record"}

    @extend_schema(request=RepaymentInput, responses={201: RepaymentOutput}, operation_id="repayments_create")
    def post(self, request: Request) -> Response:
        return self.once(request)

    def create(self, request: Request, **kwargs: Any) -> Response:
        asked = RepaymentInput(data=request.data)
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        slip = Slip(given["amount"], given["method"], given["reference"])
        repayment = record_repayment(
            actor=self.actor,
            customer=customer_with_phone(given["phone"]),
            slip=slip,
            currency=given["currency"],
        )
        payments = Repayment.objects.prefetch_related("payments__order").get(pk=repayment.pk)
        return Response(RepaymentOutput(payments).data, status=201)
