from django.urls import path

from orders.views import after_sales, change_requests, scanning, warehouse

app_name = "warehouse"

urlpatterns = [
    path("", warehouse.board_page, name="board"),
    path("returns/", after_sales.returns_page, name="returns"),
    path("returns/<int:case_id>/", after_sales.count_return, name="inspect"),
    path("scan/", scanning.follow_scan, name="scan"),
    path("orders/<str:number>/parcel/", warehouse.print_parcel_slip, name="parcel-slip"),
    path("orders/<str:number>/<slug:action>/", warehouse.order_action, name="act"),
    path("orders/<str:number>/", warehouse.print_pick_list, name="slip"),
    path("lines/<int:line_id>/", warehouse.set_line_picked, name="tick"),
    path("lines/<int:line_id>/missing/", warehouse.report_missing_pieces, name="missing"),
    path("missing/<int:report_id>/found/", warehouse.report_found_pieces, name="found"),
    path(
        "changes/<int:request_id>/<slug:answer>/", change_requests.answer_in_warehouse, name="answer-change"
    ),
    path("alerts/<int:alert_id>/", warehouse.acknowledge_change, name="acknowledge"),
]
