"""One request to WeChat's API, and what its answer means. Holds no token and writes none down."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from shopcomm.core.logs import without_secrets
from shopcomm.core.outbound.calls import (
    USUAL_PORTS,
    AddressRefused,
    NoAnswer,
    Reach,
    call_outbound,
)
from shopcomm.core.reading import json_object, whole_number
from shopcomm.edge.integrations.weixin_shop.codes import BUSY, CALLED_TOO_OFTEN, SHOP_WIDE, TOKEN_REFUSED

SECONDS = 10.0
# An order of a thousand lines.
LARGEST = 4 * 1024 * 1024


class WeixinAway(Exception):
    """Nobody answered, or not as WeChat does: it is tried again later."""


class WeixinRefused(Exception):
    """WeChat answered with an error: its code, and a sentence that names no secret."""

    def __init__(self, code: int, said: str) -> None:
        super().__init__(f"{code} {said}".strip())
        self.code, self.said = code, said

    @property
    def concerns_all(self) -> bool:
        """Whether anything else that is asked now would be answered the same."""
        return self.code in CALLED_TOO_OFTEN | BUSY | SHOP_WIDE | TOKEN_REFUSED


def api_reach() -> Reach:
    """The one host that the operator named; it may be a private one, as in development."""
    parts = urlsplit(settings.WEIXIN_API_URL)
    return Reach(named=[f"{parts.hostname}:{parts.port or USUAL_PORTS.get(parts.scheme, 0)}"])


def post_json(path: str, body: str, *, query: str = "") -> dict[str, Any]:
    """Send a JSON text and return the object that is answered, whatever it says. Raises WeixinAway."""
    url = f"{settings.WEIXIN_API_URL.rstrip('/')}{path}{f'?{query}' if query else ''}"
    try:
        answer = call_outbound(
            "POST",
            url,
            headers={"Content-Type": "application/json"},
            content=body.encode(),
            reach=api_reach(),
            seconds=SECONDS,
            largest=LARGEST,
        )
    except (NoAnswer, AddressRefused) as error:
        raise WeixinAway(without_secrets(str(error))) from error
    found = json_object(answer.body) if answer.is_success else None
    if found is None:
        raise WeixinAway(f"HTTP {answer.status}, no JSON object")
    return found


def check_answer(found: dict[str, Any]) -> dict[str, Any]:
    """The answer, if it is none of an error. Raises WeixinRefused."""
    code = whole_number(found.get("errcode", 0), least=-(2**31), most=2**31)
    if code:
        raise WeixinRefused(code, without_secrets(str(found.get("errmsg", "")))[:250])
    return found
