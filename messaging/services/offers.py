"""What a message lets one do with a tap: nothing happens until somebody does."""

import re
from typing import Any

from orders.address_reading import CHANGE, PHONE, read_address

# Reading costs a millisecond; most messages name no street and need none.
LIKELY = re.compile(r"[省市区县镇乡].*(?:[路街道巷弄号楼栋幢室村城园]|\d)", re.DOTALL)
LONGEST = 400


def offers_in(text: str) -> dict[str, Any]:
    """The data of a message for its text: the address somebody gives or wants, complete enough to send a parcel to."""
    if len(text) > LONGEST or not LIKELY.search(text):
        return {}
    if not (PHONE.search(text) or "地址" in text or CHANGE.search(text)):
        return {}
    read = read_address(text)
    if read is None or not read.is_complete:
        return {}
    fields = ("name", "phone", "province", "city", "district", "street")
    return {"address": {field: getattr(read, field) for field in fields}}
