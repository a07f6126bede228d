from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class JushuitanConfig(AppConfig):
    name = "shopcomm.edge.integrations.jushuitan"
    label = "jushuitan"
    verbose_name = _("聚水潭")

    def ready(self) -> None:
        """Offer the way."""
        from shopcomm.edge.integrations.jushuitan.way import JUSHUITAN
        from shopcomm.edge.integrations.ways import register_way

        register_way(JUSHUITAN)
