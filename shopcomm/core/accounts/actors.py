"""The actor: one small value for who did something, in services, events, messages and sockets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from shopcomm.core.accounts.rights import role_may

if TYPE_CHECKING:
    from shopcomm.core.accounts.models import ApiKey, Customer, Staff

Kind = Literal["customer", "staff", "system", "assistant", "api"]


class Owned(Protocol):
    """An order: what a customer has, and a link may open alone."""

    @property
    def pk(self) -> int:
        """Its key."""

    @property
    def customer_id(self) -> int:
        """The key of whose it is."""


@dataclass(frozen=True)
class Actor:
    """Somebody or something that acts. Ask `may` and `owns`; nobody else compares `kind` and `role`."""

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
    def column(self) -> str:
        """The column of the table of rights: a member of staff's role; the program can stand in for one."""
        return self.role if self.kind in ("staff", "system") else self.kind

    def may(self, right: str) -> bool:
        """Whether the table of rights (`rights.py`) allows it. Raises KeyError for a right it does not have."""
        return role_may(self.column, right)

    def owns(self, order: Owned) -> bool:
        """Whether this is a customer's own order and, for one who holds the link of an order, that order."""
        return self.owns_account(order.customer_id) and self.order_id in (0, order.pk)

    def owns_account(self, customer_id: int | None) -> bool:
        """Whether this is the customer with that key."""
        return self.is_customer and self.id == customer_id

    def is_same_as(self, other: Actor) -> bool:
        """Whether both are the same person with the same rights, whatever their name."""
        mine = (self.kind, self.id, self.role, self.order_id)
        return mine == (other.kind, other.id, other.role, other.order_id)

    @property
    def who(self) -> str:
        """Who it is, for a page that has to notice that somebody else is here now."""
        return f"{self.kind}:{self.id}"

    @property
    def is_customer(self) -> bool:
        """Whether this is the customer's side, which speaks for itself alone."""
        return self.kind == "customer"

    @property
    def is_shop(self) -> bool:
        """Whether this is the shop's side, which sees internal notes."""
        return self.kind != "customer"

    @property
    def is_staff(self) -> bool:
        """Whether a member of staff is at the keyboard, and no program."""
        return self.kind == "staff"

    @property
    def is_person(self) -> bool:
        """Whether this is somebody, and no program."""
        return self.kind in ("customer", "staff")

    @property
    def is_integration(self) -> bool:
        """Whether another system acts, with a key."""
        return self.kind == "api"

    @property
    def staff_id(self) -> int | None:
        """The key of the member of staff; None for everybody else."""
        return self.id if self.is_staff else None

    @property
    def sender_kind(self) -> str:
        """The kind as a message shows it: an integration speaks as the system."""
        return "system" if self.is_integration else self.kind

    @property
    def id_or_zero(self) -> int:
        """The key in the table of their kind; 0, which no row has, for the system."""
        return self.id or 0

    @property
    def sender_id(self) -> int:
        """The key that a message carries: who speaks as the system has none."""
        return self.id_or_zero if self.is_person else 0
