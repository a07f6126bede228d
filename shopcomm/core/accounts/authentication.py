"""`Authorization: Bearer <key>`."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import ApiKey
from shopcomm.core.accounts.services.api_keys import find_api_key, touch_api_key
from shopcomm.core.logs import add_log_fields
from shopcomm.core.refusals import KEY_EXPIRED


class ApiKeyUser:
    """What DRF calls a user: an integration, known by its key."""

    is_authenticated = True
    is_active = True

    def __init__(self, key: ApiKey) -> None:
        self.pk = key.pk
        self.actor = Actor.api_key(key)


class ApiKeyAuthentication(BaseAuthentication):
    """Finds the key; sets `request.auth` to it, `request.actor` to who it acts as and `request.api_key` for the record."""

    def authenticate(self, request: Request) -> tuple[ApiKeyUser, ApiKey] | None:
        scheme, _, text = request.headers.get("Authorization", "").partition(" ")
        if not scheme:
            return None
        key = find_api_key(text.strip()) if scheme.lower() == "bearer" else None
        if key is None:
            raise AuthenticationFailed("this key is not known")
        asked: Any = request._request
        # Whose call it is, for the record of calls: an expired key's as well.
        asked.api_key = key
        if key.expires_at is not None and key.is_expired():
            raise AuthenticationFailed(f"this key expired at {key.expires_at.isoformat()}", KEY_EXPIRED)
        touch_api_key(key)
        user = ApiKeyUser(key)
        asked.actor = user.actor
        add_log_fields(actor=user.actor.who)
        return user, key

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class ApiKeyScheme(OpenApiAuthenticationExtension):
    """How the OpenAPI document describes it."""

    target_class = "shopcomm.core.accounts.authentication.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}
