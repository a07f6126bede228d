from django.urls import path

from shopcomm.edge.integrations.polling import views

app_name = "polling"
urlpatterns = [
    path("add/", views.add_polled_source, name="add"),
    path("<int:connection_id>/", views.change_polled_source, name="settings"),
    path("<int:connection_id>/secret/", views.show_source_secret, name="secret"),
    path("<int:connection_id>/replay/", views.read_again, name="replay"),
]
