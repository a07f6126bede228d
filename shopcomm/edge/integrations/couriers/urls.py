from django.urls import path

from shopcomm.edge.integrations.couriers import views

app_name = "couriers"

urlpatterns = [
    path("", views.account_list, name="accounts"),
    path("new/<slug:adapter>/", views.new_account, name="new"),
    path("<int:pk>/", views.account_page, name="account"),
    path("<int:pk>/settings/", views.account_settings, name="settings"),
    path("<int:pk>/secret/", views.show_account_secret, name="secret"),
    path("<int:pk>/secret/renew/", views.new_secret, name="renew"),
    path("<int:pk>/state/", views.switch_account, name="state"),
    path("<int:pk>/follow/", views.take_over, name="follow"),
    path("<int:pk>/ask/", views.ask_about, name="ask"),
    path("<int:pk>/read/", views.read_push, name="read"),
    path("pushes/<int:pk>/", views.push_page, name="push"),
    path("pushes/<int:pk>/retry/", views.settle_push, {"how": "retry"}, name="retry"),
    path("pushes/<int:pk>/dismiss/", views.settle_push, {"how": "dismiss"}, name="dismiss"),
]
