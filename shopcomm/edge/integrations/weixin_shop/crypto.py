"""Safe mode of WeChat's message push: signatures by SHA-1, bodies by AES-256-CBC with PKCS#7 to 32 bytes.

https://developers.weixin.qq.com/doc/oplatform/developers/dev/push/encryption.html
"""

import base64
import hashlib
import hmac
import secrets

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK, RANDOM_BYTES, LENGTH_BYTES = 32, 16, 4
KEY_LETTERS = 43


class NotDecryptable(ValueError):
    """It was not encrypted with this key, or for another app."""


def push_signature(*parts: str) -> str:
    """The signature over texts in any order: token, timestamp, nonce, and of a push what is encrypted."""
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()


def is_push_signature(given: str, *parts: str) -> bool:
    """Whether this is the signature over these texts."""
    return hmac.compare_digest(given.encode(), push_signature(*parts).encode())


def is_aes_key(text: str) -> bool:
    """Whether a text can be an EncodingAESKey."""
    try:
        return len(text) == KEY_LETTERS and len(_key(text)) == BLOCK
    except ValueError:
        return False


def decrypt_push(encrypted: str, aes_key: str, app_id: str) -> bytes:
    """The message in what was pushed. Raises NotDecryptable for another key, another app, or what is damaged."""
    try:
        sealed = base64.b64decode(encrypted, validate=True)
        decryptor = _cipher(aes_key).decryptor()
        plain = _unpadded(decryptor.update(sealed) + decryptor.finalize())
    except ValueError as error:
        raise NotDecryptable(str(error)) from error
    start = RANDOM_BYTES + LENGTH_BYTES
    length = int.from_bytes(plain[RANDOM_BYTES:start], "big")
    message, told_app = plain[start : start + length], plain[start + length :]
    if len(message) != length or told_app != app_id.encode():
        raise NotDecryptable("it is for another app")
    return message


def encrypt_push(message: bytes, aes_key: str, app_id: str, random: bytes | None = None) -> str:
    """A message as WeChat encrypts it, and as an encrypted answer has to be."""
    plain = (random or secrets.token_bytes(RANDOM_BYTES)) + len(message).to_bytes(LENGTH_BYTES, "big")
    plain += message + app_id.encode()
    pad = BLOCK - len(plain) % BLOCK
    encryptor = _cipher(aes_key).encryptor()
    return base64.b64encode(encryptor.update(plain + bytes([pad]) * pad) + encryptor.finalize()).decode()


def _key(aes_key: str) -> bytes:
    return base64.b64decode(f"{aes_key}=", validate=True)


def _cipher(aes_key: str) -> Cipher[modes.CBC]:
    key = _key(aes_key)
    return Cipher(algorithms.AES(key), modes.CBC(key[:16]))


def _unpadded(plain: bytes) -> bytes:
    pad = plain[-1] if plain else 0
    if not 1 <= pad <= BLOCK or plain[-pad:] != bytes([pad]) * pad:
        raise NotDecryptable("the padding is wrong")
    return plain[:-pad]
