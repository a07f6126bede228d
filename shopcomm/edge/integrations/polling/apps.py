from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PollingConfig(AppConfig):
    name = "shopcomm.edge.integrations.polling"
    label = "polling"
    verbose_name = _("定时读取（轮询）")

    def ready(self) -> None:
        """Offer the way."""
        from shopcomm.edge.integrations.polling.way import POLLING
        from shopcomm.edge.integrations.ways import register_way

        register_way(POLLING)
