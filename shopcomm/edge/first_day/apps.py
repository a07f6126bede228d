from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FirstDayConfig(AppConfig):
    name = "shopcomm.edge.first_day"
    label = "first_day"
    verbose_name = _("开店")
