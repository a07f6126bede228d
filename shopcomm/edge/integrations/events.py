"""What happens to connections themselves."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from shopcomm.core.events.kinds import SHOP, Event


@dataclass(frozen=True, kw_only=True)
class SystemUnreachable(Event):
    """Another system could not be reached for so long that somebody should look."""

    type = "connection.unreachable"
    label = _("联系不上对方系统")
    audience = SHOP
    icon = "warn"
    conflicts = False
    notices = ("system_unreachable",)

    # Which connection, by its key, and how people call it.
    connection: int
    system: str
    reason: str
