from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WebhooksInConfig(AppConfig):
    name = "shopcomm.edge.integrations.webhooks_in"
    label = "webhooks_in"
    verbose_name = _("推送（webhook）")

    def ready(self) -> None:
        """Offer the way."""
        from shopcomm.edge.integrations.ways import register_way
        from shopcomm.edge.integrations.webhooks_in.way import WEBHOOK

        register_way(WEBHOOK)
