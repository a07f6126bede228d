"""Retention of conversation and notice rows, and files of uploads without a row."""

import logging
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.core.files.storage import default_storage
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from messaging.models import (
    Attachment,
    Delivery,
    Notification,
    PushSubscription,
    ScheduledMessage,
    StockWatch,
)
from messaging.policies.notifications.triggers import TIMERS
from shopcomm.core.purging import Purge, register_purge

log = logging.getLogger(__name__)
# Below MEDIA_ROOT; a folder for each month lies in each.
UPLOADS = ("attachments", "thumbnails")
OPEN = (Notification.State.WAITING, Delivery.State.WAITING)


def _merged(before: datetime) -> QuerySet:
    return _over(before).exclude(merged_into=None)


def _over(before: datetime) -> QuerySet:
    """Notices that were told or dropped long ago and can never be planned again: a timer looks for its own row as long as
    its order is open, and would tell once more without it."""
    underway = Delivery.objects.filter(notification=OuterRef("pk"), state=Delivery.State.WAITING)
    old = Notification.objects.filter(~Exists(underway), created_at__lt=before).exclude(state__in=OPEN)
    return old.filter(~Q(trigger__in=TIMERS) | Q(order__closed_at__lt=before))


def _carriers(before: datetime) -> QuerySet:
    """What carried other notices goes after them."""
    return _over(before).filter(~Exists(Notification.objects.filter(merged_into=OuterRef("pk"))))


def _deaf_browsers(before: datetime) -> QuerySet:
    """Browsers that agreed by links which are all closed."""
    agreed = PushSubscription.links.through.objects.filter(pushsubscription=OuterRef("pk"))
    live = agreed.filter(orderlink__revoked_at=None)
    return PushSubscription.objects.filter(~Exists(live), proof="", created_at__lt=before)


PURGES = (
    Purge("PURGE_NOTICES_DAYS", _merged),
    Purge("PURGE_NOTICES_DAYS", _carriers),
    Purge(
        "PURGE_HANDLED_DAYS",
        lambda before: ScheduledMessage.objects.exclude(state=ScheduledMessage.State.WAITING).filter(
            created_at__lt=before, send_at__lt=before
        ),
    ),
    Purge(
        "PURGE_HANDLED_DAYS",
        lambda before: StockWatch.objects.filter(Q(told_at__lt=before) | Q(cancelled_at__lt=before)),
    ),
    Purge("PURGE_HANDLED_DAYS", _deaf_browsers),
)


def register_messaging_purges() -> None:
    """Runs when the app is ready."""
    for each in PURGES:
        register_purge(each)


def purge_orphan_files(now: datetime | None = None) -> int:
    """Delete files of uploads that no row names, older than UNSENT_UPLOAD_HOURS: their process died between file and row.

    Returns how many.
    """
    before = ((now or timezone.now()) - timedelta(hours=settings.UNSENT_UPLOAD_HOURS)).timestamp()
    purged = 0
    for folder in _month_folders():
        prefix = f"{folder.relative_to(default_storage.path(''))}/"
        known = _named_in(prefix)
        for path in _older(folder.iterdir(), before):
            if prefix + path.name not in known:
                purged += _deleted(path)
    return purged


def _month_folders() -> Iterator[Path]:
    for name in UPLOADS:
        yield from sorted(Path(default_storage.path(name)).glob("[0-9]*/[0-9]*/"))


def _named_in(prefix: str) -> set[str]:
    """The files of a month that rows name, read at once: one look at the table for each month, not for each file."""
    column = "thumbnail" if prefix.startswith("thumbnails/") else "file"
    rows = Attachment.objects.filter(**{f"{column}__startswith": prefix})
    return set(rows.values_list(column, flat=True).iterator(chunk_size=5000))


def _older(paths: Iterable[Path], before: float) -> Iterator[Path]:
    for path in paths:
        try:
            if path.is_file() and path.stat().st_mtime < before:
                yield path
        except OSError:
            # It went while we looked.
            continue


def _deleted(path: Path) -> bool:
    try:
        path.unlink()
    except OSError:
        log.warning("a file that no row names could not be deleted", exc_info=True)
        return False
    return True
