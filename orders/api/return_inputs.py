"""What the calls take that open a case and decide it."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework import serializers

from orders.api.inputs import MAX_COUNT, LineOfOrder, Money, constant_text, read_by
from orders.errors import GuardFailed
from orders.models import AfterSalesCase, Order
from orders.selectors.items import MAX_LINES
from orders.selectors.products import written_skus
from orders.services.after_sales import CaseInput, CaseLine
from shopcomm.core.http.pages import PageQuery
from shopcomm.core.reading import MOST_ID


class CaseFilter(PageQuery):
    order = serializers.CharField(
        required=False, default="", max_length=32, allow_blank=True, help_text="its number"
    )
    state = serializers.ChoiceField(
        AfterSalesCase.State.choices, required=False, default="", allow_blank=True
    )
    kind = serializers.ChoiceField(AfterSalesCase.Kind.choices, required=False, default="", allow_blank=True)


class ClaimedLine(LineOfOrder):
    """How many of a line of the order; for an exchange, what is wanted instead."""

    quantity = serializers.IntegerField(min_value=1, max_value=MAX_COUNT)
    wanted_sku = serializers.CharField(
        max_length=64, required=False, help_text="another colour or size of the same product"
    )


class NewCase(serializers.Serializer):
    order = serializers.CharField(max_length=32, help_text="its number")
    kind = serializers.ChoiceField(AfterSalesCase.Kind.choices)
    reason = serializers.ChoiceField(AfterSalesCase.Reason.choices)
    lines = serializers.ListField(child=ClaimedLine(), min_length=1, max_length=MAX_LINES)
    note = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


def case_wanted(order: Order, given: dict[str, Any]) -> CaseInput:
    """A case as the service takes it. Raises GuardFailed for a line that the order does not have."""
    rows: list[dict[str, Any]] = given["lines"]
    named = [row[name] for row in rows for name in ("sku", "wanted_sku") if row.get(name)]
    written = written_skus(named)
    lines = list(order.lines.all())
    by_sku, ids = {line.sku: line.pk for line in reversed(lines)}, {line.pk for line in lines}
    claimed = []
    for row in rows:
        line_id = row["line"] if "line" in row else by_sku.get(written[row["sku"]], 0)
        if line_id not in ids:
            raise GuardFailed(("lines_unknown", _("订单里没有这一行")))
        wanted = row.get("wanted_sku", "")
        claimed.append(CaseLine(line_id, row["quantity"], written.get(wanted, "")))
    return CaseInput(kind=given["kind"], reason=given["reason"], lines=claimed, note=given["note"])


class PieceCount(serializers.Serializer):
    """Of a line of the case, by its own `id`."""

    id = serializers.IntegerField(min_value=1, max_value=MOST_ID)
    quantity = serializers.IntegerField(min_value=0, max_value=MAX_COUNT)


class FoundPieces(serializers.Serializer):
    """What came back of a line of the case, by its own `id`; what is missing is in neither."""

    id = serializers.IntegerField(min_value=1, max_value=MOST_ID)
    good = serializers.IntegerField(min_value=0, max_value=MAX_COUNT)
    damaged = serializers.IntegerField(min_value=0, max_value=MAX_COUNT, required=False, default=0)


def _answer(**more: Any) -> serializers.CharField:
    return serializers.CharField(max_length=300, help_text="the customer reads it", **more)


class Approval(serializers.Serializer):
    decision = constant_text("approve")
    amount = Money(required=False, help_text="to be refunded; worked out where it is missing")
    answer = _answer(required=False, allow_blank=True, default="")
    pieces = serializers.ListField(
        child=PieceCount(), required=False, max_length=MAX_LINES, help_text="agreed to in part"
    )
    return_to = serializers.CharField(
        max_length=400,
        required=False,
        allow_blank=True,
        default="",
        help_text="the shop's own place without it",
    )


class Refusing(serializers.Serializer):
    decision = constant_text("reject")
    reason = _answer()


class Withdrawal(serializers.Serializer):
    decision = constant_text("withdraw")


class ReturnParcel(serializers.Serializer):
    decision = constant_text("send")
    tracking_number = serializers.CharField(max_length=60)
    carrier = serializers.CharField(
        max_length=40, required=False, allow_blank=True, default="", help_text="guessed where it is missing"
    )


class Inspection(serializers.Serializer):
    decision = constant_text("inspect")
    lines = serializers.ListField(child=FoundPieces(), min_length=1, max_length=MAX_LINES)


class Conclusion(serializers.Serializer):
    decision = constant_text("conclude")
    amount = Money(required=False)
    answer = _answer(required=False, allow_blank=True, default="")


DECISIONS: dict[str, Any] = {
    "approve": Approval,
    "reject": Refusing,
    "withdraw": Withdrawal,
    "send": ReturnParcel,
    "inspect": Inspection,
    "conclude": Conclusion,
}
DECISION_INPUT = PolymorphicProxySerializer(
    component_name="DecisionInput", serializers=DECISIONS, resource_type_field_name="decision"
)


def decision_input(body: Any) -> dict[str, Any]:
    """A decision as it was asked for. Raises ValidationError by field."""
    return read_by("decision", DECISIONS, body)
