from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class IntegrationsConfig(AppConfig):
    name = "shopcomm.edge.integrations"
    label = "integrations"
    verbose_name = _("对接")

    def ready(self) -> None:
        """Say what goes by age, and what waits for managers."""
        from orders import hooks
        from shopcomm.core.purging import Purge, register_purge
        from shopcomm.edge.integrations.selectors import STUCK_RECORDS, settled_before

        register_purge(Purge("PURGE_INBOUND_DAYS", settled_before))
        hooks.todo_sources.append(STUCK_RECORDS)
