"""Words around an address that belong to none of its parts: labels, requests, postcodes."""

import re

_NAME = r"(?:收[件货]人?姓名|收[件货]人名?|联系人|姓名|名字)"
_PHONE = r"(?:收[件货]人?)?(?:联系)?(?:手机号码?|电话号码|联系电话|联系方式|电话)"
_PLACE = r"(?:所在省市区?|所在地区|所在地|所在区域|收[件货]地区|省市区|(?:我的?)?(?:新的?)?(?:收货|收件|详细|邮寄|送货|家庭|公司|正确)?的?地址)"
_SHORT = r"(?:手机|电话|[Tt][Ee][Ll]|邮编|邮政编码|省份?|城市|市|区县?|县|街道|门牌号?|详细|收货|收件|地区|区域)(?=[:：])|(?:手机|电话|邮编)(?=[\s\0\d])|^手机(?=\0)"
# 改下地址:, 麻烦换到; never the first character of 改革路.
CHANGE = re.compile(
    r"(?:麻烦|请|帮我|帮忙|给我|我要|想|可以|能)*(?:更改|修改|变更|改|换)(?:一?下|成|为|到|至|寄到?|送到?|发到?|收货|收件|地址|地方)+[:：,，]?"
)
SEND = re.compile(
    r"(?:麻烦|请|帮我|给我|直接)*(?:寄|发|送)货?(?:到|至|往|给)(?:这里|这儿|这个地址|这边)?[:：,，]?"
)
_NAMED_BY = re.compile(rf"{_NAME}(?:是|为)?\s*[:：]?\s*")
_LABEL = re.compile(
    rf"(?:{_NAME}|{_PHONE}(?![\u4e00-\u9fff亭城店街市])|{_PLACE}|{_SHORT})(?:是在?|为|在)?\s*[:：]?"
)
_POSTCODE = re.compile(r"(?<![^\s,，;；。\0])(?:0[1-9]|[1-8]\d|00)\d{4}(?![^\s,，;；。\0])")


def labels_in(text: str) -> list[tuple[int, int, str]]:
    """Where labels stand in a text (narrow, simplified, phones taken), and what follows: "name", "place" or nothing known."""
    found = [(each.start(), each.end(), "") for each in CHANGE.finditer(text)]
    found += [(each.start(), each.end(), "") for each in SEND.finditer(text)]
    found += [(each.start(), each.end(), _follows(each[0])) for each in _LABEL.finditer(text)]
    return found


def _follows(label: str) -> str:
    if _NAMED_BY.fullmatch(label):
        return "name"
    return "place" if "地址" in label or "详细" in label else ""


def postcode_in(text: str, start: int) -> tuple[int, int] | None:
    """Where a postcode stands by itself, behind the region that ends at `start`."""
    match = _POSTCODE.search(text, start)
    return match.span() if match else None
