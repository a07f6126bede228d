from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DemoConfig(AppConfig):
    name = "shopcomm.edge.demo"
    label = "demo"
    verbose_name = _("演示店铺")
