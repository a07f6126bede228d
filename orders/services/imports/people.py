"""The customers of an import: by their number or phone; others share one guest for each country."""

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from django.db import transaction
from django.utils.translation import gettext as _

from orders.services.imports.rows import Row
from orders.services.imports.turns import take_turn
from shopcomm.core.accounts.models import Customer
from shopcomm.core.accounts.models.customers import Source
from shopcomm.core.deadlocks import retry_on_deadlock
from shopcomm.core.phones import PhoneRefused, normalise_phone, read_phone

MOST_REMEMBERED = 20_000


class Buyer(NamedTuple):
    """How a row names its customer."""

    external_id: str
    phone: str
    name: str


class KnownCustomer(NamedTuple):
    """What an order takes over from its customer."""

    pk: int
    name: str
    phone: str


class Directory:
    """Finds or makes customers; remembers some, so that a long file does not fill the memory."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], KnownCustomer] = {}
        self.made = 0

    def prepare(self, rows: Iterable[Row]) -> None:
        """Find or make the customers of many invoices at once."""
        if len(self._known) >= MOST_REMEMBERED:
            self._known.clear()
        buyers = {_key(buyer): buyer for buyer in map(buyer_of, rows)}
        if missing := self._find({key: each for key, each in buyers.items() if key not in self._known}):
            self.made += self._make(missing)

    def customer_of(self, row: Row) -> KnownCustomer:
        """The customer of an invoice."""
        key = _key(buyer_of(row))
        if key not in self._known:
            self.prepare([row])
        return self._known[key]

    def _find(self, buyers: dict[tuple[str, str], Buyer]) -> dict[tuple[str, str], Buyer]:
        """Remember those of these who are known. Returns the others.

        By their number first: a marketplace gives the same person another phone for each order.
        """
        numbers = {buyer.external_id for buyer in buyers.values()} - {""}
        phones = {buyer.phone for buyer in buyers.values()} - {""}
        by_number, by_phone = _customers_by("external_id", numbers), _customers_by("phone", phones)
        for key in buyers:
            if customer := by_number.get(key[0]) or by_phone.get(key[1]):
                self._known[key] = customer
        return {key: buyer for key, buyer in buyers.items() if key not in self._known}

    @retry_on_deadlock
    @transaction.atomic
    def _make(self, missing: dict[tuple[str, str], Buyer]) -> int:
        """Make those who are missing still, and remember them. Returns how many are new."""
        take_turn()
        new: list[Buyer] = []
        named = set[str]()
        for buyer in self._find(missing).values():
            said = {f"{name}={value}" for name, value in buyer._asdict().items() if value and name != "name"}
            # One of two that share a number or a phone is made; the other is found by it.
            new += [] if said & named else [buyer]
            named |= said
        # Staff may be making the same one in this moment; nobody is made twice.
        Customer.objects.bulk_create(map(_customer, sorted(new)), ignore_conflicts=True)
        self._find(missing)
        return len(new)


def _key(buyer: Buyer) -> tuple[str, str]:
    return buyer.external_id, buyer.phone


def _customers_by(name: str, values: set[str]) -> dict[str, KnownCustomer]:
    if not values:
        return {}
    found = Customer.objects.filter(**{f"{name}__in": values}).values_list(name, "pk", "name", "phone")
    return {value: KnownCustomer(*customer) for value, *customer in found}


def _customer(buyer: Buyer) -> Customer:
    return Customer(
        name=buyer.name[:120],
        phone=buyer.phone,
        phone_tail=read_phone(buyer.phone).tail if buyer.phone else "",
        external_id=buyer.external_id,
        source=Source.API,
        tier=Customer.Tier.WHOLESALE,
    )


def buyer_of(row: Row) -> Buyer:
    """Number, phone (as it is kept, empty when it is none) and name as far as the row tells them."""
    phone = phone_of(row)
    member = row.rest.get("member", "")
    name = row.rest.get("customer_name", "") or member or row.rest.get("receiver", "")
    if row.customer_id:
        return Buyer(row.customer_id, phone, name or _("客户 %(id)s") % {"id": row.customer_id})
    if member:
        return Buyer(f"member:{member}"[:64], phone, name)
    if phone:
        return Buyer("", phone, name or phone)
    if name:
        return Buyer(f"name:{name}"[:64], "", name)
    country = row.rest.get("country", "")
    guest = _("散客（%(country)s）") % {"country": country} if country else _("散客")
    return Buyer(f"guest:{country}"[:64], "", guest)


def phone_of(row: Row) -> str:
    """The phone of a row as it is kept; empty for none, and for what is no phone."""
    return _kept(row.rest["phone"]) if "phone" in row.rest else ""


@lru_cache(maxsize=4096)
def _kept(text: str) -> str:
    """All rows of an order say the same, and reading a number is dear."""
    try:
        return normalise_phone(text)
    except PhoneRefused:
        return ""


def is_guest(row: Row) -> bool:
    """Whether a row names nobody."""
    named = row.customer_id or any(name in row.rest for name in ("member", "customer_name", "receiver"))
    return not (named or phone_of(row))
