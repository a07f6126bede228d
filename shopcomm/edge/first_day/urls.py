"""Addresses of a shop's first day."""

from django.urls import path

from shopcomm.edge.first_day.views import couriers_page, first_day, setup_page

app_name = "first_day"
urlpatterns = [
    path("setup/", setup_page, name="setup"),
    path("first-day/", first_day, name="checklist"),
    path("first-day/couriers/", couriers_page, name="couriers"),
]
