"""What happens to endpoints themselves."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from shopcomm.core.events.kinds import SHOP, Event


@dataclass(frozen=True, kw_only=True)
class WebhookDisabled(Event):
    """An endpoint was given up: nothing more is sent there until somebody looks."""

    type = "webhook.disabled"
    label = _("推送地址已停用")
    audience = SHOP
    icon = "warn"
    conflicts = False
    notices = ("webhook_disabled",)

    # Which one, by its key, and how people call it.
    webhook: int
    endpoint: str
    reason: str
