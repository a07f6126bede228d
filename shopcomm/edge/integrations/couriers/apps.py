from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CouriersConfig(AppConfig):
    name = "shopcomm.edge.integrations.couriers"
    label = "couriers"
    verbose_name = _("快递跟踪")

    def ready(self) -> None:
        """Follow the log, say what goes by age and what waits for managers."""
        from orders import hooks
        from shopcomm.core.purging import Purge, register_purge
        from shopcomm.edge.integrations.couriers import handlers  # noqa: F401  (joins the event log)
        from shopcomm.edge.integrations.couriers.selectors import STUCK_PUSHES, settled_pushes

        register_purge(Purge("PURGE_INBOUND_DAYS", settled_pushes))
        hooks.todo_sources.append(STUCK_PUSHES)
