"""What happens to keys themselves."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from shopcomm.core.events.kinds import SHOP, Event


@dataclass(frozen=True, kw_only=True)
class KeyExpiring(Event):
    """A key opens the API for some days more only."""

    type = "key.expiring"
    label = _("接口密钥快到期")
    audience = SHOP
    icon = "clock"
    conflicts = False
    notices = ("key_expiring",)

    # Which one, by its key, and how people call it.
    key: int
    key_name: str
    # The last moment, as people of the shop read it.
    expires_on: str
