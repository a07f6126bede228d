from django.urls import path

from orders.views import after_sales, change_requests, scanning, warehouse

app_name = "warehouse"

urlpatterns = [
    path("", warehouse.board, name="board"),
    path("returns/", after_sales.returns, name="returns"),
    path("returns/<int:case_id>/", after_sales.inspect, name="inspect"),
    path("scan/", scanning.scan, name="scan"),
    path("orders/<str:number>/parcel/", warehouse.parcel_slip, name="parcel-slip"),
    path("orders/<str:number>/<slug:action>/", warehouse.act, name="act"),
    path("orders/<str:number>/", warehouse.slip, name="slip"),
    path("lines/<int:line_id>/", warehouse.tick, name="tick"),
    path("lines/<int:line_id>/missing/", warehouse.report, name="missing"),
    path("missing/<int:report_id>/found/", warehouse.found, name="found"),
    path(
        "changes/<int:request_id>/<slug:answer>/", change_requests.answer_in_warehouse, name="answer-change"
    ),
    path("alerts/<int:alert_id>/", warehouse.acknowledge, name="acknowledge"),
]
