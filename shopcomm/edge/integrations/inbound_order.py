"""What another system says of an order, read into one form, whichever way it came."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from orders.api.inputs import MAX_COUNT, Money
from orders.api.serializers import AddressInput, CustomerInput, ItemInput
from orders.models import Status
from orders.selectors.items import MAX_LINES
from shopcomm.core.accounts.models.customers import Source

MOST_PARCELS = 50
# The parts of an order that are compared with what was said before, in the order in which they are applied: where it
# goes and what it is first, so that no status moves a parcel to an address that is out of date.
PARTS = ("note", "urgent", "address", "items", "status")


class NotReadable(Exception):
    """It cannot be taken as it is: `code` for programs, the text for the person who mends it."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


class ParcelLineInput(serializers.Serializer):
    sku = serializers.CharField(max_length=64)
    quantity = serializers.IntegerField(min_value=1, max_value=MAX_COUNT)


class ParcelInput(serializers.Serializer):
    carrier = serializers.CharField(max_length=40, allow_blank=True, default="")
    tracking_number = serializers.CharField(max_length=60, allow_blank=True, default="")
    lines = serializers.ListField(child=ParcelLineInput(), required=False, max_length=MAX_LINES)


class PaymentInput(serializers.Serializer):
    amount = Money(required=False)
    method = serializers.CharField(max_length=12, required=False)
    reference = serializers.CharField(max_length=80, required=False, allow_blank=True)


class InboundOrderInput(serializers.Serializer):
    """Any field of an order may be missing, and is left alone then; a new order needs customer, items and address."""

    external_id = serializers.CharField(max_length=64)
    occurred_at = serializers.DateTimeField(help_text="when it became so in the other system")
    version = serializers.IntegerField(
        required=False, allow_null=True, min_value=0, max_value=2**62, help_text="higher is newer"
    )
    status = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=60,
        help_text="one of ours, or one that the connection maps",
    )
    source = serializers.ChoiceField(Source.choices, default=Source.API)  # type: ignore[assignment]
    customer = CustomerInput(required=False)
    items = serializers.ListField(child=ItemInput(), required=False, min_length=1, max_length=MAX_LINES)
    address = AddressInput(required=False)
    urgent = serializers.BooleanField(required=False)
    note = serializers.CharField(max_length=5000, required=False, allow_blank=True)
    discount = Money(required=False)
    shipping_fee = Money(required=False)
    payment = PaymentInput(required=False)
    shipments = serializers.ListField(child=ParcelInput(), required=False, max_length=MOST_PARCELS)
    reason = serializers.CharField(
        max_length=300, required=False, allow_blank=True, help_text="of a cancellation or a refund"
    )


@dataclass(frozen=True)
class InboundOrder:
    """An order as another system has it at `occurred_at` (aware). What is None was not said."""

    external_id: str
    occurred_at: datetime
    version: int | None = None
    status: str | None = None
    source: str = Source.API
    customer: dict[str, str] | None = None
    items: list[dict[str, Any]] | None = None
    address: dict[str, str] | None = None
    urgent: bool | None = None
    note: str | None = None
    sums: dict[str, Any] = field(default_factory=dict)
    payment: dict[str, Any] = field(default_factory=dict)
    parcels: tuple[dict[str, Any], ...] = ()
    reason: str = ""

    def said_of(self, part: str) -> Any:
        """What was said of one of PARTS, as plain JSON; None for nothing."""
        if part == "items" and self.items is not None:
            return sorted([each["sku"], each["quantity"]] for each in self.items)
        return getattr(self, part)


def read_inbound_order(
    body: Mapping[str, Any], received_at: datetime, statuses: Mapping[str, str]
) -> InboundOrder:
    """Read what came: the order itself, or an envelope `{"type", "timestamp", "data"}` around it.

    `received_at` (aware) stands in where nothing says when it happened. `statuses` maps the other system's names to ours. Raises NotReadable.
    """
    given = _unpacked(body, received_at)
    form = InboundOrderInput(data=given)
    if not form.is_valid():
        raise NotReadable("unreadable", error_text(form.errors))
    read = dict(form.validated_data)
    sums = {name: read[name] for name in ("discount", "shipping_fee") if name in read}
    return InboundOrder(
        external_id=read["external_id"],
        occurred_at=read["occurred_at"],
        version=read.get("version"),
        status=_status(read.get("status"), statuses),
        source=read["source"],
        customer=_plain(read.get("customer")),
        items=[dict(each) for each in read["items"]] if "items" in read else None,
        address=_plain(read.get("address")),
        urgent=read.get("urgent"),
        note=read.get("note"),
        sums=sums,
        payment=dict(read.get("payment") or {}),
        parcels=tuple(dict(each) for each in read.get("shipments", ())),
        reason=read.get("reason", ""),
    )


def external_id_in(body: Mapping[str, Any]) -> str:
    """The order that something is about, as text however long its number is; empty where none is named."""
    found = _order_in(body).get("external_id")
    is_named = isinstance(found, str | int | float) and not isinstance(found, bool)
    return str(found).strip()[:64] if is_named else ""


def _order_in(body: Mapping[str, Any]) -> dict[str, Any]:
    inside = body.get("data")
    return dict(inside if isinstance(inside, dict) and "type" in body else body)


def _unpacked(body: Mapping[str, Any], received_at: datetime) -> dict[str, Any]:
    given = _order_in(body)
    if given.get("occurred_at") in (None, ""):
        given["occurred_at"] = body.get("timestamp") or received_at
    return given


def _plain(given: Any) -> dict[str, str] | None:
    return dict(given) if given is not None else None


def _status(given: str | None, statuses: Mapping[str, str]) -> str | None:
    """Our status for the other system's. Raises NotReadable for one that nobody has mapped."""
    if not given:
        return None
    status = statuses.get(given, given)
    if status not in Status.values:
        raise NotReadable(
            "status_unknown", _("不认识的状态“%(status)s”，请在对接页面写明它对应什么") % {"status": given}
        )
    return status


def error_text(errors: Any, path: str = "") -> str:
    """Every error of a form, by its field."""
    if isinstance(errors, dict):
        found = [error_text(each, f"{path}.{name}".strip(".")) for name, each in errors.items()]
    elif errors and isinstance(errors[0], dict):
        found = [error_text(each, f"{path}[{place}]") for place, each in enumerate(errors) if each]
    else:
        return f"{path}: {' '.join(map(str, errors))}"
    return "; ".join(found)
