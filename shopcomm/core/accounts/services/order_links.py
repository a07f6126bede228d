"""Signed links: what a customer opens on a phone to see one order."""

import secrets
from functools import cache

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.db.models import CharField
from django.urls import reverse
from django.utils import timezone

from shopcomm.core.accounts.models import Customer, OrderLink
from shopcomm.core.database.prepared import Given
from shopcomm.core.database.together import PreparedRows, read_together
from shopcomm.core.realtime import link_group, recheck_access_on_commit

# The nonce is in the database, the signature is not: a copy of the table opens nothing.
_signer = Signer(salt="shopcomm.order-link", sep=".")


def make_link(*, customer: Customer, order_id: int) -> OrderLink:
    """A new link to one order, beside those that are already out."""
    return OrderLink.objects.create(customer=customer, order_id=order_id, nonce=secrets.token_urlsafe(18))


def link_token(link: OrderLink) -> str:
    """The part of the address that proves who made it."""
    return _signer.sign(link.nonce)


def live_link(*, customer: Customer, order_id: int) -> OrderLink:
    """An order's newest live link; makes one when there is none."""
    live = OrderLink.objects.filter(order_id=order_id, customer=customer, revoked_at=None)
    newest = live.select_related("customer").order_by("-id").first()
    return newest or make_link(customer=customer, order_id=order_id)


def link_url(*, customer: Customer, order_id: int) -> str:
    """The absolute address of an order's newest live link; makes one when there is none."""
    return _url(live_link(customer=customer, order_id=order_id))


def link_urls(customers: dict[int, int]) -> dict[int, str]:
    """The addresses of many orders at once; takes the customer's id for each order's."""
    live = OrderLink.objects.filter(order_id__in=customers, revoked_at=None).order_by("id")
    links = {link.order_id: link for link in live}
    missing = [
        OrderLink(customer_id=customer, order_id=order, nonce=secrets.token_urlsafe(18))
        for order, customer in customers.items()
        if order not in links
    ]
    links |= {link.order_id: link for link in OrderLink.objects.bulk_create(missing)}
    return {order: _url(link) for order, link in links.items()}


def _url(link: OrderLink) -> str:
    return settings.PUBLIC_URL.rstrip("/") + reverse("portal:order", args=[link_token(link)])


def open_link(token: str) -> OrderLink | None:
    """The live link of a token; None for a forged, unknown or revoked one, and for a customer who is shut out."""
    try:
        nonce = _signer.unsign(token)
    except BadSignature:
        return None
    (found,) = read_together(_live_links().given(nonce=nonce))
    return found[0] if found else None


@cache
def _live_links() -> PreparedRows[OrderLink]:
    live = OrderLink.objects.filter(
        nonce=Given("nonce", CharField()), revoked_at=None, customer__is_active=True
    )
    return PreparedRows(live.order_by("pk")[:1], "customer")


@transaction.atomic
def revoke_links(*, order_id: int) -> int:
    """Close every link of an order at once, and the sockets opened with them. Returns how many were open."""
    recheck_access_on_commit(link_group(order_id))
    return OrderLink.objects.filter(order_id=order_id, revoked_at=None).update(revoked_at=timezone.now())
