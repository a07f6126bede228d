from django.urls import path

from shopcomm.edge.integrations.keys import views

app_name = "keys"

urlpatterns = [
    path("", views.key_list, name="list"),
    path("new/", views.new_key, name="new"),
    path("<int:pk>/", views.key_page, name="key"),
    path("<int:pk>/settings/", views.key_settings, name="settings"),
    path("<int:pk>/revoke/", views.revoke_key, name="revoke"),
]
