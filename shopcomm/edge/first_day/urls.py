"""Addresses of a shop's first day."""

from django.urls import path

from shopcomm.edge.first_day.views import couriers, first_day, setup

app_name = "first_day"
urlpatterns = [
    path("setup/", setup, name="setup"),
    path("first-day/", first_day, name="checklist"),
    path("first-day/couriers/", couriers, name="couriers"),
]
