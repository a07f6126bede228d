from django.apps import AppConfig
from django.contrib.staticfiles.apps import StaticFilesConfig
from django.utils.translation import gettext_lazy as _


class HttpConfig(AppConfig):
    default = True
    name = "shopcomm.core.http"
    label = "http"
    verbose_name = _("网页")


class OurStaticFilesConfig(StaticFilesConfig):
    """Without what no page of ours shows: DRF's browsable pages, and the reader of the API that we do not use."""

    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "rest_framework", "redoc"]
