"""What a session has proved: its opened links, a phone proved by code, and whom each of its pages acts as."""

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import parse_qs

from shopcomm.core import reading
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Customer, OrderLink

# The ids of the links that were opened, the last one last: each is one order.
LINKS_SESSION_KEY = "customer_links"
# The id and phone of the customer who proved the phone by a code: all their orders.
MY_SESSION_KEY = "my_customer"
# Older ones have to be opened again.
MOST_LINKS = 50

Session = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SpeaksAs:
    """As whom a page speaks. One browser may hold several links, a customer's log-in and one of staff."""

    link_id: int = 0
    as_customer: bool = False

    @classmethod
    def read(cls, query: str) -> Self:
        """Read `link=ID` or `as=customer`: a socket's query, or the header `X-Visitor`."""
        if "=" not in query:
            return cls()
        given = parse_qs(query[:200])
        link_id = reading.whole_number(given.get("link", [""])[0], least=1, most=2**63 - 1) or 0
        return cls(link_id, given.get("as") == ["customer"])

    @property
    def is_said(self) -> bool:
        """Whether the page said it; the session alone decides otherwise."""
        return bool(self.link_id) or self.as_customer


# A page that names nobody: the session alone decides.
ANYBODY = SpeaksAs()


def actor_of(user: object, session: Session, page: SpeaksAs = ANYBODY) -> Actor | None:
    """Who a page speaks for: the customer of its own link, else logged-in staff, else the session's customer."""
    if page.link_id:
        return customer_of_link(session, page.link_id)
    if not page.as_customer and (staff := _staff(user)):
        return staff
    return session_customer(session)


def actors_of(user: object, session: Session) -> list[Actor]:
    """Everybody a session has proved to be, for what carries no page's name, such as a picture's address."""
    mine = my_customer(session)
    found = [
        _staff(user),
        Actor.customer(mine) if mine else None,
        *map(_opened, reversed(held_links(session))),
    ]
    return [each for each in found if each]


def session_customer(session: Session) -> Actor | None:
    """The customer of a session: with all orders after a code, else with that of the live link opened last."""
    if customer := my_customer(session):
        return Actor.customer(customer)
    held = held_links(session)
    return _opened(held[-1]) if held else None


def customer_of_link(session: Session, link_id: int) -> Actor | None:
    """The customer of one live link that a session opened, or whose customer it has proved to be by a code."""
    link = _live([link_id]).first()
    if link is None:
        return None
    mine = my_customer(session)
    if mine and mine.pk == link.customer_id:
        return Actor.customer(mine)
    return _opened(link) if link_id in _ids(session) else None


def link_of(session: Session, page: SpeaksAs = ANYBODY) -> OrderLink | None:
    """The live link by which a page's visitor came: the page's own, else the one opened last."""
    held = [each for each in held_links(session) if page.link_id in (0, each.pk)]
    return held[-1] if held else None


def held_links(session: Session) -> list[OrderLink]:
    """The links of a session that are still live, the one opened last at the end."""
    ids = _ids(session)
    found = {link.pk: link for link in _live(ids)} if ids else {}
    return [found[each] for each in ids if each in found]


def hold_link(session: MutableMapping[str, Any], link: OrderLink) -> None:
    """Put a link that was opened beside those that the session holds; those that are closed by now leave it."""
    held = [each.pk for each in held_links(session) if each.pk != link.pk]
    session[LINKS_SESSION_KEY] = [*held, link.pk][-MOST_LINKS:]


def my_customer(session: Session) -> Customer | None:
    """The customer who logged in with a code; None once shut out, merged away, or known by another phone."""
    known = session.get(MY_SESSION_KEY)
    if not known:
        return None
    return Customer.objects.filter(pk=known[0], phone=known[1], is_active=True).first()


def _staff(user: object) -> Actor | None:
    if getattr(user, "is_authenticated", False) and getattr(user, "is_active", False):
        return Actor.staff(user)  # type: ignore[arg-type]
    return None


def _opened(link: OrderLink) -> Actor:
    return Actor.customer(link.customer, order_id=link.order_id)


def _ids(session: Session) -> list[int]:
    ids: list[int] = session.get(LINKS_SESSION_KEY, [])
    return ids


def _live(ids: list[int]) -> Any:
    live = OrderLink.objects.filter(pk__in=ids, revoked_at=None, customer__is_active=True)
    return live.select_related("customer")
