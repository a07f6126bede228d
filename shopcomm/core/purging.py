"""What nobody needs any more goes by age: working rows, records of what is over, what was only kept to be compared.

Each floor registers what it knows (`register_purge`); one task goes over all of it. The orders, the conversations and the
log of events are not touched here.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

log = logging.getLogger(__name__)
# Small enough that a delete holds its locks for a moment only.
BATCH = 1000
LOCK = 0x70757267


@dataclass(frozen=True)
class Purge:
    """One kind of rows. `rows(before)` are those of it that are over since a moment."""

    # The setting that holds the age in days; 0 keeps this kind for ever.
    setting: str
    rows: Callable[[datetime], QuerySet]

    @property
    def name(self) -> str:
        """How the log calls it."""
        return self.setting.removeprefix("PURGE_").removesuffix("_DAYS").lower()


_known: list[Purge] = []


def register_purge(purge: Purge) -> None:
    """Have a kind of rows cleaned by age."""
    if purge not in _known:
        _known.append(purge)


def purge_by_age(now: datetime | None = None) -> dict[str, int]:
    """Delete every row that has reached the age of its kind; returns how many of each. One process at a time.

    A kind that cannot be cleaned holds up no other.
    """
    moment, purged = now or timezone.now(), dict[str, int]()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return {}
    try:
        for each in _known:
            try:
                purged[each.name] = purged.get(each.name, 0) + _purge(each, moment)
            except Exception:
                log.exception("%s could not be purged", each.name)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
    if any(purged.values()):
        log.info("purged by age: %s", ", ".join(f"{name} {count}" for name, count in purged.items() if count))
    return purged


def _purge(each: Purge, now: datetime) -> int:
    """In batches, each a transaction of its own: a large backlog neither blocks others nor is lost half-way.

    Each batch goes on behind the last one, so that what stays is looked at once and not for every batch.
    """
    days = getattr(settings, each.setting)
    rows = each.rows(now - timedelta(days=days)).order_by("pk")
    purged, waiting = 0, rows
    while days:
        with transaction.atomic():
            some = list(waiting.values_list("pk", flat=True)[:BATCH])
            rows.model._base_manager.filter(pk__in=some).delete()
        purged += len(some)
        if len(some) < BATCH:
            break
        waiting = rows.filter(pk__gt=some[-1])
    return purged
