"""How the admin looks and what stands in it."""

from django.utils.translation import gettext_lazy as _

UNFOLD = {
    "SITE_TITLE": "ShopComm",
    "SITE_HEADER": "ShopComm",
    "SITE_URL": "/",
    "SHOW_LANGUAGES": True,
    "DASHBOARD_CALLBACK": "shopcomm.edge.admin_home.home.admin_home_context",
    "SIDEBAR": {"navigation": "shopcomm.edge.admin_home.rooms.sidebar_navigation"},
    "ACCOUNT": {"navigation": [{"title": _("我的设置"), "link": "/preferences/"}]},
    "STYLES": ["shopcomm.core.ui.assets.admin_stylesheet"],
    "SITE_ICON": "shopcomm.core.ui.assets.admin_icon",
    # The green of static/css/tokens.css, lighter and darker.
    "COLORS": {
        "primary": {
            "50": "#eef7f3",
            "100": "#e0f0ea",
            "200": "#c3e1d6",
            "300": "#9ecdbc",
            "400": "#56b394",
            "500": "#2f8a6d",
            "600": "#0f6b52",
            "700": "#0b5541",
            "800": "#0b4636",
            "900": "#0a3a2d",
            "950": "#06231b",
        }
    },
}
