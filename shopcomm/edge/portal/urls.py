"""The customer's addresses: one signed link opens one order."""

from django.urls import path

from shopcomm.edge.portal import views

app_name = "portal"

urlpatterns = [
    path("o/<str:token>/", views.order_page, name="order"),
    path("o/<str:token>/chat/", views.chat_page, name="chat"),
    path("o/<str:token>/progress/", views.progress, name="progress"),
]
