"""Products and their stock over HTTP."""

from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from orders.api.serializers import StockInput, StockOutput, VariantOutput
from orders.api.stock_rows import StockRowsInput, StockRowsOutput, told_rows
from orders.models import Variant
from orders.selectors.products import variants_with_tiers
from orders.services.stock import Count, count_stock, set_stock
from shopcomm.core.http.api import ApiList, ApiView
from shopcomm.core.http.pages import CursorPage


class VariantPage(CursorPage):
    ordering = "sku"


@extend_schema_view(get=extend_schema(operation_id="products_list"))
class ProductsView(ApiList):
    """One row a variant."""

    rights = {"GET": "products.list"}
    serializer_class = VariantOutput
    pagination_class = VariantPage
    queryset = variants_with_tiers(active_only=False)


class StockView(ApiView):
    """Counting a variant's stock, or adding and taking."""

    rights = {"PATCH": "stock.adjust"}

    @extend_schema(request=StockInput, responses=StockOutput)
    def patch(self, request: Request, sku: str) -> Response:
        asked = StockInput(data=request.data)
        asked.is_valid(raise_exception=True)
        try:
            variant = set_stock(actor=self.actor, sku=sku, **asked.validated_data)
        except Variant.DoesNotExist as error:
            raise Http404 from error
        return Response(StockOutput(variant).data)


class ManyStocksView(ApiView):
    """The same for up to a thousand variants in one call, each for itself."""

    rights = {"PATCH": "stock.adjust", "POST": "stock.adjust"}

    @extend_schema(request=StockRowsInput, responses=StockRowsOutput, operation_id="products_stock_update")
    def patch(self, request: Request) -> Response:
        return self.once(request)

    @extend_schema(request=StockRowsInput, responses=StockRowsOutput, operation_id="products_stock_create")
    def post(self, request: Request) -> Response:
        return self.once(request)

    def create(self, request: Request, **kwargs: Any) -> Response:
        asked = StockRowsInput(data=request.data)
        asked.is_valid(raise_exception=True)
        counts = [Count(**row) for row in asked.validated_data["rows"]]
        return Response(told_rows(counts, count_stock(actor=self.actor, counts=counts)))
