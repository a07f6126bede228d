"""Events that failed: held until they are tried again, each by itself; what must not overtake them is held behind.

Whoever changes the held events of a reader has its row locked, so that one process at a time does.
"""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from shopcomm.core.events.handlers import Handler
from shopcomm.core.events.models import DeadLetter, DomainEvent, HeldEvent, Reader
from shopcomm.core.events.readers import handler_of

MAX_FAILURES = 8
# The longest pause between two tries.
LONGEST_PAUSE = timedelta(minutes=5)


def pause_after(failures: int) -> timedelta:
    """How long is waited after so many failures: 2, 4, 8 … seconds."""
    return min(LONGEST_PAUSE, timedelta(seconds=2**failures))


def due_held_events() -> QuerySet[HeldEvent]:
    """Held events to be retried. A time further away than any pause was written before the clock was set back."""
    now = timezone.now()
    return HeldEvent.objects.filter(Q(retry_at__lte=now) | Q(retry_at__gt=now + LONGEST_PAUSE))


def is_stream_held(handler: Handler, reader: Reader, event: DomainEvent) -> bool:
    """Whether an earlier event of the same stream is held."""
    if not handler.in_order or not event.stream:
        return False
    return HeldEvent.objects.filter(reader=reader, stream=event.stream).exists()


def hold_behind_earlier(reader: Reader, event: DomainEvent) -> None:
    """Have an event wait behind the earlier ones of its stream."""
    _hold(reader, event, event.stream)


def hold_failed_event(handler: Handler, error: Exception, reader: Reader, event: DomainEvent) -> None:
    """Have an event that failed for the first time tried again."""
    retry_at = timezone.now() + pause_after(1)
    stream = event.stream if handler.in_order else ""
    _hold(reader, event, stream, failures=1, retry_at=retry_at, error=repr(error))


def _hold(reader: Reader, event: DomainEvent, stream: str, **failed: object) -> None:
    HeldEvent.objects.create(
        reader=reader, event=event, position=event.position or 0, stream=stream, **failed
    )


def let_go(held: HeldEvent) -> None:
    """Release a handled event; the next of its stream is due."""
    held.delete()
    if not held.stream:
        return
    behind = HeldEvent.objects.filter(reader=held.reader_id, stream=held.stream).order_by("position").first()
    if behind:
        behind.retry_at = timezone.now()
        behind.save(update_fields=["retry_at"])


def record_repeated_failure(held: HeldEvent, error: Exception) -> None:
    """Retry it with a longer pause; after MAX_FAILURES it is a dead letter, and the events behind it continue."""
    held.failures, held.error = held.failures + 1, repr(error)
    if held.failures < MAX_FAILURES:
        held.retry_at = timezone.now() + pause_after(held.failures)
        held.save(update_fields=["failures", "error", "retry_at"])
        return
    DeadLetter.objects.update_or_create(
        reader=held.reader_id,
        event=held.event,
        defaults={"error": held.error, "failures": held.failures, "resolved_at": None},
    )
    let_go(held)


def retry_held_events(held: QuerySet[HeldEvent]) -> int:
    """Have what waits for its time tried by the next relay. Returns how many events that concerns."""
    return held.filter(retry_at__isnull=False).update(retry_at=timezone.now())


@transaction.atomic
def retry_dead_letter(letter: DeadLetter) -> bool:
    """Give a dead letter to its reader once more. Returns whether it went well, now or for somebody else meanwhile."""
    letter = DeadLetter.objects.select_for_update(of=("self",)).select_related("event").get(pk=letter.pk)
    if letter.resolved_at:
        return True
    reader = Reader.objects.filter(name=letter.reader).first()
    handler = handler_of(reader) if reader else None
    if handler is None:
        return False
    try:
        with transaction.atomic():
            handler.handle(letter.event)
    except Exception as error:
        letter.error = repr(error)
        letter.save(update_fields=["error"])
        return False
    letter.resolved_at = timezone.now()
    letter.save(update_fields=["resolved_at"])
    return True
