"""What 微信小店 calls things, and what they are here: statuses, couriers, codes of errors. Tables, no rules."""

from orders.models import Status

KIND = "weixin_shop"

REFUNDED, CANCELLED = "200", "250"
# Of an order. 21 is shipped in part: with its parcels named, moving on to shipped leaves the order in picking while
# goods are missing. Codes that are not here (newer documents add 12 and 13) are parked until a person has mapped them.
STATUSES: dict[str, str] = {
    "10": Status.PENDING_PAYMENT.value,
    "20": Status.PAID.value,
    "21": Status.SHIPPED.value,
    "30": Status.SHIPPED.value,
    "100": Status.COMPLETED.value,
    "190": Status.CANCELLED.value,
    REFUNDED: Status.REFUNDED.value,
    CANCELLED: Status.CANCELLED.value,
}

# Couriers as `order/deliverycompanylist/get` names them, by our codes.
COURIERS: dict[str, str] = {
    "shunfeng": "SF",
    "zhongtong": "ZTO",
    "yuantong": "YTO",
    "yunda": "YD",
    "shentong": "STO",
    "jtexpress": "JTSD",
    "jd": "JD",
    "ems": "EMS",
    "youzhengguonei": "YZPY",
    "debangkuaidi": "DBL",
    "debangwuliu": "DBL",
    "huitongkuaidi": "HTKY",
    "danniao": "CNSD",
    "fengwang": "FWX",
    "zhongtongkuaiyun": "ZTOKY",
    "yundakuaiyun": "YDKY",
    "yuantongkuaiyun": "YTOKY",
    "shunfengkuaiyun": "SFKY",
    "jingdongkuaiyun": "JDKY",
    "annengwuliu": "ANE",
    "yimidida": "YMDD",
    "kuayue": "KYSY",
    "zhaijisong": "ZJS",
    "youshuwuliu": "UC",
    "sxjdfreight": "SX",
    "rrs": "RRS",
}
OTHER_COURIER = "OTHERS"

# --- errors -----------------------------------------------------------------------------------------
# The token is not taken: another one is fetched, once.
TOKEN_REFUSED = frozenset({40001, 40014, 42001})
# Nothing is called any more for a while: the day's or the minute's quota is used up, or they are busy themselves.
CALLED_TOO_OFTEN = frozenset({45009, 45011})
BUSY = frozenset({-1, 10020000})
# No right to one interface; the others go on.
NO_RIGHT = 48001
# Concerns everything that is asked of the shop, and a person has to mend it there: wrong
# app id or secret, an address that is not on the list, a shop that was closed.
SHOP_WIDE = frozenset({NO_RIGHT, 40013, 40125, 40164, 41002, 41004, 61004})
