"""`Authorization: Bearer <key>`."""

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import ApiKey
from shopcomm.core.accounts.services.api_keys import find_api_key, touch_api_key
from shopcomm.core.logs import add_log_fields


class ApiKeyUser:
    """What DRF calls a user: an integration, known by its key."""

    is_authenticated = True
    is_active = True

    def __init__(self, key: ApiKey) -> None:
        self.pk = key.pk
        self.actor = Actor.api_key(key)


class ApiKeyAuthentication(BaseAuthentication):
    """Finds the key; sets `request.auth` to it and `request.actor` to who it acts as."""

    def authenticate(self, request: Request) -> tuple[ApiKeyUser, ApiKey] | None:
        scheme, _, text = request.headers.get("Authorization", "").partition(" ")
        if not scheme:
            return None
        key = find_api_key(text.strip()) if scheme.lower() == "bearer" else None
        if key is None:
            raise AuthenticationFailed("this key is not known")
        touch_api_key(key)
        user = ApiKeyUser(key)
        request._request.actor = user.actor  # type: ignore[attr-defined]
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
