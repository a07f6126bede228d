"""What another order system said of an order and this one could not follow."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from orders.events.base import OrderEvent, choice_label
from orders.models.statuses import Status
from shopcomm.core.events.kinds import SHOP


@dataclass(frozen=True, kw_only=True)
class OutsideRefused(OrderEvent):
    """Another system (`source`) has the order in status `wanted`, or changed it; the order does not allow it, for `reason`."""

    type = "order.outside_refused"
    icon = "warn"
    audience = SHOP
    conflicts = False

    source: str
    reason: str
    wanted: str = ""

    def timeline_text(self) -> str:
        """What the other system has, and why it is not so here."""
        said = {"source": self.source, "reason": self.reason, "status": choice_label(Status, self.wanted)}
        if self.wanted:
            return _("%(source)s 那边的订单是“%(status)s”，这里没有照改：%(reason)s") % said
        return _("%(source)s 那边改了订单，这里没有照改：%(reason)s") % said
