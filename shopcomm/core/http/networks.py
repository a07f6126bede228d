"""Who counts as one visitor to limits: an address of IPv4, a network of IPv6."""

import ipaddress

from django.http import HttpRequest

# What a provider gives one customer (RFC 6177); its addresses are one visitor's to choose from.
IPV6_PREFIX = 64


def network_of(address: str) -> str:
    """The address itself, or the first one of its /64; an address of IPv4 written as one of IPv6 is that of IPv4."""
    try:
        parsed = ipaddress.ip_address(address.strip())
    except ValueError:
        return ""
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, IPV6_PREFIX), strict=False).network_address)
    return str(parsed)


def visitor_network(request: HttpRequest) -> str:
    """The network that a request comes from. What a proxy says is in REMOTE_ADDR by now, if the proxy is trusted."""
    return network_of(str(request.META.get("REMOTE_ADDR", "")))


def axes_address(request: HttpRequest) -> str | None:
    """The same as django-axes keeps it."""
    return visitor_network(request) or None
