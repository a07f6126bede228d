"""What an API key may do: each API view names the right of each method, and the rights table the scope."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from shopcomm.core.accounts.rights import RIGHT
from shopcomm.core.accounts.roles import API


def key_may(key: Any, right: str) -> bool:
    """Whether an API key has a right: an integration's by the table, and with the scope the key was given.

    `key` is None where nobody has shown one. Raises KeyError for a right that the table does not have.
    """
    row = RIGHT[right]
    return key is not None and API in row.holders and key.allows(row.scope)


class HasScope(BasePermission):
    """Allows a method whose right, from the view's `rights`, the key has. A view without rights allows nothing."""

    message = "this key lacks the scope"

    def has_permission(self, request: Request, view: Any) -> bool:
        rights: dict[str, str] = getattr(view, "rights", {})
        method = "GET" if request.method in ("HEAD", "OPTIONS") else request.method
        right = rights.get(method or "")
        if right is None:
            # No such method here: the view answers 405 by itself.
            return request.auth is not None and bool(rights)
        return key_may(request.auth, right)
