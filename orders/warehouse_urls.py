from django.urls import path

from orders.views import warehouse

app_name = "warehouse"

urlpatterns = [
    path("", warehouse.board, name="board"),
    path("scan/", warehouse.scan, name="scan"),
    path("orders/<str:number>/<slug:action>/", warehouse.act, name="act"),
    path("orders/<str:number>/", warehouse.slip, name="slip"),
    path("lines/<int:line_id>/", warehouse.tick, name="tick"),
    path("alerts/<int:alert_id>/", warehouse.acknowledge, name="acknowledge"),
]
