"""The couriers offered when shipping."""

from orders.reading.couriers import COURIERS, named_couriers, rare_couriers
from shopcomm.core.configuration.models import shop_settings


def offered_couriers() -> list[tuple[str, str]]:
    """The couriers of most shops with their names; those this one usually sends with stand first, also rare ones."""
    usual = [code for code in shop_settings().couriers if code in COURIERS or code in rare_couriers()]
    return named_couriers((*usual, *(code for code in COURIERS if code not in usual)))
