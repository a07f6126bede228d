from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OrdersConfig(AppConfig):
    name = "orders"
    verbose_name = _("订单")

    def ready(self) -> None:
        """Join the event log, and say what of it is private."""
        from orders import handlers  # noqa: F401
        from orders.policies.contact_masks import masked_sides
        from shopcomm.core.events.masking import masks

        masks.append(masked_sides)
