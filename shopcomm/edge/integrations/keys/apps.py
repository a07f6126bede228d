from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class KeysConfig(AppConfig):
    name = "shopcomm.edge.integrations.keys"
    label = "keys"
    verbose_name = _("接口密钥")

    def ready(self) -> None:
        """Say what goes by age."""
        from shopcomm.core.purging import Purge, register_purge
        from shopcomm.edge.integrations.keys.selectors import calls_before

        register_purge(Purge("PURGE_KEY_CALLS_DAYS", calls_before))
