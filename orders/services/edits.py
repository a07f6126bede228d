"""An edit in progress: the wanted changes of a locked order, the permission, and the changes so far."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from orders.errors import GuardFailed, NotAllowed, OrderClosed
from orders.models import Order, Status
from orders.policies.transitions import TERMINAL
from orders.selectors.addresses import COLUMNS
from orders.services.rights import require_right
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.rights import people_who_may

ADDRESS = tuple(COLUMNS.values())
MONEY = ("discount", "shipping_fee")
# What staff may still write down when nothing else of the order can change any more.
ALWAYS = frozenset({"note", "assigned_to"})
EDITABLE = frozenset({*ADDRESS, *MONEY, *ALWAYS, "urgent", "items", "deliver_on"})
BEFORE_SHIPPING = frozenset({Status.PENDING_PAYMENT, Status.PAID, Status.PICKING})
# A customer changes these alone until the warehouse begins.
CUSTOMER_FIELDS = frozenset({*ADDRESS, "note"})
CUSTOMER_STATUSES = frozenset({Status.PENDING_PAYMENT, Status.PAID})


def logged_value(value: Any) -> Any:
    """A day as the log and an alert keep it; everything else as it is."""
    return value.isoformat() if isinstance(value, date) else value


@dataclass
class Edit:
    """An edit in progress: the locked order and what changed so far."""

    order: Order
    actor: Actor
    wanted: dict[str, Any]
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    # Somebody who may decide it has agreed to what this actor asked for.
    agreed: bool = False
    # Counts and prices are what the shop itself offered.
    offered: bool = False

    def set(self, column: str, value: Any, shown: Any = ...) -> None:
        """Change one column, and remember it when it is a change."""
        old = getattr(self.order, column)
        if old != value:
            setattr(self.order, column, value)
            self.before[column] = logged_value(old)
            self.after[column] = logged_value(value) if shown is ... else shown


def flatten_changes(changes: dict[str, Any]) -> dict[str, Any]:
    """The changes with an `address` taken apart into the order's columns."""
    flat = {key: value for key, value in changes.items() if key != "address"}
    address = changes.get("address")
    if address is not None:
        fields = address if isinstance(address, dict) else vars(address)
        flat |= {COLUMNS.get(str(key), str(key)): value for key, value in fields.items()}
    return flat


def check_fields(edit: Edit) -> None:
    """Who may change what in this status, before anything is looked at closely.

    Raises GuardFailed, NotAllowed, OrderClosed.
    """
    order, actor, wanted = edit.order, edit.actor, set(edit.wanted)
    if unknown := wanted - EDITABLE:
        raise GuardFailed(
            ("field_unknown", _("不能修改：%(fields)s") % {"fields": _("、").join(sorted(unknown))})
        )
    if edit.agreed:
        pass
    elif actor.may("orders.edit_own"):
        if wanted - CUSTOMER_FIELDS or order.status not in CUSTOMER_STATUSES:
            raise NotAllowed(needed=people_who_may("orders.edit"))
    else:
        require_right(actor, "orders.edit")
    if order.status in TERMINAL and wanted - ALWAYS:
        raise OrderClosed(from_=order.status)
    redirected = edit.agreed and order.status == Status.SHIPPED and wanted <= set(ADDRESS)
    if order.status not in BEFORE_SHIPPING and wanted - ALWAYS and not redirected:
        raise GuardFailed(
            ("already_shipped", _("订单“%(status)s”，不能再修改") % {"status": order.get_status_display()})
        )
