from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ConfigurationConfig(AppConfig):
    name = "shopcomm.core.configuration"
    label = "configuration"
    verbose_name = _("店铺设置")

    def ready(self) -> None:
        """Say what goes by age."""
        from shopcomm.core.configuration.purges import register_shop_purges

        register_shop_purges()
