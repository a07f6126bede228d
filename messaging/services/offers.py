"""What a message offers to do with a tap, such as applying an address."""

from typing import Any

from orders.reading.address_offers import offered_address

_FIELDS = ("name", "phone", "province", "city", "district", "street")


def offers_in(text: str) -> dict[str, Any]:
    """The data of a message for its text: the address that somebody gives or wants for certain."""
    address = offered_address(text)
    if address is None:
        return {}
    return {
        "address": {field: getattr(address, field) for field in _FIELDS} | {"phone": address.reachable_phone}
    }
