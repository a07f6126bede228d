"""From committed facts to their readers: give positions, then let each handler catch up.

Positions are given by one process at a time (an advisory lock), after commit. An id taken early can
commit late; a position cannot, so a reader that pages by position never skips anything.
"""

import logging
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from shopcomm.core.events.handlers import Handler, all_handlers
from shopcomm.core.events.models import DeadLetter, DomainEvent, HandlerCursor

log = logging.getLogger(__name__)

# Advisory lock keys of this module: any fixed numbers nobody else uses.
POSITION_LOCK = 7_301_001
BATCH = 500
MAX_FAILURES = 8

POSITION_SQL = """
WITH waiting AS (
    SELECT id FROM events_domainevent WHERE position IS NULL ORDER BY id LIMIT %s
), numbered AS (
    SELECT id, row_number() OVER (ORDER BY id)
               + (SELECT coalesce(max(position), 0) FROM events_domainevent) AS position
    FROM waiting
)
UPDATE events_domainevent SET position = numbered.position
FROM numbered WHERE events_domainevent.id = numbered.id
"""


def position_new_events() -> int:
    """Give every committed event without one the next position. Returns how many got one.

    Waits for another process doing the same, so that on return all that was committed before is positioned.
    """
    given = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [POSITION_LOCK])
            cursor.execute(POSITION_SQL, [BATCH])
            batch = cursor.rowcount
        given += batch
        if batch < BATCH:
            return given


def relay() -> None:
    """Give positions, then run every handler as far as it gets. One that fails holds up no other."""
    position_new_events()
    retry_set_aside()
    for handler in all_handlers():
        try:
            while run_handler(handler):
                pass
        except Exception:
            log.exception("handler %s could not be run", handler.name)


def run_handler(handler: Handler) -> bool:
    """Let one handler see its next batch, or the next event of one that has each `alone`. Returns whether there may be more.

    The cursor's row is locked meanwhile: a second worker passes on. A killed worker leaves the cursor
    where it was, so its batch is seen again: at least once, in order.
    """
    HandlerCursor.objects.get_or_create(name=handler.name)
    with transaction.atomic():
        cursor = HandlerCursor.objects.select_for_update(skip_locked=True).filter(name=handler.name).first()
        if cursor is None or (cursor.retry_at and cursor.retry_at > timezone.now()):
            return False
        events = list(DomainEvent.objects.filter(position__gt=cursor.position).order_by("position")[:BATCH])
        more = len(events) == BATCH
        for event in events:
            if event.type in handler.types and not _deliver(handler, event, cursor):
                more = False
                break
            cursor.position, cursor.failures, cursor.retry_at = event.position or 0, 0, None
            if handler.alone and event.type in handler.types:
                # What it has locked is let go before the next.
                more = True
                break
        cursor.save()
    return more


def _deliver(handler: Handler, event: DomainEvent, cursor: HandlerCursor) -> bool:
    """One event to one handler; False when it failed and is to be tried again later."""
    try:
        with transaction.atomic():
            handler.handle(event)
        return True
    except Exception as error:
        log.exception("handler %s failed at event %s", handler.name, event.pk)
        if not handler.in_order:
            _set_aside(handler, event, error)
            return True
        cursor.failures += 1
        if cursor.failures >= MAX_FAILURES:
            DeadLetter.objects.update_or_create(
                handler=handler.name, event=event, defaults={"error": repr(error), "resolved_at": None}
            )
            return True
        cursor.retry_at = _again_after(cursor.failures)
        return False


def _again_after(failures: int) -> datetime:
    return timezone.now() + timedelta(seconds=min(300, 2**failures))


def _set_aside(handler: Handler, event: DomainEvent, error: Exception) -> None:
    told = {"error": repr(error), "resolved_at": None, "failures": 1, "retry_at": _again_after(1)}
    DeadLetter.objects.update_or_create(handler=handler.name, event=event, defaults=told)


def retry_set_aside() -> None:
    """Try what was set aside once more where it is due, each in a transaction of its own; after MAX_FAILURES a person has to."""
    due = DeadLetter.objects.filter(resolved_at=None, retry_at__lte=timezone.now())
    for pk in due.order_by("pk").values_list("pk", flat=True)[:BATCH]:
        with transaction.atomic():
            letter = due.select_for_update(skip_locked=True).filter(pk=pk).first()
            if letter and not retry_dead_letter(letter):
                letter.failures += 1
                letter.retry_at = None if letter.failures >= MAX_FAILURES else _again_after(letter.failures)
                letter.save(update_fields=["failures", "retry_at"])


def retry_dead_letter(letter: DeadLetter) -> bool:
    """Give a parked event to its handler once more. Returns whether it went well this time."""
    handler = next((each for each in all_handlers() if each.name == letter.handler), None)
    if handler is None:
        return False
    try:
        with transaction.atomic():
            handler.handle(letter.event)
    except Exception as error:
        letter.error = repr(error)
        letter.save(update_fields=["error"])
        return False
    letter.resolved_at, letter.retry_at = timezone.now(), None
    letter.save(update_fields=["resolved_at", "retry_at"])
    return True
