"""Events of parcels."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orders.events.base import OrderEvent, choice_label, parcel_names, with_override_reason, with_reason
from orders.models.shipments import ParcelTask
from orders.models.statuses import Status
from orders.policies.parcel_way import EXCEPTIONS, TOLD
from shopcomm.core.events.kinds import SHOP


@dataclass(frozen=True, kw_only=True)
class ParcelEvent(OrderEvent):
    """A fact of one parcel."""

    carrier: str
    tracking_number: str
    shipment_id: int


@dataclass(frozen=True, kw_only=True)
class OrderShipped(ParcelEvent):
    type = "order.shipped"
    icon = "truck"
    notices = ("shipped",)

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
class ShipmentUpdated(ParcelEvent):
    """A parcel moved on, or left while the rest of the order is still being picked."""

    type = "shipment.updated"
    label = gettext_lazy("物流")
    icon = "truck"
    notices = ("tracking", "parcel_shipped", "parcel_alert")

    state: str = ""
    text: str = ""
    # Of a scan: when it was made, and where.
    scanned_at: str = ""
    place: str = ""
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
        """A scan by the courier that is worth a message; without a state it is a parcel that left while the rest is picked."""
        if not self.state:
            left = self.status_from == self.status_to == Status.PICKING
            return ("parcel_shipped",) if left else ("tracking",)
        if self.state in EXCEPTIONS:
            return ("tracking", "parcel_alert")
        return ("tracking",) if self.state in TOLD else ()

    def has_line(self) -> bool:
        """What happens between two towns is on the parcel's way and in no conversation."""
        return not self.state or self.state in TOLD


@dataclass(frozen=True, kw_only=True)
class ParcelTaskEvent(ParcelEvent):
    """A fact of something that has to be seen to with a courier: `kind` is one of ParcelTask.Kind."""

    audience = SHOP
    conflicts = False

    kind: str

    def names(self) -> dict[str, str]:
        """What is the matter, and with which parcel, in words."""
        what = choice_label(ParcelTask.Kind, self.kind)
        return {"what": what} | parcel_names(self.carrier, self.tracking_number)


@dataclass(frozen=True, kw_only=True)
class ParcelAlerted(ParcelTaskEvent):
    """Somebody of the shop has to speak with a courier: a parcel was not scanned for days, or is to be intercepted."""

    type = "shipment.alerted"
    label = gettext_lazy("包裹要处理")
    icon = "warn"
    notices = ("parcel_alert",)

    text: str = ""

    def timeline_text(self) -> str:
        """What is the matter with which parcel."""
        return with_reason(_("%(what)s：%(carrier)s %(number)s") % self.names(), self.text)

    def triggered(self, actor_kind: str) -> tuple[str, ...]:
        """Who asked for an interception knows of it."""
        return ("parcel_alert",) if self.kind == ParcelTask.Kind.SILENT else ()


@dataclass(frozen=True, kw_only=True)
class ParcelTaskSettled(ParcelTaskEvent):
    """Somebody has seen to it."""

    type = "shipment.task_settled"
    label = gettext_lazy("包裹事项已处理")
    icon = "check"

    outcome: str = ""

    def timeline_text(self) -> str:
        """What was the matter, and what became of it."""
        return with_reason(_("%(what)s已处理：%(carrier)s %(number)s") % self.names(), self.outcome)


@dataclass(frozen=True, kw_only=True)
class OrderDelivered(OrderEvent):
    type = "order.delivered"
    icon = "check"
    notices = ("delivered",)

    def timeline_text(self) -> str:
        """The last parcel is signed for."""
        return _("已签收")
