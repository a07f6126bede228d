"""Products and their stock over HTTP."""

from django.http import Http404
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from orders.api.serializers import StockInput, StockOutput, VariantOutput
from orders.models import Variant
from orders.selectors.products import variants_with_tiers
from orders.services.stock import set_stock
from shopcomm.core.http.api import ApiView
from shopcomm.core.http.pages import CursorPage


class VariantPage(CursorPage):
    ordering = "sku"


@extend_schema_view(get=extend_schema(operation_id="products_list"))
class ProductsView(ListAPIView):
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
