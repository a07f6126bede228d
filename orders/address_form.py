"""An address that somebody pastes in one piece, read into the fields of a form. Nothing is changed by it."""

import math
from dataclasses import dataclass

from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _

from orders.address_reading import LONGEST, read_address
from orders.services.addresses import COLUMNS
from shopcomm.core.http.rate_limits import seconds_to_wait
from shopcomm.core.phones import written_phone

# For one person: twenty at once, then one every two seconds.
RATE, BURST = 0.5, 20


@dataclass(frozen=True)
class Pasted:
    """What was pasted, the fields found in it, and what to tell whoever pasted it."""

    text: str
    address: dict[str, str]
    told: str
    status: int = 200

    @property
    def is_found(self) -> bool:
        return bool(self.address)


def pasted_address(text: str, *, who: str) -> Pasted:
    """Read what `who` pasted."""
    text = text[:LONGEST]
    if wait := seconds_to_wait(f"paste:{who}", rate=RATE, size=BURST):
        told = _("操作太频繁，请 %(seconds)d 秒后再试") % {"seconds": math.ceil(wait)}
        return Pasted(text, {}, told, 429)
    read = read_address(text)
    if read is None:
        return Pasted(text, {}, _("没有认出地址，请直接填写下面几栏"))
    address = {name: getattr(read, name) for name in COLUMNS} | {"phone": written_phone(read.phone)}
    told = _("已填好，请核对后提交") if read.is_complete else _("只认出一部分，请补全后提交")
    return Pasted(text, address, told)


def wants_fields(request: HttpRequest) -> bool:
    """Whether it is a script that asks, for the fields alone."""
    return request.headers.get("Accept", "") == "application/json"


def fields_answer(pasted: Pasted) -> JsonResponse:
    """The fields for a script to fill in."""
    return JsonResponse({"address": pasted.address, "told": pasted.told}, status=pasted.status)
