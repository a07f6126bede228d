from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CommandsConfig(AppConfig):
    name = "shopcomm.edge.integrations.commands"
    label = "commands"
    verbose_name = _("修改指令")

    def ready(self) -> None:
        """Say which system keeps an order, and take what it answers."""
        from orders import hooks
        from shopcomm.edge.integrations.commands.selectors import keeper_of_order
        from shopcomm.edge.integrations.commands.services.answers import ANSWERED, apply_answer
        from shopcomm.edge.integrations.services.dispatch import register_applier

        hooks.order_keepers.append(keeper_of_order)
        register_applier(ANSWERED, apply_answer)
