"""The shop's own pictures: its logo, the app icons made from it, its payment code."""

import logging
from secrets import token_hex

from django.core.files.base import ContentFile
from django.db import transaction

from shopcomm.core.configuration.models import ShopSettings
from shopcomm.core.pictures.draw import NotDrawn, draw_icons
from shopcomm.core.pictures.headers import HeaderUnreadable, read_header
from shopcomm.core.pictures.uploads import delete_on_commit

log = logging.getLogger(__name__)
# The sides of the icons of an app on a phone, in pixels, by the field that keeps each.
ICONS = {"icon_192": 192, "icon_512": 512}
PICTURES = ("logo", "pay_code", *ICONS)


@transaction.atomic
def save_with_pictures(shop: ShopSettings) -> None:
    """Save the shop's settings: icons are made from a new logo, and unused files are deleted."""
    before = ShopSettings.objects.select_for_update().filter(pk=shop.pk).values(*PICTURES).first() or {}
    shop.save()
    if shop.logo.name != before.get("logo", "") or (shop.logo and not shop.icon_512):
        _draw_icons(shop)
    shown = {getattr(shop, name).name for name in PICTURES}
    delete_on_commit(name for name in before.values() if name and name not in shown)


def _draw_icons(shop: ShopSettings) -> None:
    """Icons of the sign as it is now; none without a sign, or where it cannot be drawn: then the product's own stand in."""
    drawn = _drawn_from(shop) if shop.logo else {}
    for name, side in ICONS.items():
        setattr(shop, name, "")
        if side in drawn:
            # A name of its own, since browsers keep what they have under an old one.
            getattr(shop, name).save(f"app-{side}-{token_hex(4)}.png", ContentFile(drawn[side]), save=False)
    shop.save(update_fields=[*ICONS])


def _drawn_from(shop: ShopSettings) -> dict[int, bytes]:
    try:
        with shop.logo.open() as opened:
            content = opened.read()
        header = read_header(content)
        return draw_icons(content, header.format, ICONS.values()) if header else {}
    except (OSError, HeaderUnreadable, NotDrawn):
        log.warning("no app icons could be drawn from the shop's sign", exc_info=True)
        return {}
