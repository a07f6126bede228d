"""Retention of the rows of this floor."""

from datetime import datetime

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef, QuerySet

from shopcomm.core.accounts.models import OneTimeCode, StaffSession
from shopcomm.core.events.models import DeadLetter
from shopcomm.core.http.models import IdempotencyRecord, SentForm
from shopcomm.core.purging import Purge, register_purge


def _sessions_gone(before: datetime) -> QuerySet[StaffSession]:
    """What is known of log-ins whose session is no more."""
    live = Session.objects.filter(session_key=OuterRef("session_key"))
    return StaffSession.objects.filter(~Exists(live), last_seen_at__lt=before)


PURGES = (
    Purge("PURGE_SESSIONS_DAYS", lambda before: Session.objects.filter(expire_date__lt=before)),
    Purge("PURGE_SESSIONS_DAYS", _sessions_gone),
    Purge(
        "PURGE_IDEMPOTENCY_KEYS_DAYS", lambda before: IdempotencyRecord.objects.filter(created_at__lt=before)
    ),
    Purge("PURGE_SENT_FORMS_DAYS", lambda before: SentForm.objects.filter(created_at__lt=before)),
    Purge("PURGE_LOGIN_CODES_DAYS", lambda before: OneTimeCode.objects.filter(created_at__lt=before)),
    Purge("PURGE_LOGIN_RECORDS_DAYS", lambda before: AccessAttempt.objects.filter(attempt_time__lt=before)),
    Purge("PURGE_LOGIN_RECORDS_DAYS", lambda before: AccessLog.objects.filter(attempt_time__lt=before)),
    Purge(
        "PURGE_LOGIN_RECORDS_DAYS", lambda before: AccessFailureLog.objects.filter(attempt_time__lt=before)
    ),
    Purge("PURGE_HANDLED_DAYS", lambda before: DeadLetter.objects.filter(resolved_at__lt=before)),
)


def register_shop_purges() -> None:
    """Runs when the app is ready."""
    for each in PURGES:
        register_purge(each)
