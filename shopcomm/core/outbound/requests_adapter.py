"""For libraries that call out by `requests`: their calls go through our one client, and have no other way."""

from typing import Any

import requests
from requests import PreparedRequest, Response, sessions
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from shopcomm.core.outbound.calls import AddressRefused, NoAnswer, Reach, call_outbound


class OutboundAdapter(BaseAdapter):
    """What a session of `requests` hands its calls to. Certificates are always checked, whatever the caller says."""

    def __init__(self, reach: Reach) -> None:
        super().__init__()
        self._reach = reach

    def send(self, request: PreparedRequest, *_given: Any, **_more: Any) -> Response:
        """Make the call and turn the answer into what `requests` returns. Raises its ConnectionError."""
        body = request.body or b""
        if not isinstance(body, str | bytes):
            raise requests.ConnectionError("only bodies that are known as a whole", request=request)
        content = body.encode() if isinstance(body, str) else body
        # Those are written by whoever knows the connection.
        left_out = {"host", "connection", "content-length", "accept-encoding", "transfer-encoding"}
        headers = {
            name: _text(value) for name, value in request.headers.items() if name.lower() not in left_out
        }
        try:
            answer = call_outbound(
                request.method or "GET",
                request.url or "",
                headers=headers,
                content=content,
                reach=self._reach,
            )
        except (AddressRefused, NoAnswer) as error:
            raise requests.ConnectionError(str(error), request=request) from error
        return _response(request, answer.status, dict(answer.headers), answer.body)

    def close(self) -> None:
        """Nothing is kept open."""


def guard_requests(reach: Reach) -> None:
    """From now on every session of `requests` in this process calls through the one client."""

    def adapter(*_given: Any, **_more: Any) -> OutboundAdapter:
        return OutboundAdapter(reach)

    sessions.HTTPAdapter = adapter  # type: ignore[misc,assignment]


def _response(request: PreparedRequest, status: int, headers: dict[str, str], body: bytes) -> Response:
    # Without the address of a redirect nobody follows it.
    headers.pop("location", None)
    response = Response()
    response.status_code, response.reason = status, ""
    response.headers = CaseInsensitiveDict(headers)
    response.url, response.request = request.url or "", request
    response.encoding = requests.utils.get_encoding_from_headers(response.headers)
    response._content = body
    return response


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value
