"""What a key may do: each API view names the scope of each method."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request


class HasScope(BasePermission):
    """Allows a method whose scope, from the view's `scopes`, the key has. A view without scopes allows nothing."""

    message = "this key lacks the scope"

    def has_permission(self, request: Request, view: Any) -> bool:
        scopes: dict[str, str] = getattr(view, "scopes", {})
        method = "GET" if request.method in ("HEAD", "OPTIONS") else request.method
        scope = scopes.get(method or "")
        key: Any = request.auth
        if scope is None:
            # No such method here: the view answers 405 by itself.
            return request.auth is not None and bool(scopes)
        return key is not None and key.allows(scope)
