"""The couriers of China by their kuaidi100 codes, and the short names people type.

Those that most shops send with are here; some thirteen hundred others, which a shop may add to its own, are in
`rare_couriers.txt` and read at the first use.
"""

from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path
from urllib.parse import quote

from django.utils.translation import get_language, gettext

COURIERS: dict[str, str] = {
    "shunfeng": "顺丰速运",
    "zhongtong": "中通快递",
    "yuantong": "圆通速递",
    "yunda": "韵达快递",
    "shentong": "申通快递",
    "jtexpress": "极兔速递",
    "jd": "京东物流",
    "ems": "EMS",
    "youzhengguonei": "邮政快递包裹",
    "debangkuaidi": "德邦快递",
    "debangwuliu": "德邦物流",
    "huitongkuaidi": "百世快递",
    "baishiwuliu": "百世快运",
    "danniao": "菜鸟速递",
    "fengwang": "丰网速运",
    "zhongtongkuaiyun": "中通快运",
    "yundakuaiyun": "韵达快运",
    "yuantongkuaiyun": "圆通快运",
    "shunfengkuaiyun": "顺丰快运",
    "jingdongkuaiyun": "京东快运",
    "annengwuliu": "安能物流",
    "yimidida": "壹米滴答",
    "kuayue": "跨越速运",
    "zhaijisong": "宅急送",
    "tiantian": "天天快递",
    "youshuwuliu": "优速快递",
    "suning": "苏宁物流",
    "guotongkuaidi": "国通快递",
    "quanfengkuaidi": "全峰快递",
    "lianhaowuliu": "联昊通",
    "xinfengwuliu": "信丰物流",
    "shenghuiwuliu": "盛辉物流",
    "shengfengwuliu": "盛丰物流",
    "tiandihuayu": "天地华宇",
    "jiajiwuliu": "佳吉快运",
    "jiayiwuliu": "佳怡物流",
    "zhongtiewuliu": "中铁物流",
    "sxjdfreight": "顺心捷达",
    "dsukuaidi": "D速物流",
    "rrs": "日日顺物流",
    "youzhengguoji": "国际邮政包裹",
    "dhl": "DHL",
    "fedex": "FedEx",
    "ups": "UPS",
    "other": "其他物流",
}

# Where a shop rings about a parcel that does not move.
HOTLINES: dict[str, str] = {
    "shunfeng": "95338",
    "shunfengkuaiyun": "95338",
    "zhongtong": "95311",
    "yuantong": "95554",
    "shentong": "95543",
    "yunda": "95546",
    "jtexpress": "956025",
    "jd": "950616",
    "jingdongkuaiyun": "950616",
    "ems": "11183",
    "youzhengguonei": "11183",
    "debangkuaidi": "95353",
    "debangwuliu": "95353",
    "huitongkuaidi": "95320",
    "kuayue": "95324",
}

# The courier's own public page of one parcel, for whom it takes the number in its address. Those of the others ask for
# it in a form or for the receiver's phone: there the number is copied.
TRACKING_PAGES: dict[str, str] = {
    "shunfeng": "https://www.sf-express.com/chn/sc/waybill/waybill-detail/{number}",
    "zhongtong": "https://www.zto.com/express/expressCheck.html?txtBill={number}",
    "jd": "https://www.jdl.com/orderSearch/?waybillCodes={number}",
    "dhl": "https://www.dhl.com/cn-zh/home/tracking.html?tracking-id={number}",
    "fedex": "https://www.fedex.com/fedextrack/?trknbr={number}",
    "ups": "https://www.ups.com/track?tracknum={number}",
}

ALIASES: dict[str, str] = {
    "sf": "shunfeng",
    "zto": "zhongtong",
    "yto": "yuantong",
    "yd": "yunda",
    "sto": "shentong",
    "jt": "jtexpress",
    "jdl": "jd",
    "dbl": "debangkuaidi",
    "deppon": "debangkuaidi",
    "youzheng": "youzhengguonei",
    "best": "huitongkuaidi",
}


def courier_code(text: str) -> str | None:
    """The code of a courier given by code, short name or Chinese name; None when nobody knows it."""
    wanted = str(text or "").strip()
    code = ALIASES.get(wanted.lower(), wanted.lower())
    if code in COURIERS:
        return code
    if not wanted:
        return None
    found = next((code for code, name in COURIERS.items() if name.startswith(wanted)), None)
    return found or _rare_code(wanted, code)


def _rare_code(name: str, code: str) -> str | None:
    """Of the others only the code or the whole name will do: their short names mean several."""
    rare = rare_couriers()
    return code if code in rare else next((each for each, called in rare.items() if called == name), None)


@cache
def rare_couriers() -> dict[str, str]:
    """The names of the couriers that few shops send with, by their codes."""
    lines = Path(__file__).with_name("rare_couriers.txt").read_text("utf-8").splitlines()
    found = (line.partition(" ") for line in lines if line and not line.startswith("#"))
    return {code: name for code, _space, name in found}


def courier_name(code: str) -> str:
    """How people call a courier; the code itself for one that is not listed."""
    return gettext(COURIERS[code]) if code in COURIERS else rare_couriers().get(code, code)


def hotline_of(code: str) -> str:
    """Where a courier is rung; empty where that is not known."""
    return HOTLINES.get(code, "")


def named_couriers(codes: Iterable[str] = COURIERS) -> list[tuple[str, str]]:
    """Couriers by code with the names that the reader knows them by."""
    return [*_named(tuple(codes), get_language())]


@lru_cache(maxsize=64)
def _named(codes: tuple[str, ...], _language: str | None) -> tuple[tuple[str, str], ...]:
    return tuple((code, courier_name(code)) for code in codes)


def tracking_page_url(code: str, number: str) -> str:
    """Where a courier itself shows a parcel to everybody; empty for one whose page takes no number."""
    page = TRACKING_PAGES.get(code, "")
    return page.format(number=quote(number.strip(), safe="")) if number.strip() else ""
