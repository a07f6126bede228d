from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OrdersConfig(AppConfig):
    name = "orders"
    verbose_name = _("订单")

    def ready(self) -> None:
        """Join the event log, and say what of it is private."""
        from orders import handlers  # noqa: F401
        from orders.policies.contact_masks import masked_sides
        from orders.selectors.contacts import whole_commands
        from shopcomm.core.events.masking import masks, reveals

        masks.append(masked_sides)
        reveals.append(whole_commands)
