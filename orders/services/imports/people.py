"""Who bought: customers by their number or phone; those without either share one guest a country."""

from typing import NamedTuple

from django.db import transaction
from django.utils.translation import gettext as _

from orders.services.imports.rows import Row
from shopcomm.core.accounts.models import Customer
from shopcomm.core.accounts.models.customers import Source
from shopcomm.core.accounts.services.customers import normalise_phone

MOST_REMEMBERED = 20_000


class Buyer(NamedTuple):
    """How a row names its customer."""

    external_id: str
    phone: str
    name: str


class Directory:
    """Finds or makes customers; remembers some, so that a long file does not fill the memory."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Customer] = {}
        self.made = 0

    def customer_of(self, row: Row) -> Customer:
        """The customer of an invoice."""
        buyer = buyer_of(row)
        key = (buyer.external_id, buyer.phone)
        if key not in self._known:
            if len(self._known) >= MOST_REMEMBERED:
                self._known.clear()
            self._known[key] = self._find_or_make(buyer)
        return self._known[key]

    def _find_or_make(self, buyer: Buyer) -> Customer:
        by = {"phone": buyer.phone} if buyer.phone else {"external_id": buyer.external_id}
        defaults = {
            "name": buyer.name[:120],
            "source": Source.API,
            "phone_tail": buyer.phone[-4:],
            "tier": Customer.Tier.WHOLESALE,
        }
        if buyer.phone and buyer.external_id:
            taken = Customer.objects.filter(external_id=buyer.external_id).exists()
            defaults["external_id"] = "" if taken else buyer.external_id
        with transaction.atomic():
            customer, made = Customer.objects.get_or_create(**by, defaults=defaults)
        self.made += made
        return customer


def buyer_of(row: Row) -> Buyer:
    """Number, phone (E.164, empty when it is none) and name as far as the row tells them."""
    try:
        phone = normalise_phone(row.rest["phone"]) if "phone" in row.rest else ""
    except ValueError:
        phone = ""
    name = row.rest.get("customer_name", "")
    if row.customer_id:
        return Buyer(row.customer_id, phone, name or _("客户 %(id)s") % {"id": row.customer_id})
    if phone:
        return Buyer("", phone, name or phone)
    if name:
        return Buyer(f"name:{name}"[:64], "", name)
    country = row.rest.get("country", "")
    guest = _("散客（%(country)s）") % {"country": country} if country else _("散客")
    return Buyer(f"guest:{country}"[:64], "", guest)


def is_guest(row: Row) -> bool:
    """Whether a row names nobody."""
    return buyer_of(row).external_id.startswith("guest:")
