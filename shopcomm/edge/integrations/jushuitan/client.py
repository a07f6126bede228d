"""One page of 聚水潭's orders: a form whose fields are signed with md5 over the secret and all of them in order."""

import hashlib
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings

from shopcomm.core.json_text import json_text
from shopcomm.core.outbound.calls import USUAL_PORTS, AddressRefused, NoAnswer, Reach, call_outbound
from shopcomm.core.reading import json_object
from shopcomm.edge.integrations.jushuitan.codes import CALLED_TOO_OFTEN, OK
from shopcomm.edge.integrations.members import object_in, objects_in
from shopcomm.edge.integrations.moments import BEIJING

PATH = "/open/orders/single/query"
PAGE = 50
LARGEST = 8 * 1024 * 1024


class JushuitanFailed(Exception):
    """It did not answer, or with an error; the text names no secret. `too_often`: it wants to be left alone."""

    def __init__(self, said: str, *, too_often: bool = False) -> None:
        super().__init__(said)
        self.too_often = too_often


def jushuitan_signature(secret: str, fields: Mapping[str, str]) -> str:
    """The signature of a form: all fields but `sign` itself, by name, each name and value one after the other."""
    told = "".join(f"{name}{fields[name]}" for name in sorted(fields) if name != "sign")
    return hashlib.md5(f"{secret}{told}".encode(), usedforsecurity=False).hexdigest()


def list_jushuitan_orders(
    known: Mapping[str, str], start: datetime, end: datetime, page: int
) -> tuple[list[dict[str, Any]], bool]:
    """One page of the orders changed between two moments, and whether another one follows. Raises JushuitanFailed."""
    asked = {
        "page_index": page,
        "page_size": PAGE,
        "modified_begin": _written(start),
        "modified_end": _written(end),
    }
    fields = {
        "app_key": known.get("app_key", ""),
        "access_token": known.get("access_token", ""),
        "timestamp": str(int(time.time())),
        "charset": "utf-8",
        "version": "2",
        "biz": json_text(asked),
    }
    fields["sign"] = jushuitan_signature(known.get("app_secret", ""), fields)
    data = _post(fields)
    return objects_in(data, "orders"), data.get("has_next") is True


def _written(moment: datetime) -> str:
    return f"{moment.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}"


def _post(fields: Mapping[str, str]) -> dict[str, Any]:
    parts = urlsplit(settings.JUSHUITAN_API_URL)
    reach = Reach(named=[f"{parts.hostname}:{parts.port or USUAL_PORTS.get(parts.scheme, 0)}"])
    try:
        answer = call_outbound(
            "POST",
            f"{settings.JUSHUITAN_API_URL.rstrip('/')}{PATH}",
            headers={"Content-Type": "application/x-www-form-urlencoded;charset=UTF-8"},
            content=urlencode(fields).encode(),
            reach=reach,
            seconds=30.0,
            largest=LARGEST,
        )
    except (NoAnswer, AddressRefused) as error:
        raise JushuitanFailed(str(error)) from error
    found = json_object(answer.body) if answer.is_success else None
    if found is None:
        raise JushuitanFailed(f"HTTP {answer.status}", too_often=answer.status == 429)
    if found.get("code") != OK:
        said = f"{found.get('code')} {found.get('msg') or ''}".strip()[:250]
        raise JushuitanFailed(said, too_often=found.get("code") in CALLED_TOO_OFTEN)
    return object_in(found, "data")
