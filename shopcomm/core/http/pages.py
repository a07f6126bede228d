"""Lists by cursor: the same cost at any depth, no row twice while new ones arrive."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import inline_serializer
from rest_framework import serializers
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response


class PageQuery(serializers.Serializer):
    """What every list takes."""

    cursor = serializers.CharField(
        required=False, default="", max_length=200, allow_blank=True, help_text="out of `next` or `previous`"
    )
    limit = serializers.IntegerField(required=False, default=50, min_value=1, help_text="500 at most")


class CursorPage(CursorPagination):
    """`next`, `previous`, `results`; `limit` up to 500. A limit that is no number is refused, not passed over."""

    ordering = "-id"
    page_size = 50
    page_size_query_param = "limit"
    max_page_size = 500

    def get_page_size(self, request: Request) -> int:
        asked = PageQuery(
            data={name: request.query_params.getlist(name)[-1] for name in request.query_params}
        )
        asked.is_valid(raise_exception=True)
        return min(asked.validated_data["limit"], self.max_page_size)


def page_answer(
    request: Request,
    rows: QuerySet[Any],
    output: type[serializers.Serializer],
    context: dict[str, Any] | None = None,
) -> Response:
    """A page of rows, the newest first."""
    pages = CursorPage()
    page: Any = pages.paginate_queryset(rows, request)
    return pages.get_paginated_response(output(page, many=True, context=context or {}).data)


def page_of_rows(name: str, output: type[serializers.Serializer]) -> serializers.Serializer:
    """How the description tells such a page."""
    fields: dict[str, Any] = {
        "next": serializers.CharField(allow_null=True),
        "previous": serializers.CharField(allow_null=True),
        "results": output(many=True),
    }
    return inline_serializer(name, fields)
