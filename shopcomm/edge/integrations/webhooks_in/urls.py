from django.urls import path

from shopcomm.edge.integrations.webhooks_in import views

app_name = "webhooks_in"
urlpatterns = [
    path("add/", views.add_source, name="add"),
    path("<int:connection_id>/secret/", views.show_secret, name="secret"),
    path("<int:connection_id>/secret/renew/", views.renew_secret, name="renew"),
]
