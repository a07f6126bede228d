"""The recipients of a rule, and their notification preferences."""

from collections.abc import Iterable
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.db.models import Q

from messaging.models import (
    Audience,
    Conversation,
    Notification,
    NotificationPreference,
    NotificationRule,
    RecipientKind,
)
from messaging.policies.notifications.recipients import choose_staff
from orders.models import Order
from shopcomm.core.accounts.models import Customer, Staff
from shopcomm.core.configuration.hours import QuietWindow


class Recipient(NamedTuple):
    """A customer or a member of staff."""

    kind: str
    id: int


def recipient_of(row: Notification) -> Recipient:
    """Whom a notice is for."""
    return Recipient(row.recipient_kind, row.recipient_id)


def people_filter(people: Iterable[Recipient], prefix: str) -> Q:
    """The rows of these people, in columns such as `owner_kind` and `owner_id`. Nobody's for no people."""
    ids: dict[str, list[int]] = {}
    for person in people:
        ids.setdefault(person.kind, []).append(person.id)
    found = Q(pk=None)
    for kind, of_kind in ids.items():
        found |= Q(**{f"{prefix}_kind": kind, f"{prefix}_id__in": of_kind})
    return found


def find_recipients(
    rule: NotificationRule, order: Order | None, talk: Conversation | None = None
) -> list[Recipient]:
    """The people a rule tells of an order, or of a conversation without one; nobody twice."""
    about = order or talk
    if rule.audience == Audience.CUSTOMER:
        customer_id = about.customer_id if about else None
        return [Recipient(RecipientKind.CUSTOMER, customer_id)] if customer_id else []
    active = Staff.objects.filter(is_active=True).order_by("pk").values_list("pk", "role")
    told = choose_staff(
        rule.audience,
        dict(active),
        person_id=rule.person_id or 0,
        assigned_id=(about.assigned_to_id if about else None) or 0,
        role=rule.role,
    )
    return [Recipient(RecipientKind.STAFF, pk) for pk in told]


def preferences_of(people: Iterable[Recipient]) -> dict[Recipient, NotificationPreference]:
    """What these people have said of notices; those who said nothing are left out."""
    rows = NotificationPreference.objects.filter(people_filter(people, "owner"))
    return {Recipient(row.owner_kind, row.owner_id): row for row in rows}


def quiet_windows(
    people: Iterable[Recipient], known: dict[Recipient, NotificationPreference] | None = None
) -> dict[Recipient, QuietWindow]:
    """The resting hours of those of these people who set some."""
    rows = preferences_of(people) if known is None else known
    resting = {person: row for person, row in rows.items() if row.quiet_from and row.quiet_to}
    zones = _zones([person.id for person in resting if person.kind == RecipientKind.CUSTOMER])
    windows = {}
    for person, row in resting.items():
        zone = zones.get(person.id, "") if person.kind == RecipientKind.CUSTOMER else ""
        windows[person] = QuietWindow(row.quiet_from, row.quiet_to, zone_named(zone))  # type: ignore[arg-type]
    return windows


def _zones(customers: list[int]) -> dict[int, str]:
    if not customers:
        return {}
    return dict(Customer.objects.filter(pk__in=customers).values_list("pk", "time_zone"))


def zone_named(name: str) -> ZoneInfo:
    """A time zone by name; the shop's for an empty or unknown one."""
    try:
        return ZoneInfo(name or settings.TIME_ZONE)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(settings.TIME_ZONE)
