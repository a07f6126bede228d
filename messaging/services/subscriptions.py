"""Browsers that agreed to be woken, and what their people want of notices."""

import base64
import binascii
from datetime import time
from typing import Any

from django.db import transaction

from messaging.models import NotificationPreference, PushSubscription, Recipient
from messaging.models.rules import ALWAYS_TOLD, Trigger
from messaging.services.channels.push import push_reach
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.http.outbound import AddressRefused, check_outbound

# An uncompressed point of P-256, and the secret of RFC 8291.
POINT_BYTES, SECRET_BYTES = 65, 16
MOST_BROWSERS = 10


class SubscriptionRefused(ValueError):
    """What a browser sent is no subscription."""


def owner_of(actor: Actor) -> tuple[str, int]:
    """Whose notices these are: a customer's or a member of staff's."""
    return (Recipient.CUSTOMER if actor.kind == "customer" else Recipient.STAFF), actor.id or 0


@transaction.atomic
def remember_browser(*, actor: Actor, subscription: dict[str, Any], path: str) -> PushSubscription:
    """Keep a browser's subscription (W3C Push API, `toJSON()`); the same endpoint again belongs to whoever came last.

    Raises SubscriptionRefused for keys that are none and for an address this server must not call.
    """
    keys = subscription.get("keys") if isinstance(subscription.get("keys"), dict) else {}
    endpoint = str(subscription.get("endpoint", ""))
    p256dh, auth = str(keys.get("p256dh", "")), str(keys.get("auth", ""))  # type: ignore[union-attr]
    if len(endpoint) > 600 or _size(p256dh) != POINT_BYTES or _size(auth) != SECRET_BYTES:
        raise SubscriptionRefused("not a push subscription")
    try:
        check_outbound(endpoint, push_reach())
    except AddressRefused as error:
        raise SubscriptionRefused(str(error)) from error
    kind, pk = owner_of(actor)
    own = path if path.startswith("/") and not path.startswith("//") else "/"
    row, _made = PushSubscription.objects.update_or_create(
        endpoint=endpoint,
        defaults={"owner_kind": kind, "owner_id": pk, "p256dh": p256dh, "auth": auth, "path": own[:300]},
    )
    old = PushSubscription.objects.filter(owner_kind=kind, owner_id=pk).order_by("-pk")
    PushSubscription.objects.filter(pk__in=list(old.values_list("pk", flat=True)[MOST_BROWSERS:])).delete()
    return row


def _size(text: str) -> int:
    try:
        return len(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, binascii.Error):
        return -1


def forget_browser(*, actor: Actor, endpoint: str) -> None:
    """Wake this browser no more."""
    kind, pk = owner_of(actor)
    PushSubscription.objects.filter(owner_kind=kind, owner_id=pk, endpoint=endpoint).delete()


def wishes_of(actor: Actor) -> NotificationPreference:
    """What somebody wants of notices; the usual when they have said nothing."""
    kind, pk = owner_of(actor)
    known = NotificationPreference.objects.filter(owner_kind=kind, owner_id=pk).first()
    return known or NotificationPreference(owner_kind=kind, owner_id=pk)


def set_wishes(
    *, actor: Actor, quiet_from: time | None, quiet_to: time | None, muted: list[str], desktop: bool = True
) -> NotificationPreference:
    """Say when to be left alone and which kinds are not wanted. Money is told to customers all the same."""
    kind, pk = owner_of(actor)
    kinds = {trigger.value for trigger in Trigger}
    if kind == Recipient.CUSTOMER:
        kinds -= {trigger.value for trigger in ALWAYS_TOLD}
    both = quiet_from is not None and quiet_to is not None
    row, _made = NotificationPreference.objects.update_or_create(
        owner_kind=kind,
        owner_id=pk,
        defaults={
            "quiet_from": quiet_from if both else None,
            "quiet_to": quiet_to if both else None,
            "muted": sorted(kinds & set(muted)),
            "desktop": desktop,
        },
    )
    return row
