from django.urls import path

from shopcomm.edge.integrations.webhooks_out import views

app_name = "webhooks_out"

urlpatterns = [
    path("", views.endpoint_list, name="endpoints"),
    path("new/", views.new_endpoint, name="new"),
    path("<int:pk>/", views.endpoint_page, name="endpoint"),
    path("<int:pk>/settings/", views.endpoint_settings, name="settings"),
    path("<int:pk>/secret/", views.new_secret_of, name="rotate"),
    path("<int:pk>/pause/", views.change_state, {"to": "pause"}, name="pause"),
    path("<int:pk>/resume/", views.change_state, {"to": "resume"}, name="resume"),
    path("<int:pk>/delete/", views.remove_endpoint, name="delete"),
    path("<int:pk>/test/", views.try_endpoint, name="test"),
    path("<int:pk>/again/", views.send_chosen, name="again"),
    path("<int:pk>/missed/", views.send_missed, name="missed"),
    path("deliveries/<int:pk>/", views.delivery_page, name="delivery"),
    path("deliveries/<int:pk>/again/", views.send_delivery_again, name="delivery-again"),
]
