"""Who counts as one visitor to limits: an address of IPv4, a network of IPv6."""

import ipaddress

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
