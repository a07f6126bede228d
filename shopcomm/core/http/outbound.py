"""Addresses that strangers give us to call: only public ones, unless the operator allows a private one by name."""

import ipaddress
import socket
from collections.abc import Collection
from urllib.parse import urlsplit


class AddressRefused(ValueError):
    """An address that this server must not call."""


def check_outbound(url: str, *, allowed: Collection[str] = ()) -> None:
    """Raise AddressRefused unless the address is https and every one of its hosts is public.

    `allowed` names host:port pairs that may be reached although private or without TLS.
    """
    parts = urlsplit(url)
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise AddressRefused(str(error)) from error
    if f"{parts.hostname}:{port}" in allowed:
        return
    if parts.scheme != "https" or not parts.hostname or parts.username:
        raise AddressRefused("only https addresses without a user name")
    try:
        found = socket.getaddrinfo(parts.hostname, port, proto=socket.IPPROTO_TCP)
    except OSError as error:
        raise AddressRefused(f"{parts.hostname} cannot be found") from error
    for *_kind, address in found:
        if not ipaddress.ip_address(address[0]).is_global:
            raise AddressRefused(f"{parts.hostname} is not public")
