"""Push subscriptions of browsers, and the notification preferences of their people."""

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import time
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from messaging.errors import MessagingError
from messaging.models import Notification, NotificationPreference, PushSubscription, RecipientKind
from messaging.policies.notifications.triggers import ALWAYS_TOLD, Trigger
from messaging.services.channels.push import push_reach
from messaging.services.notifications.recipients import Recipient, people_filter
from messaging.services.notifications.waiting import reschedule_notices
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Customer, OrderLink, Staff
from shopcomm.core.accounts.services.order_links import link_token
from shopcomm.core.outbound.calls import AddressRefused, check_outbound
from shopcomm.core.rate_limits import seconds_to_wait

# An uncompressed point of P-256, and the secret of RFC 8291.
POINT_BYTES, SECRET_BYTES = 65, 16
MOST_BROWSERS = 10
# New ones of one person: so many at once, then one in two minutes. Each costs a look at a name of their choice.
NEW_RATE, NEW_BURST = 1 / 120, 20


class SubscriptionRefused(MessagingError):
    """What a browser sent is no subscription."""

    code = "bad_subscription"


def owner_of(actor: Actor) -> tuple[str, int]:
    """Whose notices these are: a customer's or a member of staff's."""
    return (RecipientKind.CUSTOMER if actor.is_customer else RecipientKind.STAFF), actor.id_or_zero


class PreferencesRefused(MessagingError):
    """Half of what somebody wants is missing."""

    code = "wishes_refused"


@dataclass(frozen=True)
class Entry:
    """How the person of a session came in: the live link that was opened, if any, and the session's key."""

    link: OrderLink | None = None
    session_key: str = ""


def remember_browser(
    *,
    actor: Actor,
    subscription: dict[str, Any],
    path: str = "/",
    entry: Entry = Entry(),
    renew: bool = False,
) -> PushSubscription:
    """Keep a browser's subscription (W3C Push API, `toJSON()`); the same endpoint again belongs to whoever came last.

    Who came by the signed link of one order agrees for that order. `renew` only carries on what the same person agreed
    to in this browser. Raises SubscriptionRefused for keys that are none, for an address this server must not call, for
    too many new ones, for one order without its link, and for nothing to renew.
    """
    keys = subscription.get("keys") if isinstance(subscription.get("keys"), dict) else {}
    endpoint = str(subscription.get("endpoint", ""))
    p256dh, auth = str(keys.get("p256dh", "")), str(keys.get("auth", ""))  # type: ignore[union-attr]
    if len(endpoint) > 600 or _size(p256dh) != POINT_BYTES or _size(auth) != SECRET_BYTES:
        raise SubscriptionRefused("not a push subscription")
    if actor.order_id and (entry.link is None or entry.link.order_id != actor.order_id):
        raise SubscriptionRefused("no link of this order")
    kind, pk = owner_of(actor)
    # What is known was looked at when it came, and is again whenever it is called.
    if not PushSubscription.objects.filter(endpoint=endpoint, owner_kind=kind, owner_id=pk).exists():
        if renew:
            raise SubscriptionRefused("nothing to renew")
        _check_new(endpoint, kind, pk)
    proof = "" if actor.order_id else _proof(kind, pk)
    own = path if path.startswith("/my/") and ".." not in path else "/my/"
    kept = {"p256dh": p256dh, "auth": auth, "session": session_digest(entry.session_key)}
    return _keep(endpoint, actor, entry.link, kept | {"proof": proof, "path": own[:300]})


def _check_new(endpoint: str, kind: str, pk: int) -> None:
    """No transaction is open: a name may take seconds to be looked up. Raises SubscriptionRefused."""
    if seconds_to_wait(f"push-new:{kind}:{pk}", rate=NEW_RATE, size=NEW_BURST):
        raise SubscriptionRefused(_("短时间内打开的设备太多，请过几分钟再试"))
    try:
        check_outbound(endpoint, push_reach())
    except AddressRefused as error:
        raise SubscriptionRefused(_("这个浏览器的推送服务连不上，请换一个浏览器")) from error


