from django.urls import path

from shopcomm.core.configuration.views import change_day, hours_page, paste_year

urlpatterns = [
    path("hours/", hours_page, name="hours"),
    path("hours/year/", paste_year, name="hours-year"),
    path("hours/day/", change_day, name="hours-day"),
]
