"""Text that only this installation reads: a copy of the database must not open anything by itself."""

import base64
import json
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.utils.crypto import salted_hmac


class CannotUnseal(ValueError):
    """Sealed under a secret key that is not known any more."""


def seal_text(text: str) -> str:
    """The text, encrypted under SECRET_KEY."""
    return _box().encrypt(text.encode()).decode()


def unseal_text(sealed: str) -> str:
    """Decrypt a sealed text, also under one of SECRET_KEY_FALLBACKS. Raises CannotUnseal."""
    try:
        return _box().decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise CannotUnseal from error


def unseal_once(sealed: str) -> str:
    """The same for what is needed hundreds of times in a second: opened once a process. Raises CannotUnseal."""
    return _unsealed(sealed, settings.SECRET_KEY)


def seal_values(values: Mapping[str, str]) -> str:
    """Named texts, such as the credentials of another system, sealed together."""
    return seal_text(json.dumps(dict(values)))


def unseal_values(sealed: str) -> dict[str, str]:
    """The named texts again; none of what was never sealed. Raises CannotUnseal."""
    return dict(json.loads(unseal_once(sealed))) if sealed else {}


def readable_values(sealed: str) -> dict[str, str]:
    """The same for a form: none where they cannot be read any more, so that a person may enter them anew."""
    try:
        return unseal_values(sealed)
    except CannotUnseal:
        return {}


@lru_cache(maxsize=512)
def _unsealed(sealed: str, _secret_key: str) -> str:
    return unseal_text(sealed)


def _box() -> MultiFernet:
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return MultiFernet([Fernet(_key(each)) for each in keys])


def _key(secret: str | bytes) -> bytes:
    digest = salted_hmac("shopcomm.seal", "", secret=secret, algorithm="sha256").digest()
    return base64.urlsafe_b64encode(sha256(digest).digest())
