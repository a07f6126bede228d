from django.urls import path

from shopcomm.edge.integrations.commands import views

app_name = "commands"
urlpatterns = [
    path("<int:connection_id>/keeping/", views.save_keeping, name="keeping"),
]
