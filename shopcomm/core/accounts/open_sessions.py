"""The open sessions of a member of staff."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.sessions.models import Session
from django.utils import timezone

from shopcomm.core.accounts.devices import device_of
from shopcomm.core.accounts.models import Staff, StaffSession


@dataclass(frozen=True)
class OpenSession:
    """One of a person's sessions. `is_this` is the one that asks."""

    id: int
    device: str
    began_at: datetime
    last_seen_at: datetime
    is_this: bool


def open_sessions(staff: Staff, this_key: str | None) -> list[OpenSession]:
    """Those that are live, this one first, then the one used last. `this_key` is the key of the session that asks."""
    live = Session.objects.filter(expire_date__gt=timezone.now()).values("session_key")
    rows = StaffSession.objects.filter(staff=staff, session_key__in=live).order_by("-last_seen_at", "-pk")
    found = [
        OpenSession(
            id=row.pk,
            device=device_of(row.user_agent),
            began_at=row.began_at,
            last_seen_at=row.last_seen_at,
            is_this=row.session_key == this_key,
        )
        for row in rows
    ]
    return sorted(found, key=lambda each: not each.is_this)
