"""What every API view shares: the actor, and repeatable POSTs."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from shopcomm.core.accounts.actors import Actor
from shopcomm.core.http.idempotency import run_once


class ApiView(APIView):
    """A view with `rights` by method; `create` is the work of its POST, run once for each Idempotency-Key."""

    rights: dict[str, str] = {}
    # Only views that answer by `once` have it.
    create: Callable[..., Response]

    @property
    def actor(self) -> Actor:
        """The integration that asks."""
        key: Any = self.request.auth
        return Actor.api_key(key)

    def once(self, request: Request, **kwargs: Any) -> Response:
        """`create`, or its first answer again."""
        return run_once(request, lambda: self.create(request, **kwargs))


def neighbour_url(request: Request, cursor: str | None, name: str = "cursor") -> str | None:
    """The address of this list at another cursor; None where there is no more."""
    if not cursor:
        return None
    query = {key: value for key, value in request.query_params.items() if key != name}
    return request.build_absolute_uri(f"{request.path}?{urlencode(query | {name: cursor})}")
