"""The answer to a change request as a form posts it: what was seen, and consent by phone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from orders.policies.change_merging import Seen
from shopcomm.core import reading


@dataclass(frozen=True)
class PhoneConsent:
    """The customer said yes on the phone: who, when, and what else was said."""

    who: str
    at: datetime | None = None
    note: str = ""


def read_phone_consent(data: Mapping[str, str]) -> PhoneConsent:
    """A form as the service takes it; without a time it was just now."""
    said = reading.iso_moment(data.get("at"))
    at = timezone.make_aware(said.replace(tzinfo=None)) if said else None
    return PhoneConsent(who=data.get("who", ""), at=at, note=data.get("note", ""))


def read_seen(data: Mapping[str, str]) -> Seen | None:
    """What somebody looked at when they chose; None when nothing was to choose."""
    version = reading.whole_number(data.get("seen"), most=reading.MOST_VERSION)
    return None if version is None else Seen(version, data.get("seen_prices", ""))
