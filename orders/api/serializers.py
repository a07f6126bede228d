"""What the orders API takes and gives."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from orders.api.inputs import MAX_COUNT, Money, PhoneField, ShippedLine, StatusField
from orders.models import Order, OrderLine, Shipment, Status, Variant
from orders.selectors.items import MAX_LINES
from orders.selectors.open_sums import ENDED, open_sum_of
from shopcomm.core.accounts.models.customers import Source
from shopcomm.core.text import HOME_CURRENCY


class CustomerInput(serializers.Serializer):
    name = serializers.CharField(max_length=120)
    phone = PhoneField()
    company = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")


class ItemInput(serializers.Serializer):
    sku = serializers.CharField(max_length=64)
    quantity = serializers.IntegerField(min_value=1, max_value=MAX_COUNT)
    unit_price = Money(required=False, allow_null=True)


class AddressInput(serializers.Serializer):
    name = serializers.CharField(max_length=120)
    phone = PhoneField()
    province = serializers.CharField(max_length=60)
    city = serializers.CharField(max_length=60)
    district = serializers.CharField(max_length=60, required=False, allow_blank=True, default="")
    street = serializers.CharField(max_length=300)


class OrderInput(serializers.Serializer):
    customer = CustomerInput()
    source = serializers.ChoiceField(Source.choices, default=Source.API)  # type: ignore[assignment]
    items = serializers.ListField(child=ItemInput(), min_length=1, max_length=MAX_LINES)
    address = AddressInput()
    urgent = serializers.BooleanField(default=False)
    note = serializers.CharField(max_length=5000, required=False, allow_blank=True, default="")
    deliver_on = serializers.DateField(
        required=False, allow_null=True, default=None, help_text="not wanted before this day"
    )
    external_id = serializers.CharField(max_length=64, required=False, allow_null=True, default=None)
    on_account = serializers.BooleanField(
        default=False, help_text="goods before money, within the customer's credit limit"
    )


ANY_STATUS = "|".join(Status.values)


@extend_schema_field({"type": "string", "pattern": rf"^(({ANY_STATUS})(,({ANY_STATUS})){{0,8}})?$"})
class StatusList(serializers.CharField):
    """Statuses with commas between them."""


class OrderFilter(serializers.Serializer):
    status = StatusList(
        required=False,
        default="",
        allow_blank=True,
        max_length=200,
        help_text="one status, or several with commas",
    )
    q = serializers.CharField(required=False, default="", max_length=200, allow_blank=True)
    source = serializers.ChoiceField(  # type: ignore[assignment]
        Source.choices, required=False, default="", allow_blank=True
    )
    urgent = serializers.BooleanField(required=False, allow_null=True, default=None)
    created_after = serializers.DateTimeField(required=False, default=None)
    created_before = serializers.DateTimeField(required=False, default=None)
    cursor = serializers.CharField(required=False, default="", max_length=200, allow_blank=True)
    limit = serializers.IntegerField(required=False, default=50, min_value=1)

    def validate_status(self, value: str) -> tuple[str, ...]:
        wanted = tuple(part for part in value.split(",") if part)
        if unknown := set(wanted) - set(Status.values):
            raise serializers.ValidationError(f"unknown status: {', '.join(sorted(unknown))}")
        return wanted

    def validate_limit(self, value: int) -> int:
        return min(value, 500)


class TransitionInput(serializers.Serializer):
    to = StatusField(max_length=30)
    version = serializers.IntegerField(required=False, min_value=0, max_value=2**31 - 1)
    amount = Money(required=False)
    method = serializers.CharField(max_length=12, required=False)
    reference = serializers.CharField(max_length=80, required=False, allow_blank=True)
    carrier = serializers.CharField(max_length=40, required=False, allow_blank=True)
    tracking_number = serializers.CharField(max_length=60, required=False, allow_blank=True)
    lines = serializers.ListField(child=ShippedLine(), required=False, max_length=MAX_LINES)
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True)
    restock = serializers.BooleanField(required=False)
    keep_deposit = serializers.BooleanField(
        required=False, help_text="of a cancelled order that was paid in part; needs a reason"
    )


class ChangeOutput(serializers.Serializer):
    id = serializers.CharField()
    status = serializers.ChoiceField(["applied", "pending", "rejected"])
    reason = serializers.CharField(allow_blank=True)


class LineOutput(serializers.ModelSerializer):
    class Meta:
        model = OrderLine
        fields = ("id", "sku", "name", "spec", "quantity", "unit_price", "shipped_quantity")


class ShipmentOutput(serializers.ModelSerializer):
    class Meta:
        model = Shipment
        fields = ("carrier", "tracking_number", "state", "shipped_at", "signed_at")


class OrderOutput(serializers.ModelSerializer):
    """Needs `customer_urls` in its context: addresses by order id, empty for a key that may not have them."""

    items = LineOutput(source="lines", many=True)
    shipments = ShipmentOutput(many=True)
    address = serializers.SerializerMethodField()
    customer = serializers.SerializerMethodField()
    conversation = serializers.SerializerMethodField()
    customer_url = serializers.SerializerMethodField()
    balance = serializers.SerializerMethodField()

    class Meta:
        model = Order
        fields = (
            "number", "external_id", "status", "version", "source", "total", "paid_amount", "balance", "on_account", "due_on", "currency",
            "items",
            "shipments", "address", "customer", "urgent", "note", "deliver_on", "conversation", "customer_url", "placed_at",
        )  # fmt: skip

    def get_address(self, order: Order) -> dict[str, str]:
        return {
            "name": order.receiver_name,
            "phone": order.receiver_phone,
            "province": order.province,
            "city": order.city,
            "district": order.district,
            "street": order.street,
        }

    def get_customer(self, order: Order) -> dict[str, str]:
        return {"name": order.customer.name, "phone": order.customer.phone}

    @extend_schema_field(
        serializers.DecimalField(12, 2, help_text="still to be paid; below zero, to be returned")
    )
    def get_balance(self, order: Order) -> str:
        """Of an order that has ended nothing is to be paid any more, only returned."""
        return f"{-open_sum_of(order).to_return if order.status in ENDED else order.balance:.2f}"

    def get_conversation(self, order: Order) -> int | None:
        conversation: Any = getattr(order, "conversation", None)
        return conversation.pk if conversation else None

    def get_customer_url(self, order: Order) -> str | None:
        return self.context["customer_urls"].get(order.pk)


class OrderList(serializers.Serializer):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = OrderOutput(many=True)


class VariantOutput(serializers.ModelSerializer):
    name = serializers.CharField(source="product.name")
    available = serializers.IntegerField()
    currency = serializers.SerializerMethodField()

    class Meta:
        model = Variant
        fields = (
            "sku", "name", "color", "size", "price", "currency", "on_hand", "reserved", "available", "threshold",
        )  # fmt: skip

    def get_currency(self, variant: Variant) -> str:
        return HOME_CURRENCY


class BrokenPromiseOutput(serializers.Serializer):
    """An order whose pieces a count did not find; who bought is for keys that read orders."""

    order = serializers.CharField(source="order.number")
    status = serializers.CharField(source="order.status")
    missing = serializers.IntegerField(source="pieces")


class StockOutput(VariantOutput):
    """A variant as it was counted, and whose promises that count could not keep."""

    shortages = BrokenPromiseOutput(source="broken_promises", many=True, read_only=True)  # type: ignore[call-arg]

    class Meta(VariantOutput.Meta):
        fields = (*VariantOutput.Meta.fields, "shortages")  # type: ignore[assignment]


class StockInput(serializers.Serializer):
    on_hand = serializers.IntegerField(required=False, min_value=0, max_value=MAX_COUNT * 1000)
    delta = serializers.IntegerField(required=False, min_value=-MAX_COUNT * 1000, max_value=MAX_COUNT * 1000)
    reason = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        if ("on_hand" in given) == ("delta" in given):
            raise serializers.ValidationError("give either on_hand or delta")
        return given
