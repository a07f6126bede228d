"""Lists by cursor: the same cost at any depth, no row twice while new ones arrive."""

from rest_framework.pagination import CursorPagination


class CursorPage(CursorPagination):
    """`next`, `previous`, `results`; `limit` up to 500."""

    ordering = "-id"
    page_size = 50
    page_size_query_param = "limit"
    max_page_size = 500
