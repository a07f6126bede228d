"""What happens with files, for the log: who, which list, how many rows; never what is in them."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shopcomm.core.events.kinds import SHOP, Event


@dataclass(frozen=True, kw_only=True)
class ListExported(Event):
    """Somebody took a list out of the shop. `filter` is what it was narrowed to, `contacts` whether phones are whole."""

    type = "list.exported"
    label = gettext_lazy("名单已导出")
    audience = SHOP
    icon = "download"
    conflicts = False

    what: str
    form: str
    filter: str
    rows: int
    contacts: bool

    def timeline_text(self) -> str:
        """Which list, and how long."""
        return _("导出 %(what)s，%(rows)s 行") % {"what": self.what, "rows": self.rows}
