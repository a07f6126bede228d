"""Who is asking: every request gets `request.actor`."""

from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Customer, OrderLink

# The id of the link that was opened: one order.
LINK_SESSION_KEY = "customer_link"
# The id and phone of the customer who proved the phone by a code: all their orders.
MY_SESSION_KEY = "my_customer"

Session = Mapping[str, Any]


def actor_of(user: object, session: Session) -> Actor | None:
    """The actor of a session: logged-in staff, else its customer, else nobody."""
    if getattr(user, "is_authenticated", False) and getattr(user, "is_active", False):
        return Actor.staff(user)  # type: ignore[arg-type]
    return customer_of(session)


def customer_of(session: Session) -> Actor | None:
    """The customer of a session: with all orders after a code, with one order after a link that is still live."""
    if customer := my_customer(session):
        return Actor.customer(customer)
    link = link_of(session)
    return Actor.customer(link.customer, order_id=link.order_id) if link else None


def link_of(session: Session) -> OrderLink | None:
    """The link that a session opened, while it is live."""
    if not (link_id := session.get(LINK_SESSION_KEY)):
        return None
    live = OrderLink.objects.filter(pk=link_id, revoked_at=None, customer__is_active=True)
    return live.select_related("customer").first()


def my_customer(session: Session) -> Customer | None:
    """The customer who logged in with a code; None once shut out, merged away, or known by another phone."""
    known = session.get(MY_SESSION_KEY)
    if not known:
        return None
    return Customer.objects.filter(pk=known[0], phone=known[1], is_active=True).first()


class ActorMiddleware:
    """Sets `request.actor`. Without a session cookie nothing is looked up."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        known = settings.SESSION_COOKIE_NAME in request.COOKIES
        request.actor = actor_of(request.user, _of(request)) if known else None  # type: ignore[attr-defined]
        return self.get_response(request)


def _of(request: HttpRequest) -> Session:
    session: Session = request.session  # type: ignore[assignment]
    return session
