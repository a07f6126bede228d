from django.urls import path, re_path

from shopcomm.edge.integrations import views

app_name = "integrations"
urlpatterns = [
    path("", views.connections_page, name="connections"),
    path("<int:connection_id>/", views.connection_page, name="connection"),
    re_path(
        r"^(?P<connection_id>[0-9]{1,18})/(?P<action>pause|resume|statuses|secret|renew)/$",
        views.change_connection,
        name="change",
    ),
    path("records/<int:record_id>/", views.record_page, name="record"),
    re_path(
        r"^records/(?P<record_id>[0-9]{1,18})/(?P<action>retry|edit|dismiss)/$",
        views.settle_record,
        name="settle",
    ),
]
