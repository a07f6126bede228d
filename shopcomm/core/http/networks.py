"""The network that a request comes from."""

from django.http import HttpRequest

from shopcomm.core.networks import network_of


def visitor_network(request: HttpRequest) -> str:
    """The network that a request comes from. What a proxy says is in REMOTE_ADDR by now, if the proxy is trusted."""
    return network_of(str(request.META.get("REMOTE_ADDR", "")))


def axes_address(request: HttpRequest) -> str | None:
    """The same as django-axes keeps it."""
    return visitor_network(request) or None
