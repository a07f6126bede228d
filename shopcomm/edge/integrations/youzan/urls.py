from django.urls import path

from shopcomm.edge.integrations.youzan import views

app_name = "youzan"
urlpatterns = [
    path("add/", views.new_youzan_shop, name="add"),
    path("<int:connection_id>/credentials/", views.youzan_credentials, name="credentials"),
]
