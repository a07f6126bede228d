from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WebhooksOutConfig(AppConfig):
    name = "shopcomm.edge.integrations.webhooks_out"
    label = "webhooks_out"
    verbose_name = _("Webhook 推送")

    def ready(self) -> None:
        """Follow the log, and clean up by age."""
        from shopcomm.edge.integrations.webhooks_out import reader  # noqa: F401  (joins the event log)
        from shopcomm.edge.integrations.webhooks_out.purges import register_webhook_purges

        register_webhook_purges()
