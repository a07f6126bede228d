from django.urls import path

from shopcomm.edge.integrations import views

app_name = "integrations"
urlpatterns = [
    path("", views.connections_page, name="connections"),
    path("<int:connection_id>/", views.connection_page, name="connection"),
    path("<int:connection_id>/state/", views.switch_connection, name="state"),
    path("<int:connection_id>/statuses/", views.change_statuses, name="statuses"),
    path("records/<int:record_id>/", views.record_page, name="record"),
    path("records/<int:record_id>/retry/", views.try_record_again, name="retry"),
    path("records/<int:record_id>/edit/", views.mend_record, name="edit"),
    path("records/<int:record_id>/dismiss/", views.leave_record, name="dismiss"),
]
