"""Uploads that were never sent: deleted by age together with their files."""

import logging
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models.fields.files import FieldFile
from django.utils import timezone

from messaging.models import Attachment
from shopcomm.core.after_commit import call_after_commit

log = logging.getLogger(__name__)
AT_ONCE = 200


def purge_unsent() -> int:
    """Delete every upload older than UNSENT_UPLOAD_HOURS that no message carries; returns how many."""
    purged = 0
    while some := _purge_some(timezone.now() - timedelta(hours=settings.UNSENT_UPLOAD_HOURS)):
        purged += some
    return purged


@transaction.atomic
def _purge_some(before: datetime) -> int:
    """Under the rows' locks: a message that takes one of them at this moment finds it gone, or keeps it."""
    unsent = Attachment.objects.filter(message=None, created_at__lt=before)
    rows = list(unsent.select_for_update(skip_locked=True).order_by("created_at")[:AT_ONCE])
    Attachment.objects.filter(pk__in=[row.pk for row in rows]).delete()
    for row in rows:
        for stored in filter(None, (row.file, row.thumbnail)):
            call_after_commit(partial(_delete_file, stored))
    return len(rows)


def _delete_file(stored: FieldFile) -> None:
    """A file that cannot be deleted takes room and nothing else: its row is gone, so nobody can ask for it."""
    try:
        stored.storage.delete(stored.name or "")
    except OSError:
        log.warning("an unsent upload's file could not be deleted", exc_info=True)
