from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class QueueTableConfig(AppConfig):
    name = "shopcomm.edge.integrations.queue_table"
    label = "queue_table"
    verbose_name = _("共享队列表")

    def ready(self) -> None:
        """Offer the way, and follow the log for each of its connections."""
        from shopcomm.edge.integrations.queue_table import reader  # noqa: F401  (joins the event log)
        from shopcomm.edge.integrations.queue_table.way import QUEUE
        from shopcomm.edge.integrations.ways import register_way

        register_way(QUEUE)
        post_migrate.connect(_let_in, sender=self)


def _let_in(**_kwargs: Any) -> None:
    """A restored database has the roles' names and not their rights; a new function is for those that are there, too."""
    from shopcomm.edge.integrations.queue_table.services.roles import let_known_roles_in

    let_known_roles_in()
