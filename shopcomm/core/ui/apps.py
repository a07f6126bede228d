from django.apps import AppConfig
from django.contrib.staticfiles.apps import StaticFilesConfig


class UiConfig(AppConfig):
    default = True
    name = "shopcomm.core.ui"
    label = "ui"


class OurStaticFilesConfig(StaticFilesConfig):
    """Without what no page of ours shows: DRF's browsable pages, and the reader of the API that we do not use."""

    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "rest_framework", "redoc"]
