from django.urls import path

from shopcomm.edge.integrations.jushuitan import views

app_name = "jushuitan"
urlpatterns = [
    path("add/", views.new_jushuitan_account, name="add"),
    path("<int:connection_id>/credentials/", views.jushuitan_credentials, name="credentials"),
]
