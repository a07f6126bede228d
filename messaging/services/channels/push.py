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
from messaging.services.channels.calls import ChannelFailed, Outgoing
from messaging.services.notifications.recipients import Recipient, people_filter
from shopcomm.core.outbound.calls import AddressRefused, NoAnswer, Reach, call_outbound

# Push services answer at once; one that does not takes a place among `at_once` for so long.
TIMEOUT_SECONDS = 6
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


class PushChannel:
    """Browsers that agreed to be woken."""

    at_once = 8
    needs_every = False

    def addresses_of(self, people: Iterable[Recipient]) -> dict[Recipient, list[PushSubscription]]:
        """The browsers of these people that agreed to be woken."""
        found: dict[Recipient, list[PushSubscription]] = {}
        for row in PushSubscription.objects.filter(people_filter(people, "owner")):
            found.setdefault(Recipient(row.owner_kind, row.owner_id), []).append(row)
        return found

    def load_credentials(self) -> PushKey:
        """What the shop's pushes are signed with."""
        return push_key()

    def send_notice(self, outgoing: Outgoing, address: PushSubscription, credentials: PushKey) -> None:
        """Wake one browser. Raises ChannelFailed, for this browser alone unless the shop's own key is at fault."""
        try:
            answer = call_outbound(
                "POST",
                address.endpoint,
                headers={
                    "TTL": str(KEEP_SECONDS),
                    "Urgency": "high" if outgoing.urgent else "normal",
                    "Content-Encoding": "aes128gcm",
                    "Content-Type": "application/octet-stream",
                    "Authorization": _signed(address.endpoint, credentials),
                },
                content=_encrypted(address, _message(outgoing, address)),
                reach=push_reach(),
                seconds=TIMEOUT_SECONDS,
                # Its status says all.
                largest=0,
            )
        except AddressRefused as error:
            # Kept all the same: a resolver that lies for an hour must not cost every browser its subscription.
            raise ChannelFailed(str(error), final=True) from error
        except NoAnswer as error:
            raise ChannelFailed(str(error)) from error
        if not answer.is_success:
            final = 300 <= answer.status < 500 and answer.status not in AGAIN
            # Gone: the person took the permission back, or the browser is no more.
            raise ChannelFailed(
                f"push service answered {answer.status}", final=final, gone=answer.status in GONE
            )


def _message(outgoing: Outgoing, address: PushSubscription) -> bytes:
    message = {
        "title": outgoing.title,
        "body": outgoing.body[:1000],
        "url": address.path if address.owner_kind == "customer" else outgoing.url,
        "tag": outgoing.reference,
    }
    return json.dumps(message, ensure_ascii=False).encode()


def push_reach() -> Reach:
    """Endpoints come from browsers: public addresses are allowed, and those that the operator names for trials."""
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


def _signed(endpoint: str, key: PushKey) -> str:
    """Who we are, for this push service alone (RFC 8292). Raises ChannelFailed."""
    parts = urlsplit(endpoint)
    try:
        vapid = Vapid.from_pem(key.private_pem.encode())
    except ValueError as error:
        raise ChannelFailed(f"the shop's key cannot be read: {error}", of_channel=True) from error
    claims = {"sub": f"mailto:{settings.DEFAULT_FROM_EMAIL}", "aud": f"{parts.scheme}://{parts.netloc}"}
    signed: str = vapid.sign(claims)["Authorization"]
    return signed


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
