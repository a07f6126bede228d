"""Reading keys and the record of their calls."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from shopcomm.core.accounts.models import ApiKey
from shopcomm.edge.integrations.keys.models import KeyCall

SHOWN = 200
# How the page of a key narrows its calls: by the kind of answer.
ANSWERS: dict[str, tuple[str | Promise, Q]] = {
    "ok": (_("成功"), Q(status__lt=400)),
    "refused": (_("被拒绝"), Q(status__gte=400, status__lt=500)),
    "failed": (_("出错"), Q(status__gte=500)),
}


def all_keys() -> QuerySet[ApiKey]:
    """Every key, those that are of no use any more last."""
    return ApiKey.objects.order_by(F("revoked_at").desc(nulls_first=True), "-pk")


def expiring_keys(now: datetime | None = None) -> QuerySet[ApiKey]:
    """Live keys that end within KEY_EXPIRY_NOTICE_DAYS."""
    now = now or timezone.now()
    soon = now + timedelta(days=settings.KEY_EXPIRY_NOTICE_DAYS)
    return ApiKey.objects.filter(revoked_at=None, expires_at__gt=now, expires_at__lte=soon)


def latest_calls(key: ApiKey, answers: str = "") -> list[KeyCall]:
    """The newest calls of a key; of one kind of answer where one is named."""
    rows = KeyCall.objects.filter(key=key)
    if answers in ANSWERS:
        rows = rows.filter(ANSWERS[answers][1])
        if answers != "ok":
            # Says so in the words of the index.
            rows = rows.filter(status__gte=400)
    return list(rows.order_by("-pk")[:SHOWN])


def calls_before(before: datetime) -> QuerySet[KeyCall]:
    """What has reached its age."""
    return KeyCall.objects.filter(at__lt=before)
