"""Staff sessions: recorded when used, ended one by one, or all others with a new password."""

from datetime import datetime, timedelta
from importlib import import_module

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.dispatch import Signal
from django.utils import timezone

from shopcomm.core.accounts.models import Staff, StaffSession
from shopcomm.core.realtime import recheck_access_on_commit, staff_group
from shopcomm.core.text import one_line

# Sent with `session_key` for each session that was ended from elsewhere, in the transaction that ended it.
session_ended = Signal()
# A page asks often and "last used" is read by people: each process writes it down no more often than this.
SEEN_EVERY = timedelta(minutes=5)
MOST_REMEMBERED = 10_000

_seen: dict[str, datetime] = {}


def record_session_use(*, staff: Staff, session_key: str | None, user_agent: str) -> None:
    """Somebody of the shop was here in this session. One statement at most every few minutes a process."""
    now = timezone.now()
    if not session_key or now - _seen.get(session_key, datetime.min.replace(tzinfo=now.tzinfo)) < SEEN_EVERY:
        return
    row = StaffSession(
        staff=staff,
        session_key=session_key,
        user_agent=one_line(user_agent)[:300],
        began_at=now,
        last_seen_at=now,
    )
    StaffSession.objects.bulk_create(
        [row],
        update_conflicts=True,
        unique_fields=["session_key"],
        update_fields=["staff", "user_agent", "last_seen_at"],
    )
    if len(_seen) >= MOST_REMEMBERED:
        _seen.clear()
    _seen[session_key] = now


@transaction.atomic
def end_session(*, staff: Staff, session_id: int) -> bool:
    """Log one of a person's browsers out. Returns whether it was there, and theirs."""
    return _end(staff, StaffSession.objects.filter(pk=session_id)) > 0


@transaction.atomic
def end_sessions_except(*, staff: Staff, this_key: str | None) -> int:
    """Log all of a person's browsers out but the one with this key (None: that one, too). Returns how many."""
    return _end(staff, StaffSession.objects.exclude(session_key=this_key or ""))


@transaction.atomic
def change_password(*, staff: Staff, password: str, this_key: str | None) -> None:
    """Set a person's password, which ends every session but the one with this key. The caller has checked both."""
    staff.set_password(password)
    staff.save(update_fields=["password"])
    end_sessions_except(staff=staff, this_key=this_key)


def carry_session_over(*, old_key: str | None, new_key: str | None) -> None:
    """A session that got another key is the same log-in, begun when it was begun."""
    if old_key and new_key:
        StaffSession.objects.filter(session_key=old_key).update(session_key=new_key)
        _seen[new_key] = _seen.pop(old_key, timezone.now())


def forget_staff_session(*, session_key: str | None) -> None:
    """Somebody logged out by themselves."""
    StaffSession.objects.filter(session_key=session_key or "").delete()


def _end(staff: Staff, rows: QuerySet[StaffSession]) -> int:
    ended = list(rows.filter(staff=staff).select_for_update())
    store = import_module(settings.SESSION_ENGINE).SessionStore
    for row in ended:
        store(row.session_key).delete()
        session_ended.send(sender=StaffSession, session_key=row.session_key)
    StaffSession.objects.filter(pk__in=[row.pk for row in ended]).delete()
    if ended:
        # Open tabs of those browsers notice at once.
        recheck_access_on_commit(staff_group(staff.pk))
    return len(ended)
