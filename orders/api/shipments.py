"""Parcels over HTTP: which there are, what is in them, and where couriers saw them."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from orders.models import Shipment, ShipmentLine, TrackingNode
from orders.reading.couriers import courier_name
from orders.selectors.parcels import parcels_visible_to, parcels_with_lines
from shopcomm.core.http.api import ApiView
from shopcomm.core.http.pages import PageQuery, page_answer, page_of_rows


class ShipmentFilter(PageQuery):
    order = serializers.CharField(
        required=False, default="", max_length=32, allow_blank=True, help_text="its number"
    )
    state = serializers.ChoiceField(Shipment.State.choices, required=False, default="", allow_blank=True)
    tracking_number = serializers.CharField(required=False, default="", max_length=60, allow_blank=True)
    shipped_after = serializers.DateTimeField(required=False, default=None)
    shipped_before = serializers.DateTimeField(required=False, default=None)


class ParcelLineOutput(serializers.ModelSerializer):
    line = serializers.IntegerField(source="line_id", help_text="`items[].id` of the order")
    sku = serializers.CharField(source="line.sku")

    class Meta:
        model = ShipmentLine
        fields = ("line", "sku", "quantity")


class ScanOutput(serializers.ModelSerializer):
    class Meta:
        model = TrackingNode
        fields = ("scanned_at", "state", "text")


class ParcelOutput(serializers.ModelSerializer):
    """A parcel; `tracking` is what couriers said of it, the newest first."""

    order = serializers.CharField(source="order.number")
    carrier_name = serializers.SerializerMethodField()
    lines = ParcelLineOutput(many=True)
    tracking = ScanOutput(source="nodes", many=True)

    class Meta:
        model = Shipment
        fields = (
            "id", "order", "carrier", "carrier_name", "tracking_number", "state", "shipped_at", "signed_at", "lines",
            "tracking",
        )  # fmt: skip

    def get_carrier_name(self, parcel: Shipment) -> str:
        return str(courier_name(parcel.carrier))


class ShipmentsView(ApiView):
    """Parcels, the newest first. A parcel is made by shipping an order."""

    rights = {"GET": "orders.view_all"}
    filters = ShipmentFilter

    @extend_schema(
        responses=page_of_rows("ShipmentList", ParcelOutput),
        operation_id="shipments_list",
    )
    def get(self, request: Request) -> Response:
        given = self.filters_of(request)
        wanted = {
            "order__number": given["order"],
            "state": given["state"],
            "tracking_number": given["tracking_number"].upper(),
            "shipped_at__gte": given["shipped_after"],
            "shipped_at__lt": given["shipped_before"],
        }
        rows = parcels_with_lines(parcels_visible_to(self.actor)).filter(
            **{name: value for name, value in wanted.items() if value}
        )
        return page_answer(request, rows, ParcelOutput)


class ShipmentView(ApiView):
    """One parcel."""

    rights = {"GET": "orders.view_all"}

    @extend_schema(responses=ParcelOutput, operation_id="shipments_retrieve")
    def get(self, request: Request, pk: int) -> Response:
        rows = parcels_with_lines(parcels_visible_to(self.actor))
        return Response(ParcelOutput(get_object_or_404(rows, pk=pk)).data)
