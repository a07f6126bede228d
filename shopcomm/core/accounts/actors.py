"""Who did it: the same small value in services, events, messages and sockets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from shopcomm.core.accounts.models import ApiKey, Customer, Staff

Kind = Literal["customer", "staff", "system", "assistant", "api"]


@dataclass(frozen=True)
class Actor:
    """Somebody or something that acts. `role` is a key of the transition table."""

    kind: Kind
    id: int | None
    name: str
    role: str
    # A signed link opens one order only; 0 means every order of this customer.
    order_id: int = 0

    @classmethod
    def staff(cls, staff: Staff) -> Actor:
        return cls("staff", staff.pk, staff.display_name or staff.username, staff.role)

    @classmethod
    def customer(cls, customer: Customer, *, order_id: int = 0) -> Actor:
        return cls("customer", customer.pk, customer.name, "customer", order_id)

    @classmethod
    def system(cls, name: str = "系统") -> Actor:
        return cls("system", None, name, "system")

    @classmethod
    def api_key(cls, key: ApiKey) -> Actor:
        return cls("api", key.pk, key.name, "system")

    @property
    def roles(self) -> frozenset[str]:
        """The rows of the transition table open to this actor; an integration stands for the manager."""
        return frozenset({"system", "manager"}) if self.kind == "api" else frozenset({self.role})

    def is_same_as(self, other: Actor) -> bool:
        """Whether both are the same person with the same rights, whatever they are called."""
        mine = (self.kind, self.id, self.role, self.order_id)
        return mine == (other.kind, other.id, other.role, other.order_id)

    @property
    def who(self) -> str:
        """Who it is, for a page that has to notice that somebody else is here now."""
        return f"{self.kind}:{self.id}"

    @property
    def is_shop(self) -> bool:
        """Whether this is the shop's side, which sees internal notes."""
        return self.kind != "customer"

    @property
    def sender_kind(self) -> str:
        """The kind as a message shows it: an integration speaks as the system."""
        return "system" if self.kind == "api" else self.kind

    @property
    def id_or_zero(self) -> int:
        """The key in the table of their kind; 0, which no row has, for the system."""
        return self.id or 0

    @property
    def sender_id(self) -> int:
        """The key that a message carries: who speaks as the system has none."""
        return self.id_or_zero if self.kind in ("customer", "staff") else 0
