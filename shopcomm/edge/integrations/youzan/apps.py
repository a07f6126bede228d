from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class YouzanConfig(AppConfig):
    name = "shopcomm.edge.integrations.youzan"
    label = "youzan"
    verbose_name = _("有赞")

    def ready(self) -> None:
        """Offer the way."""
        from shopcomm.edge.integrations.ways import register_way
        from shopcomm.edge.integrations.youzan.way import YOUZAN

        register_way(YOUZAN)
