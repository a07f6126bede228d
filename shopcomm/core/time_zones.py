"""Where in the world a customer's clock stands: the zones of the IANA database, with those a shop meets first by name."""

from zoneinfo import available_timezones

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# Where bags are sold to: one place a zone, as people call it.
USUAL: dict[str, str | Promise] = {
    "Asia/Shanghai": _("中国"),
    "Asia/Hong_Kong": _("香港"),
    "Asia/Taipei": _("台北"),
    "Asia/Singapore": _("新加坡"),
    "Asia/Kuala_Lumpur": _("吉隆坡"),
    "Asia/Bangkok": _("曼谷"),
    "Asia/Ho_Chi_Minh": _("胡志明市"),
    "Asia/Jakarta": _("雅加达"),
    "Asia/Manila": _("马尼拉"),
    "Asia/Tokyo": _("东京"),
    "Asia/Seoul": _("首尔"),
    "Asia/Dubai": _("迪拜"),
    "Asia/Almaty": _("阿拉木图"),
    "Europe/Moscow": _("莫斯科"),
    "Europe/Berlin": _("柏林"),
    "Europe/Paris": _("巴黎"),
    "Europe/Madrid": _("马德里"),
    "Europe/London": _("伦敦"),
    "Africa/Lagos": _("拉各斯"),
    "Africa/Nairobi": _("内罗毕"),
    "Africa/Johannesburg": _("约翰内斯堡"),
    "America/New_York": _("纽约"),
    "America/Chicago": _("芝加哥"),
    "America/Los_Angeles": _("洛杉矶"),
    "America/Mexico_City": _("墨西哥城"),
    "America/Sao_Paulo": _("圣保罗"),
    "Australia/Sydney": _("悉尼"),
}


def all_zones() -> set[str]:
    """Every zone that a form offers."""
    return {zone for zone in available_timezones() if "/" in zone}


def zone_choices() -> list[tuple[str, str | list[tuple[str, str]]]]:
    """What a form offers: nothing (the shop's own), the usual ones by their city, then every other."""
    others = sorted(all_zones() - USUAL.keys())
    return [
        ("", str(_("与店铺相同"))),
        (str(_("常用")), [(zone, str(city)) for zone, city in USUAL.items()]),
        (str(_("其他")), [(zone, zone) for zone in others]),
    ]
