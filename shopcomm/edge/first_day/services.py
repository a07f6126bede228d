"""Opening an empty shop."""

from dataclasses import dataclass
from typing import Any

from django.core.files.base import File
from django.db import transaction

from orders.reading.couriers import COURIERS, rare_couriers
from shopcomm.core.accounts.models import Staff
from shopcomm.core.accounts.services.first_manager import NewManager, make_first_manager
from shopcomm.core.configuration.hours import Span
from shopcomm.core.configuration.models import ShopSettings
from shopcomm.core.configuration.schedule import set_weekly_hours
from shopcomm.core.configuration.signs import save_with_pictures


@dataclass(frozen=True)
class Opening:
    """What the first page asks; `weekly` begins with Monday."""

    shop_name: str
    phone: str
    return_receiver: str
    return_phone: str
    return_address: str
    logo: File | None
    weekly: list[list[Span]]
    manager: NewManager


@transaction.atomic
def open_shop(*, code: str, opening: Opening, address: str) -> Staff:
    """Make the first manager and write down what the shop says of itself; all of it or nothing.

    `address` is the visitor's. Raises SetupRefused.
    """
    manager = make_first_manager(code=code, who=opening.manager, address=address)
    said: dict[str, Any] = {
        "shop_name": opening.shop_name,
        "phone": opening.phone,
        "return_receiver": opening.return_receiver,
        "return_phone": opening.return_phone,
        "return_address": opening.return_address,
    }
    shop, _made = ShopSettings.objects.update_or_create(pk=1, defaults=said)
    if opening.logo:
        shop.logo.save(opening.logo.name or "logo", opening.logo, save=False)
        save_with_pictures(shop)
    set_weekly_hours(opening.weekly)
    return manager


@transaction.atomic
def set_usual_couriers(codes: list[str]) -> None:
    """Which couriers are offered first, in the order of the list, rare ones last; unknown codes are left out."""
    shop, _made = ShopSettings.objects.select_for_update().get_or_create(pk=1)
    rare = [code for code in dict.fromkeys(codes) if code in rare_couriers()]
    shop.couriers = [*(code for code in COURIERS if code in codes), *rare]
    shop.save(update_fields=["couriers"])
