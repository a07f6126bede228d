"""What every API view shares: the actor, what it takes of a query, and repeatable POSTs."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from shopcomm.core.accounts.actors import Actor
from shopcomm.core.http.idempotency import run_once
from shopcomm.core.http.pages import PageQuery


class StrictQueryView(APIView):
    """Takes of a query only what it knows: a misspelt filter is refused, where it would show everything."""

    # What a GET takes, if anything; the description tells it by this.
    filters: type[serializers.Serializer] | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Raises ValidationError for names that nobody reads."""
        super().initial(request, *args, **kwargs)
        # What is no method here is answered as that, whatever its query.
        if not request.GET or request.method not in {*self.allowed_methods} - {"OPTIONS"}:
            return
        reads = self.filters if request.method in ("GET", "HEAD") else None
        if unknown := request.GET.keys() - (reads._declared_fields.keys() if reads else set()):
            raise serializers.ValidationError({name: [_("没有这个参数")] for name in sorted(unknown)})

    def filters_of(self, request: Request) -> dict[str, Any]:
        """The filters that a GET asks for. Raises ValidationError by field."""
        assert self.filters is not None
        asked = self.filters(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        found: dict[str, Any] = asked.validated_data
        return found


class ApiList(StrictQueryView, ListAPIView):
    """A list of one model's rows by pages."""

    filters = PageQuery


class ApiView(StrictQueryView):
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
