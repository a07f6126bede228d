"""Web Push: RFC 8030 with the encryption of RFC 8291 and the shop's own key (VAPID, RFC 8292)."""

import base64
import json
from collections.abc import Iterable
from urllib.parse import urlsplit

import http_ece
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from py_vapid import Vapid

from messaging.models import PushKey, PushSubscription
from messaging.services.channels.outgoing import ChannelFailed, Outgoing
from messaging.services.notifications.recipients import Person, these
from shopcomm.core.http.outbound import AddressRefused, NoAnswer, Reach, call_outbound

TIMEOUT_SECONDS = 10
# A notice that the browser could not be given within a day is old.
KEEP_SECONDS = 24 * 3600
GONE = frozenset({404, 410})
AGAIN = frozenset({408, 413, 425, 429})


def push_key() -> PushKey:
    """The shop's key pair, made at the first call."""
    known = PushKey.objects.filter(pk=1).first()
    if known:
        return known
    private = ec.generate_private_key(ec.SECP256R1())
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    point = private.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    public = base64.urlsafe_b64encode(point).rstrip(b"=").decode()
    key, _made = PushKey.objects.get_or_create(pk=1, defaults={"private_pem": pem.decode(), "public": public})
    return key


def reach(people: Iterable[Person]) -> dict[Person, list[PushSubscription]]:
    """The browsers of these people that agreed to be woken."""
    found: dict[Person, list[PushSubscription]] = {}
    for row in PushSubscription.objects.filter(these(people, "owner")):
        found.setdefault(Person(row.owner_kind, row.owner_id), []).append(row)
    return found


def send(outgoing: Outgoing, addresses: list[PushSubscription]) -> None:
    """Wake every browser of a person; one is enough. Raises ChannelFailed when none could be reached."""
    failures = [failure for each in addresses if (failure := _send_to(each, outgoing)) is not None]
    if len(failures) == len(addresses):
        raise ChannelFailed(str(failures[0]), final=all(failure.final for failure in failures))


def _send_to(subscription: PushSubscription, outgoing: Outgoing) -> ChannelFailed | None:
    try:
        return _answer(subscription, _post(subscription, outgoing))
    except AddressRefused as error:
        # Kept all the same: a resolver that lies for an hour must not cost every browser its subscription.
        return ChannelFailed(str(error), final=True)
    except NoAnswer as error:
        return ChannelFailed(str(error))


def _post(subscription: PushSubscription, outgoing: Outgoing) -> int:
    """Encrypt and post; returns the status. Raises AddressRefused, NoAnswer."""
    message = {
        "title": outgoing.title,
        "body": outgoing.body[:1000],
        "url": subscription.path if subscription.owner_kind == "customer" else outgoing.url,
        "tag": outgoing.reference,
    }
    answer = call_outbound(
        "POST",
        subscription.endpoint,
        headers={
            "TTL": str(KEEP_SECONDS),
            "Urgency": "high" if outgoing.urgent else "normal",
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "Authorization": _signed(subscription.endpoint),
        },
        content=_encrypted(subscription, json.dumps(message, ensure_ascii=False).encode()),
        reach=push_reach(),
        seconds=TIMEOUT_SECONDS,
        # Its status says all.
        largest=0,
    )
    return answer.status


def push_reach() -> Reach:
    """Endpoints are written by whoever holds a browser: public ones, and what the operator names for trials."""
    return Reach(named=settings.PUSH_ALLOWED_HOSTS)


def _encrypted(subscription: PushSubscription, message: bytes) -> bytes:
    """For this browser alone (RFC 8291)."""
    encrypted: bytes = http_ece.encrypt(
        message,
        private_key=ec.generate_private_key(ec.SECP256R1()),
        dh=_decoded(subscription.p256dh),
        auth_secret=_decoded(subscription.auth),
        version="aes128gcm",
    )
    return encrypted


def _signed(endpoint: str) -> str:
    """Who we are, for this push service alone (RFC 8292)."""
    parts = urlsplit(endpoint)
    claims = {"sub": f"mailto:{settings.DEFAULT_FROM_EMAIL}", "aud": f"{parts.scheme}://{parts.netloc}"}
    signed: str = Vapid.from_pem(push_key().private_pem.encode()).sign(claims)["Authorization"]
    return signed


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _answer(subscription: PushSubscription, status: int) -> ChannelFailed | None:
    if 200 <= status < 300:
        return None
    if status in GONE:
        # The person took the permission back, or the browser is gone.
        subscription.delete()
    final = 400 <= status < 500 and status not in AGAIN
    return ChannelFailed(f"push service answered {status}", final=final)
