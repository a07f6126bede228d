"""The couriers offered when shipping."""

from orders.reading.couriers import COURIERS, named_couriers
from shopcomm.core.configuration.models import shop_settings


def offered_couriers() -> list[tuple[str, str]]:
    """Every courier with its name; those the shop usually sends with stand first, so the first is a good guess."""
    usual = [code for code in shop_settings().couriers if code in COURIERS]
    return named_couriers((*usual, *(code for code in COURIERS if code not in usual)))
