"""What the call takes and gives that counts many variants at once."""

from collections.abc import Sequence
from typing import Any

from rest_framework import serializers

from orders.api.serializers import BrokenPromiseOutput, StockInput
from orders.services.stock import Count, Counted

MOST_ROWS = 1000
OK, NOT_FOUND, REFUSED = 200, 404, 422


class StockRowInput(StockInput):
    """One row: the SKU, in capitals or not, and its count or what came and went."""

    sku = serializers.CharField(max_length=64)


class StockRowsInput(serializers.Serializer):
    rows = serializers.ListField(child=StockRowInput(), min_length=1, max_length=MOST_ROWS)


class StockRowOutput(serializers.Serializer):
    """What became of one row: `status` is 200, 404 for goods that are not known, 422 for what is refused."""

    sku = serializers.CharField()
    status = serializers.ChoiceField([OK, NOT_FOUND, REFUSED])
    code = serializers.CharField(required=False, help_text="why not, for programs")
    detail = serializers.CharField(required=False, help_text="why not, for people")
    on_hand = serializers.IntegerField(required=False)
    reserved = serializers.IntegerField(required=False)
    available = serializers.IntegerField(required=False)
    shortages = BrokenPromiseOutput(many=True, required=False)


class StockRowsOutput(serializers.Serializer):
    applied = serializers.IntegerField(help_text="how many rows were taken")
    refused = serializers.IntegerField()
    results = StockRowOutput(many=True, help_text="in the order of the rows")


def told_rows(counts: Sequence[Count], counted: Sequence[Counted]) -> dict[str, Any]:
    """The answer: what became of each row."""
    results = [_told_row(count, each) for count, each in zip(counts, counted, strict=True)]
    applied = sum(row["status"] == OK for row in results)
    return {"applied": applied, "refused": len(results) - applied, "results": results}


def _told_row(count: Count, counted: Counted) -> dict[str, Any]:
    variant = counted.variant
    told: dict[str, Any] = {"sku": variant.sku if variant else count.sku, "status": OK}
    if counted.refused:
        code, detail = counted.refused
        told |= {"status": REFUSED if variant else NOT_FOUND, "code": code, "detail": detail}
    if variant:
        told |= {
            "on_hand": variant.on_hand,
            "reserved": variant.reserved,
            "available": variant.available,
            "shortages": []
            if counted.refused
            else BrokenPromiseOutput(variant.broken_promises, many=True).data,
        }
    return told
