"""When people want to be left alone, and which kinds of notice they turned off."""

from collections.abc import Iterable
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings

from messaging.models import NotificationPreference, RecipientKind
from messaging.services.notifications.recipients import Recipient, people_filter
from shopcomm.core.accounts.models import Customer
from shopcomm.core.configuration.hours import QuietWindow


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
