from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WeixinShopConfig(AppConfig):
    name = "shopcomm.edge.integrations.weixin_shop"
    label = "weixin_shop"
    verbose_name = _("微信小店")

    def ready(self) -> None:
        """Offer the way, follow the log, and clean up by age."""
        from shopcomm.edge.integrations.ways import register_way
        from shopcomm.edge.integrations.weixin_shop import reader  # noqa: F401  (joins the event log)
        from shopcomm.edge.integrations.weixin_shop.purges import register_weixin_purges
        from shopcomm.edge.integrations.weixin_shop.way import WEIXIN_SHOP

        register_way(WEIXIN_SHOP)
        register_weixin_purges()
