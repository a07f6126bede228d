"""API keys of other systems."""

import hashlib
import secrets

from django.utils import timezone

from shopcomm.core.accounts.models import ApiKey
from shopcomm.core.accounts.rights import SCOPES


def create_api_key(*, name: str, scopes: list[str]) -> tuple[ApiKey, str]:
    """Make a key. Returns it and its secret, which cannot be shown again. Raises ValueError for an unknown scope."""
    unknown = set(scopes) - {"*", *SCOPES}
    if unknown or not scopes:
        raise ValueError(
            f"unknown scope: {', '.join(sorted(unknown)) or '(none)'}; known: *, {', '.join(SCOPES)}"
        )
    prefix, secret = secrets.token_hex(5), secrets.token_urlsafe(32)
    key = ApiKey.objects.create(name=name, prefix=prefix, digest=_digest(secret), scopes=sorted(scopes))
    return key, f"sk_{prefix}_{secret}"


def find_api_key(text: str) -> ApiKey | None:
    """The live key that this text is the secret of, compared in constant time."""
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


def _digest(secret: str) -> str:
    # 256 random bits need no slow hash.
    return hashlib.sha256(secret.encode()).hexdigest()
