"""The parts of a call's body that are lists and choices of their own, and how the description tells them."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema_field
from rest_framework import serializers

from orders.models.statuses import Status
from orders.selectors.items import MAX_LINES
from shopcomm.core.phones import LONGEST as LONGEST_PHONE

MAX_COUNT = 1_000_000


@extend_schema_field(
    {
        "oneOf": [
            {"type": "string", "pattern": r"^[0-9]{1,10}(\.[0-9]{1,2})?$"},
            {"type": "number", "minimum": 0, "maximum": 9999999999, "multipleOf": 0.01},
        ],
        "description": "Money as a decimal string; a JSON number is taken, too.",
        "example": "139.00",
    }
)
class Money(serializers.DecimalField):
    """An amount of at most two decimals, not below 0."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(12, 2, min_value=0, **kwargs)

    def validate_empty_values(self, data: Any) -> tuple[bool, Any]:
        """An empty text is no amount, and is not taken for none given."""
        if isinstance(data, str) and not data.strip():
            self.fail("invalid")
        found: tuple[bool, Any] = super().validate_empty_values(data)
        return found


@extend_schema_field(
    {
        "oneOf": [
            {"type": "string", "pattern": r"^-?[0-9]{1,10}(\.[0-9]{1,2})?$"},
            {"type": "number", "minimum": -9999999999, "maximum": 9999999999, "multipleOf": 0.01},
        ],
        "description": "Money as a decimal string; a JSON number is taken, too.",
    }
)
class SignedMoney(serializers.DecimalField):
    """An amount of at most two decimals; whether it may be below 0 is the service's business."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(12, 2, **kwargs)


@extend_schema_field(
    {
        "type": "string",
        "format": "phone",
        "minLength": 1,
        "maxLength": LONGEST_PHONE,
        "description": "As people write it; kept with its country code.",
    }
)
class PhoneField(serializers.CharField):
    """A phone number; what is none is refused by whoever keeps it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": LONGEST_PHONE} | kwargs)


@extend_schema_field({"type": "string", "enum": [str(status) for status in Status]})
class StatusField(serializers.CharField):
    """A status; one that is none is refused by the table of moves, which tells what is allowed."""


class LineOfOrder(serializers.Serializer):
    """Names a line of the order: by its `id` as the order's `items` have it, or by its SKU."""

    id = serializers.IntegerField(
        min_value=1, max_value=2**62, required=False, help_text="`items[].id` of the order"
    )
    line = serializers.IntegerField(
        min_value=1, max_value=2**62, required=False, help_text="the same as `id`"
    )
    sku = serializers.CharField(max_length=64, required=False, help_text="in capitals or not")

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        """One of the three; `id` becomes `line`."""
        if "id" in given:
            if given.setdefault("line", given["id"]) != given["id"]:
                raise serializers.ValidationError("id and line name different lines")
            del given["id"]
        if not given.keys() & {"line", "sku"}:
            raise serializers.ValidationError("name the line: id or sku")
        return given


class ShippedLine(LineOfOrder):
    """How much of a line goes into the parcel; without a quantity all that is open."""

    quantity = serializers.IntegerField(min_value=1, max_value=MAX_COUNT, required=False)


class ChangedLine(LineOfOrder):
    """A line as it is to be."""

    quantity = serializers.IntegerField(min_value=0, max_value=MAX_COUNT, help_text="0 takes the line off")
    unit_price = Money(required=False, allow_null=True)


class AddressFields(serializers.Serializer):
    """The changed fields of an address; missing fields stay."""

    name = serializers.CharField(max_length=120, required=False)
    phone = PhoneField(max_length=64, required=False)
    province = serializers.CharField(max_length=60, required=False, allow_blank=True)
    city = serializers.CharField(max_length=60, required=False, allow_blank=True)
    district = serializers.CharField(max_length=60, required=False, allow_blank=True)
    street = serializers.CharField(max_length=300, required=False)


class AddressData(AddressFields):
    address = AddressFields(required=False, help_text="the same, one level deeper")


class ItemsData(serializers.Serializer):
    """The whole order as wanted: lines that are not listed are removed."""

    items = serializers.ListField(child=ChangedLine(), min_length=1, max_length=MAX_LINES)


class UrgentData(serializers.Serializer):
    urgent = serializers.BooleanField(required=False)


class NoteData(serializers.Serializer):
    note = serializers.CharField(max_length=5000, allow_blank=True)


class DeliveryDateData(serializers.Serializer):
    deliver_on = serializers.CharField(
        max_length=10, allow_blank=True, allow_null=True, help_text="a date; empty for as soon as can be"
    )


class CancelData(serializers.Serializer):
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True)


class Change(serializers.Serializer):
    """What all changes have in common."""

    wish_of = serializers.ChoiceField(
        ["customer", "shop"],
        default="customer",
        help_text="shop: of a paid order, goods and address wait for the customer's consent",
    )


def constant_text(name: str) -> serializers.CharField:
    """The field that says of which kind a body is, where it can be of this one only."""

    @extend_schema_field({"type": "string", "const": name})
    class Kind(serializers.CharField):
        pass

    return Kind()


def read_by(field: str, forms: Mapping[str, Any], body: Any) -> dict[str, Any]:
    """A body that says by one field which of the forms it is, as that form reads it. Raises ValidationError by field."""
    name = body.get(field) if isinstance(body, dict) else None
    form = forms.get(name) if isinstance(name, str) else None
    if form is None:
        raise serializers.ValidationError({field: [f"one of: {', '.join(forms)}"]})
    read = form(data=body)
    read.is_valid(raise_exception=True)
    given: dict[str, Any] = read.validated_data
    return given


class AddressChange(Change):
    kind = constant_text("address")
    data = AddressData()  # type: ignore[assignment]


class ItemsChange(Change):
    kind = constant_text("items")
    data = ItemsData()  # type: ignore[assignment]


class UrgentChange(Change):
    kind = constant_text("urgent")
    data = UrgentData(required=False, default=dict)  # type: ignore[assignment]


class NoteChange(Change):
    kind = constant_text("note")
    data = NoteData()  # type: ignore[assignment]


class DeliveryDateChange(Change):
    kind = constant_text("delivery_date")
    data = DeliveryDateData()  # type: ignore[assignment]


class CancelChange(Change):
    kind = constant_text("cancel")
    data = CancelData(required=False, default=dict)  # type: ignore[assignment]


CHANGES: dict[str, Any] = {
    "address": AddressChange,
    "items": ItemsChange,
    "urgent": UrgentChange,
    "note": NoteChange,
    "delivery_date": DeliveryDateChange,
    "cancel": CancelChange,
}
# How the description tells them: one of these, by `kind`.
CHANGE_INPUT = PolymorphicProxySerializer(
    component_name="ChangeInput", serializers=CHANGES, resource_type_field_name="kind"
)


def change_input(body: Any) -> dict[str, Any]:
    """A change as it was asked for: `kind`, `data`, `wish_of`. Raises ValidationError by field."""
    given = read_by("kind", CHANGES, body)
    return given | {"data": dict(given["data"])}
