"""What another order system said of an order and this one could not follow."""

from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orders.events.base import OrderEvent, choice_label
from orders.models.statuses import Status
from shopcomm.core.events.kinds import SHOP


class Told(models.TextChoices):
    """What another system is told of an order."""

    PARCEL = "parcel", gettext_lazy("发货")
    ADDRESS = "address", gettext_lazy("收货信息")
    NOTE = "note", gettext_lazy("备注")
    AFTER_SALES = "after_sales", gettext_lazy("售后")


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


@dataclass(frozen=True, kw_only=True)
class OutsideNotTold(OrderEvent):
    """Another system (`source`) does not take what it is told of the order: a person has to see to it there."""

    type = "order.outside_not_told"
    icon = "warn"
    audience = SHOP
    conflicts = False

    source: str
    # One of Told.
    what: str
    reason: str

    def timeline_text(self) -> str:
        """What the other system does not know, and what it says to it."""
        said = {"source": self.source, "what": choice_label(Told, self.what), "reason": self.reason}
        return _("%(source)s 没有收下“%(what)s”，请到那边处理：%(reason)s") % said
