"""Returns, exchanges and refunds over HTTP: the cases of after-sales, opened and decided."""

from collections.abc import Callable
from typing import Any

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from orders.api.return_inputs import DECISION_INPUT, CaseFilter, NewCase, case_wanted, decision_input
from orders.errors import GuardFailed
from orders.models import AfterSalesCase, AfterSalesLine, Refund
from orders.selectors.after_sales import cases_visible_to, cases_with_lines
from orders.selectors.visibility import orders_visible_to
from orders.services.after_sales import (
    approve_case,
    open_case,
    record_return_parcel,
    reject_case,
    withdraw_case,
)
from orders.services.returns import conclude_case, inspect_return
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.http.api import ApiView
from shopcomm.core.http.pages import page_answer, page_of_rows


class CaseLineOutput(serializers.ModelSerializer):
    """A line of a case; `line` is that of the order, `asked` how many were asked for where only a part was agreed to."""

    line = serializers.IntegerField(source="line_id")
    sku = serializers.CharField(source="line.sku")
    wanted_sku = serializers.CharField(source="wanted.sku", default=None, allow_null=True)

    class Meta:
        model = AfterSalesLine
        fields = ("id", "line", "sku", "quantity", "asked", "wanted_sku", "good", "damaged")


class CaseRefundOutput(serializers.ModelSerializer):
    class Meta:
        model = Refund
        fields = ("id", "amount", "state")


class CaseOutput(serializers.ModelSerializer):
    order = serializers.CharField(source="order.number")
    currency = serializers.CharField(source="order.currency")
    replacement = serializers.CharField(
        source="replacement.number",
        default=None,
        allow_null=True,
        help_text="the order that brings other goods",
    )
    lines = CaseLineOutput(many=True)
    refunds = CaseRefundOutput(many=True)
    return_parcel = serializers.SerializerMethodField()

    class Meta:
        model = AfterSalesCase
        fields = (
            "id", "order", "kind", "state", "reason", "note", "amount", "currency", "answer", "answered_by", "appealed",
            "return_to", "return_by", "return_parcel", "replacement", "asked_by", "asked_at", "closed_at", "lines",
            "refunds",
        )  # fmt: skip

    @extend_schema_field(
        {
            "type": ["object", "null"],
            "properties": {"carrier": {"type": "string"}, "tracking_number": {"type": "string"}},
        }
    )
    def get_return_parcel(self, case: AfterSalesCase) -> dict[str, str] | None:
        if not case.tracking_number:
            return None
        return {"carrier": case.carrier, "tracking_number": case.tracking_number}


class ReturnsView(ApiView):
    """The cases, and opening one."""

    rights = {"GET": "orders.view_all", "POST": "after_sales.open"}
    filters = CaseFilter

    @extend_schema(responses=page_of_rows("ReturnList", CaseOutput), operation_id="returns_list")
    def get(self, request: Request) -> Response:
        given = self.filters_of(request)
        wanted = {"order__number": given["order"], "state": given["state"], "kind": given["kind"]}
        rows = cases_with_lines(cases_visible_to(self.actor))
        return page_answer(
            request, rows.filter(**{name: value for name, value in wanted.items() if value}), CaseOutput
        )

    @extend_schema(request=NewCase, responses={201: CaseOutput}, operation_id="returns_create")
    def post(self, request: Request) -> Response:
        return self.once(request)

    def create(self, request: Request, **kwargs: Any) -> Response:
        asked = NewCase(data=request.data)
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        order = get_object_or_404(orders_visible_to(self.actor), number=given["order"])
        case = open_case(actor=self.actor, order_id=order.pk, wanted=case_wanted(order, given))
        return Response(told_case(self.actor, case.pk), status=201)


class ReturnView(ApiView):
    """One case."""

    rights = {"GET": "orders.view_all"}

    @extend_schema(responses=CaseOutput, operation_id="returns_retrieve")
    def get(self, request: Request, pk: int) -> Response:
        return Response(told_case(self.actor, pk))


class DecisionsView(ApiView):
    """Agreeing to a case, refusing it, and every further step until it is over."""

    rights = {"POST": "after_sales.approve"}

    @extend_schema(request=DECISION_INPUT, responses=CaseOutput, operation_id="returns_decide")
    def post(self, request: Request, pk: int) -> Response:
        return self.once(request, pk=pk)

    def create(self, request: Request, **kwargs: Any) -> Response:
        pk: int = kwargs["pk"]
        get_object_or_404(cases_visible_to(self.actor), pk=pk)
        given = decision_input(request.data)
        DECIDE[given.pop("decision")](self.actor, pk, given)
        return Response(told_case(self.actor, pk))


def told_case(actor: Actor, pk: int) -> Any:
    """A case, freshly read. Raises Http404."""
    return CaseOutput(get_object_or_404(cases_with_lines(cases_visible_to(actor)), pk=pk)).data


def _check_lines(pk: int, rows: list[dict[str, Any]]) -> None:
    known = set(AfterSalesLine.objects.filter(case=pk).values_list("pk", flat=True))
    if not {row["id"] for row in rows} <= known:
        raise GuardFailed(("lines_unknown", _("售后单里没有这一行")))


def _approve(actor: Actor, pk: int, given: dict[str, Any]) -> AfterSalesCase:
    rows = given.pop("pieces", [])
    _check_lines(pk, rows)
    pieces = {row["id"]: row["quantity"] for row in rows}
    return approve_case(actor=actor, case_id=pk, pieces=pieces, **given)


def _inspect(actor: Actor, pk: int, given: dict[str, Any]) -> AfterSalesCase:
    _check_lines(pk, given["lines"])
    counted = {row["id"]: (row["good"], row["damaged"]) for row in given["lines"]}
    return inspect_return(actor=actor, case_id=pk, counted=counted)


DECIDE: dict[str, Callable[[Actor, int, dict[str, Any]], AfterSalesCase]] = {
    "approve": _approve,
    "reject": lambda actor, pk, given: reject_case(actor=actor, case_id=pk, **given),
    "withdraw": lambda actor, pk, given: withdraw_case(actor=actor, case_id=pk),
    "send": lambda actor, pk, given: record_return_parcel(actor=actor, case_id=pk, **given),
    "inspect": _inspect,
    "conclude": lambda actor, pk, given: conclude_case(actor=actor, case_id=pk, **given),
}
