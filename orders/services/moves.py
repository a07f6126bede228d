"""A move of an order while it is being checked and made: what guards read and effects fill in."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.utils import timezone

from orders.models import Order, OrderLine, Refund, Shipment, Status
from orders.policies.transitions import Transition
from orders.reading.amounts import read_count, read_money
from orders.selectors.keepers import is_keeper
from orders.selectors.shortages import missing_pieces
from orders.services.locks import lock_lines
from shopcomm.core.accounts.actors import Actor


@dataclass
class Move:
    """One order on its way from one status to another, held under its row lock."""

    order: Order
    actor: Actor
    transition: Transition
    data: dict[str, Any]
    now: datetime = field(default_factory=timezone.now)
    # What the event will say, filled in by the effects.
    facts: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def lines(self) -> list[OrderLine]:
        """The order's lines, locked."""
        return lock_lines(self.order)

    @cached_property
    def parcels(self) -> list[Shipment]:
        """The order's parcels, oldest first."""
        return list(self.order.shipments.order_by("pk"))

    @cached_property
    def open_refund(self) -> Refund | None:
        """The refund that has been asked for and not decided."""
        return self.order.refunds.filter(state=Refund.State.REQUESTED).order_by("-pk").first()

    @property
    def reason(self) -> str:
        """Why, as the caller put it."""
        return self.text("reason")

    def text(self, key: str) -> str:
        """An input as stripped text, without the one character PostgreSQL cannot keep."""
        return str(self.data.get(key) or "").replace("\x00", "").strip()

    @property
    def override(self) -> str:
        """Why a manager ships although a change is open; nobody else may."""
        return self.text("override")[:200] if self.actor.may("changes.override") else ""

    @cached_property
    def has_left_elsewhere(self) -> bool:
        """Whether the system that keeps the order and decides its changes says that the parcel is gone: so it is, whatever waits."""
        return is_keeper(self.actor, self.order)

    @cached_property
    def payment(self) -> Decimal | None:
        """The amount received: the open sum unless given otherwise."""
        value = self.data.get("amount")
        return self.order.balance if value in (None, "") else read_money(value)

    @cached_property
    def refund(self) -> Decimal | None:
        """The amount that goes back: everything that was paid unless told otherwise."""
        value = self.data.get("amount")
        return (
            self.order.paid_amount - self.order.refunded_amount if value in (None, "") else read_money(value)
        )

    @cached_property
    def pieces(self) -> dict[OrderLine, int]:
        """What goes into the parcel: the lines asked for, or everything open. Unknown lines are left out."""
        wanted = self.data.get("lines")
        if not wanted:
            missing = missing_pieces(self.order) if self.order.shortage else {}
            ready = {line: line.open_quantity - missing.get(line.pk, 0) for line in self.lines}
            return {line: count for line, count in ready.items() if count > 0}
        chosen: dict[OrderLine, int] = {}
        for row in wanted:
            line = self.line_of(row)
            if line is not None:
                chosen[line] = chosen.get(line, 0) + read_count(row.get("quantity", line.open_quantity))
        return {line: count for line, count in chosen.items() if count}

    def line_of(self, row: Any) -> OrderLine | None:
        """The line that a row of `lines` means, by `line` (its id) or `sku`."""
        if not isinstance(row, dict):
            return None
        wanted, sku = row.get("line", row.get("line_id")), str(row.get("sku", ""))
        if wanted is not None:
            matching = [line for line in self.lines if str(line.pk) == str(wanted)]
        else:
            exact = [line for line in self.lines if line.sku == sku]
            matching = exact or [line for line in self.lines if line.sku == sku.upper()]
        return next((line for line in matching if line.open_quantity > 0), next(iter(matching), None))

    @property
    def ships_part(self) -> bool:
        """Whether something stays open after this parcel."""
        return sum(self.pieces.values()) < sum(line.open_quantity for line in self.lines)

    @property
    def is_shipping(self) -> bool:
        return "hand_over_parcel" in self.transition.effects

    @property
    def status_after(self) -> str:
        """Where the order ends up; a part shipment leaves it at picking."""
        return Status.PICKING if self.is_shipping and self.ships_part else self.transition.to
