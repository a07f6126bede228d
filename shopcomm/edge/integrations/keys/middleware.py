"""Notes every call that showed a key, with how long its answer took."""

import time
from collections.abc import Callable
from ipaddress import ip_address

from django.http import HttpRequest, HttpResponse

from shopcomm.core.accounts.models import ApiKey
from shopcomm.edge.integrations.keys.services.recording import Call, note_call, path_without_secrets


class KeyCallMiddleware:
    """Stands outside of all that may refuse a call. Whose it is the authentication says."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        response = self.get_response(request)
        key: ApiKey | None = getattr(request, "api_key", None)
        if key is not None:
            call = Call(
                key_id=key.pk,
                at=time.time(),
                method=(request.method or "")[:10],
                path=path_without_secrets(request.path),
                status=response.status_code,
                duration_ms=round((time.perf_counter() - began) * 1000),
                address=_address_of(request),
            )
            note_call(call)
        return response


def _address_of(request: HttpRequest) -> str | None:
    """The address of the caller; None where the server does not know one."""
    try:
        return str(ip_address(str(request.META.get("REMOTE_ADDR", "")).partition("%")[0]))
    except ValueError:
        return None
