"""A number for every request: in the answer, and on every line of the log beside who asks and what for."""

import re
import uuid
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

from shopcomm.core.logs import add_log_fields, log_fields, log_scope

_ACCEPTABLE = re.compile(r"[A-Za-z0-9-]{8,64}")


class RequestIdMiddleware:
    """Takes the proxy's X-Request-ID or makes one; answers with it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if _ACCEPTABLE.fullmatch(given) else uuid.uuid4().hex
        asking: Any = request
        # The page of a 500 shows it.
        asking.request_id = request_id
        with log_scope(request_id=request_id):
            response = self.get_response(request)
            # Refusals are logged when this middleware is over.
            asking.log_names = log_fields()
        response.headers["X-Request-ID"] = request_id
        return response

    def process_view(self, request: HttpRequest, view: object, args: object, kwargs: dict[str, Any]) -> None:
        """An address that names an order is about it, whether or not the order is there."""
        if isinstance(number := kwargs.get("number"), str):
            add_log_fields(order=number)
