"""API keys of other systems."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime

from django.utils import timezone

from shopcomm.core.accounts.models import ApiKey
from shopcomm.core.accounts.rights import SCOPES


def create_api_key(
    *, name: str, scopes: list[str], expires_at: datetime | None = None, rate: int | None = None
) -> tuple[ApiKey, str]:
    """Make a key. Returns it and its secret, which cannot be shown again. Raises ValueError for an unknown scope."""
    prefix, secret = secrets.token_hex(5), secrets.token_urlsafe(32)
    key = ApiKey.objects.create(
        name=name,
        prefix=prefix,
        digest=_digest(secret),
        scopes=_known(scopes),
        expires_at=expires_at,
        rate=rate,
    )
    return key, f"sk_{prefix}_{secret}"


def change_api_key(
    key_id: int, *, name: str, scopes: list[str], expires_at: datetime | None, rate: int | None
) -> None:
    """What a key may from now on, and until when. Another day is worth another warning.

    Raises ValueError for an unknown scope.
    """
    found = ApiKey.objects.filter(pk=key_id)
    found.exclude(expires_at=expires_at).update(warned_at=None)
    found.update(name=name, scopes=_known(scopes), expires_at=expires_at, rate=rate)


def revoke_api_key(key_id: int) -> None:
    """Close a key for good: every request looks it up, so the next one is refused."""
    ApiKey.objects.filter(pk=key_id, revoked_at=None).update(revoked_at=timezone.now())


def find_api_key(text: str) -> ApiKey | None:
    """The key that this text is the secret of, compared in constant time; it may be expired, but not revoked."""
    kind, _, rest = text.partition("_")
    prefix, _, secret = rest.partition("_")
    if kind != "sk" or not secret or not text.isascii():
        return None
    key = ApiKey.objects.filter(prefix=prefix[:12], revoked_at=None).first()
    if key is None or not secrets.compare_digest(key.digest, _digest(secret)):
        return None
    return key


def touch_api_key(key: ApiKey) -> None:
    """Remember that a key is in use, to the minute: more would be a write for every request."""
    now = timezone.now()
    if key.last_used_at is None or (now - key.last_used_at).total_seconds() > 60:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)


def _known(scopes: Iterable[str]) -> list[str]:
    given = sorted(set(scopes))
    unknown = set(given) - {"*", *SCOPES}
    if unknown or not given:
        raise ValueError(
            f"unknown scope: {', '.join(sorted(unknown)) or '(none)'}; known: *, {', '.join(SCOPES)}"
        )
    return given


def _digest(secret: str) -> str:
    # 256 random bits need no slow hash.
    return hashlib.sha256(secret.encode()).hexdigest()
