"""Events of parcels."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orders.events.base import OrderEvent, parcel_names, with_override_reason
from orders.models.statuses import Status


@dataclass(frozen=True, kw_only=True)
class OrderShipped(OrderEvent):
    type = "order.shipped"
    icon = "truck"
    notices = ("shipped",)

    carrier: str
    tracking_number: str
    shipment_id: int
    # Why a manager shipped although a change was open, or a difference was not paid, and how much that was.
    override: str = ""
    unpaid: str = ""

    def timeline_text(self) -> str:
        """With the parcel."""
        return _("已发货：%(carrier)s %(number)s") % parcel_names(self.carrier, self.tracking_number)

    def shop_text(self) -> str:
        """With why it was let go against a rule."""
        unpaid = self.money(self.unpaid) if self.unpaid else ""
        return with_override_reason(self.timeline_text(), unpaid=unpaid, override=self.override)


@dataclass(frozen=True, kw_only=True)
class ShipmentUpdated(OrderEvent):
    """A parcel moved on, or left while the rest of the order is still being picked."""

    type = "shipment.updated"
    label = gettext_lazy("物流")
    icon = "truck"
    notices = ("tracking", "parcel_shipped")

    carrier: str
    tracking_number: str
    shipment_id: int
    state: str = ""
    text: str = ""
    override: str = ""
    unpaid: str = ""

    def timeline_text(self) -> str:
        """What the courier says, or that a part has left."""
        return self.text or _("部分发货：%(carrier)s %(number)s") % parcel_names(
            self.carrier, self.tracking_number
        )

    def shop_text(self) -> str:
        """With why it was let go against a rule."""
        unpaid = self.money(self.unpaid) if self.unpaid else ""
        return with_override_reason(self.timeline_text(), unpaid=unpaid, override=self.override)

    def does_not_conflict(self) -> bool:
        """A courier's scan changes nothing that an editor relies on; goods that have left do."""
        return bool(self.state)

    def triggered(self, actor_kind: str) -> tuple[str, ...]:
        """A scan by the courier; without a state it is a parcel that left while the rest is picked."""
        left = not self.state and self.status_from == self.status_to == Status.PICKING
        return ("parcel_shipped",) if left else ("tracking",)


@dataclass(frozen=True, kw_only=True)
class OrderDelivered(OrderEvent):
    type = "order.delivered"
    icon = "check"
    notices = ("delivered",)

    def timeline_text(self) -> str:
        """The last parcel is signed for."""
        return _("已签收")
