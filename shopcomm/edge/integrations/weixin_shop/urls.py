from django.urls import path

from shopcomm.edge.integrations.weixin_shop import views

app_name = "weixin_shop"
urlpatterns = [
    path("add/", views.new_weixin_shop, name="add"),
    path("<int:connection_id>/credentials/", views.weixin_credentials, name="credentials"),
    path("<int:connection_id>/try/", views.try_connection, name="try"),
    path("calls/<int:call_id>/retry/", views.tell_weixin_again, name="retry"),
]
