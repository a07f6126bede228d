"""Finding a customer while an order is written: by name, by firm, or by the end of their phone."""

import re

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from orders.models import Order
from orders.selectors.visibility import orders_visible_to
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Customer
from shopcomm.core.phones import PhoneRefused, read_phone

MOST = 8
# One letter, or three digits, mean half of the shop.
SHORTEST = 2
DIGITS = re.compile("[0-9]{4,}")


def customers_visible_to(actor: Actor) -> QuerySet[Customer]:
    """The customers of the orders an actor may see, and those who have not bought yet."""
    orders = Order.objects.filter(customer=OuterRef("pk"))
    seen = orders_visible_to(actor).filter(customer=OuterRef("pk"))
    return Customer.objects.filter(Q(Exists(seen)) | ~Q(Exists(orders)), is_active=True)


def customers_matching(actor: Actor, text: str) -> list[Customer]:
    """Those whose name or firm has the text, or whose phone is it or ends in it; who bought last comes first."""
    words = " ".join(text.replace("\x00", "").split())[:80]
    digits = re.sub(r"[\s()+-]", "", words)
    if len(words) < SHORTEST:
        return []
    wanted = Q(name__icontains=words) | Q(company__icontains=words)
    if DIGITS.fullmatch(digits):
        wanted |= Q(phone_tail=digits[-4:], phone__contains=digits)
    try:
        phone = read_phone(words)
    except PhoneRefused:
        pass
    else:
        wanted |= Q(phone_tail=phone.tail, phone__startswith=phone.number)
    last = Order.objects.filter(customer=OuterRef("pk")).order_by("-placed_at").values("placed_at")[:1]
    found = customers_visible_to(actor).filter(wanted).annotate(last_order=last)
    return list(found.order_by(F("last_order").desc(nulls_last=True), "name", "pk")[:MOST])
