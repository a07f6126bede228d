from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class IntegrationsConfig(AppConfig):
    name = "shopcomm.edge.integrations"
    label = "integrations"
    verbose_name = _("对接")