@transaction.atomic
def _keep(endpoint: str, actor: Actor, link: OrderLink | None, kept: dict[str, str]) -> PushSubscription:
    kind, pk = owner_of(actor)
    others = PushSubscription.objects.filter(endpoint=endpoint).exclude(owner_kind=kind, owner_id=pk)
    # What somebody else agreed to in this browser ends with them, their links too.
    others.delete()
    row, _made = PushSubscription.objects.update_or_create(
        endpoint=endpoint, owner_kind=kind, owner_id=pk, defaults=kept
    )
    if actor.order_id and link is not None:
        row.links.add(link)
    old = PushSubscription.objects.filter(owner_kind=kind, owner_id=pk).order_by("-pk")
    PushSubscription.objects.filter(pk__in=list(old.values_list("pk", flat=True)[MOST_BROWSERS:])).delete()
    return row


def browsers_to_wake(
    notice: Notification, subscriptions: Iterable[PushSubscription]
) -> list[PushSubscription]:
    """Those of a person's browsers that may be told a notice at this moment, each with the path it leads to.

    A browser that came by links hears of their orders and of nothing else; one that proved who it is, of everything,
    until that is no longer so: another phone, another password, shut out.
    """
    proof = _proof(notice.recipient_kind, notice.recipient_id)
    order = notice.order
    customers = notice.recipient_kind == RecipientKind.CUSTOMER
    if not proof or (customers and order and order.customer_id != notice.recipient_id):
        return []
    return [each for each in subscriptions if each.proof == proof or _by_link(each, notice)]


def _by_link(subscription: PushSubscription, notice: Notification) -> bool:
    """Whether a live link opens what the notice is about; its notices lead to that link's page."""
    talk = notice.conversation
    about = notice.order_id or (talk.order_id if talk else None) or 0
    live = subscription.links.filter(order_id=about, revoked_at=None)
    link = live.filter(customer_id=notice.recipient_id).order_by("-pk").first()
    if link is not None:
        subscription.path = reverse("portal:chat", args=[link_token(link)])
    return link is not None


def _proof(kind: str, pk: int) -> str:
    """What shows that somebody is still who they were; empty for who may not come in."""
    if kind == RecipientKind.CUSTOMER:
        return Customer.objects.filter(pk=pk, is_active=True).values_list("phone", flat=True).first() or ""
    staff = Staff.objects.filter(pk=pk, is_active=True).first()
    return staff.get_session_auth_hash() if staff else ""


def session_digest(session_key: str | None) -> str:
    """The stored digest of a session key: enough to recognise it, not to use it."""
    return salted_hmac("shopcomm.push-session", session_key).hexdigest() if session_key else ""


def forget_push_session(session_key: str | None) -> None:
    """Somebody leaves: what agreed to be woken in this session is woken no more."""
    if digest := session_digest(session_key):
        PushSubscription.objects.filter(session=digest).delete()


def _size(text: str) -> int:
    try:
        return len(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, binascii.Error):
        return -1


def forget_browser(*, actor: Actor, endpoint: str) -> None:
    """Wake this browser no more."""
    kind, pk = owner_of(actor)
    PushSubscription.objects.filter(owner_kind=kind, owner_id=pk, endpoint=endpoint).delete()


def notice_preferences_of(actor: Actor) -> NotificationPreference:
    """What somebody wants of notices; the usual when they have said nothing."""
    kind, pk = owner_of(actor)
    known = NotificationPreference.objects.filter(owner_kind=kind, owner_id=pk).first()
    return known or NotificationPreference(owner_kind=kind, owner_id=pk)


@transaction.atomic
def set_notice_preferences(
    *, actor: Actor, quiet_from: time | None, quiet_to: time | None, muted: list[str], desktop: bool = True
) -> NotificationPreference:
    """Set quiet hours and muted kinds. Customers get money notices all the same.

    `quiet_from` and `quiet_to` are times of day where the person lives, None for no rest; `muted` holds names of triggers;
    `desktop` says whether pages may show notices of the browser. Returns the preference as stored.
    Raises PreferencesRefused for hours without a beginning or without an end.
    """
    if (quiet_from is None) != (quiet_to is None):
        raise PreferencesRefused(_("免打扰要填开始和结束两个时间，或者都留空"))
    kind, pk = owner_of(actor)
    kinds = {trigger.value for trigger in Trigger}
    if kind == RecipientKind.CUSTOMER:
        kinds -= {trigger.value for trigger in ALWAYS_TOLD}
    row, _made = NotificationPreference.objects.update_or_create(
        owner_kind=kind,
        owner_id=pk,
        defaults={
            "quiet_from": quiet_from,
            "quiet_to": quiet_to,
            "muted": sorted(kinds & set(muted)),
            "desktop": desktop,
        },
    )
    reschedule_notices(people_filter([Recipient(kind, pk)], "recipient"))
    return row
