"""The address that a message clearly gives, to be offered and confirmed with one tap."""

import re

from orders.reading.addresses import CHANGE, ReadAddress, read_address

# Whoever writes more than this tells something else as well.
LONGEST = 200
# Reading costs a part of a millisecond; most messages name no street and need none.
_LIKELY = re.compile(r"[路街道巷弄号楼栋幢室村镇乡城园区路號樓棟區鎮鄉縣园苑庄厦店厂庫库场場]|\d")
_GIVEN = re.compile(r"[地住]址|[寄发送]到|[寄发送]往|收[件货]人")
_MAYBE_PHONE = re.compile(r"(?:\d[-\s]?){8}|[０-９]{8}")
# A question, a complaint, the shop's own address: none of them is where the goods shall go.
_ASKED = re.compile(
    r"[?？么呢]|吗|什么|哪[里儿个天]|多[久少]|几[天点号时]|为何|咋|怎[么样]|是不是|有没有|能不能|可不可以|会不会|要不要|到了没|没收到|没有?到"
)
_AGAINST = re.compile(
    r"(?:不|没|别|勿)(?:是|要|用|能|会|在|对|到|收(?!货)|[发送寄](?!错))|不行|退[货回]|寄回|返回|仓库地址|发货地|自提|我们店|本店|门店|原来|之前的?地址|以前|旧地址|配送站|客服|售后|不想|取消"
)
_HOUSE = re.compile(r"\d|[路街巷弄号楼栋幢室村苑园厦城店屯庄坊厂库档院场]|大道|街道|小区|公寓|[镇乡](?=.)")


def offered_address(text: str) -> ReadAddress | None:
    """The address that a message gives or wants, complete enough to send a parcel to; None when in doubt."""
    if len(text) > LONGEST or not _LIKELY.search(text):
        return None
    given = _GIVEN.search(text) or CHANGE.search(text)
    if not (given or _MAYBE_PHONE.search(text)):
        return None
    read = read_address(text)
    if read is None or not read.is_complete or not _HOUSE.search(read.street) or not (given or read.phone):
        return None
    return None if _doubtful(read) else read


def _doubtful(read: ReadAddress) -> bool:
    """Whether the words around the address, or those taken for its street, ask or complain."""
    if _ASKED.search(read.street) or _AGAINST.search(read.street):
        return True
    around = f"{read.signs} {read.rest}"
    return bool(_AGAINST.search(around) or _ASKED.search(around))
