"""Who is asking: every request gets `request.actor`."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import OrderLink

LINK_SESSION_KEY = "customer_link"


def actor_of(user: object, link_id: int | None) -> Actor | None:
    """The actor of a session: logged-in staff, else the customer of a link that is still live, else nobody."""
    if getattr(user, "is_authenticated", False) and getattr(user, "is_active", False):
        return Actor.staff(user)  # type: ignore[arg-type]
    return customer_of(link_id)


def customer_of(link_id: int | None) -> Actor | None:
    """The customer of a live link, None for a revoked one."""
    if not link_id:
        return None
    link = OrderLink.objects.select_related("customer").filter(pk=link_id, revoked_at=None).first()
    return Actor.customer(link.customer, order_id=link.order_id) if link else None


class ActorMiddleware:
    """Sets `request.actor`. Without a session cookie nothing is looked up."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        known = settings.SESSION_COOKIE_NAME in request.COOKIES
        link_id = request.session.get(LINK_SESSION_KEY) if known else None
        request.actor = actor_of(request.user, link_id) if known else None  # type: ignore[attr-defined]
        return self.get_response(request)
