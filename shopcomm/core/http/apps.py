from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class HttpConfig(AppConfig):
    default = True
    name = "shopcomm.core.http"
    label = "http"
    verbose_name = _("网页")
