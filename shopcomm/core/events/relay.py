"""From committed facts to their readers: give positions, then let each reader catch up.

One event is one transaction: its effects, and the reader's step past it, are there together or not at all, and what the
handler locked is let go before the next. An event that fails is held (holding.py) and the reader goes on.
"""

import logging
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from django.db import transaction

from shopcomm.core.events import holding
from shopcomm.core.events.handlers import Handler
from shopcomm.core.events.kinds import UnknownField
from shopcomm.core.events.models import DomainEvent, HeldEvent, Reader
from shopcomm.core.events.positions import position_new_events
from shopcomm.core.events.readers import add_handlers, handler_of
from shopcomm.core.events.selectors import last_position
from shopcomm.core.logs import add_log_fields, log_scope

log = logging.getLogger(__name__)
# So many events of one reader at most before the others have their turn.
PAGE = 200


def relay() -> None:
    """Give positions, then have every reader read as far as it gets, in turns. One that fails holds up no other."""
    add_handlers()
    failed: set[str] = set()
    while True:
        position_new_events()
        readers = [each for each in readers_with_work() if each.name not in failed]
        # Counted, so that everybody has a turn.
        if not sum(_run_in_peace(reader, failed) for reader in readers):
            return


def readers_with_work() -> list[Reader]:
    """The running readers that have something to read, or to try again."""
    newest = last_position()
    due = set(holding.due_held_events().values_list("reader_id", flat=True))
    running = Reader.objects.filter(state=Reader.State.ACTIVE).order_by("name")
    return [reader for reader in running if reader.position < newest or reader.name in due]


def _run_in_peace(reader: Reader, failed: set[str]) -> bool:
    try:
        return run_reader(reader)
    except Exception:
        log.exception("reader %s could not be run", reader.name)
        failed.add(reader.name)
        return False


def run_reader(reader: Reader) -> bool:
    """Give one reader its due retries and its next PAGE events. Returns whether it made progress.

    Its row is locked for each event: a second process passes on. A process that is killed leaves the row behind the last
    event that is done, so each is seen at least once, and what it writes into the database is there once.
    """
    handler = handler_of(reader)
    if handler is None:
        return False
    tried = _retry_held(reader, handler)
    newest = last_position()
    events = DomainEvent.objects.filter(position__gt=reader.position, position__lte=newest)
    if handler.types is not None:
        events = events.filter(type__in=handler.types)
    page = list(events.order_by("position")[:PAGE])
    wanted = [event for event in page if handler.wants(event)]
    for event in wanted:
        if not _step(reader.name, handler, event):
            return False
    # The rest up to here is not this reader's business.
    reached = page[-1].position or 0 if len(page) == PAGE else newest
    return _move_on(reader.name, reached) or bool(wanted) or tried


class _Failed(Exception):
    """A handler failed at an event: what it wrote is undone."""

    def __init__(self, error: Exception) -> None:
        super().__init__(error)
        self.error = error


def _step(name: str, handler: Handler, event: DomainEvent) -> bool:
    """The reader's next event, or a look that another process has handled it. False while another one has the reader."""
    try:
        return _pass_by(name, event, partial(_handle, handler))
    except _Failed as failed:
        # In a transaction of its own: that of what went well needs no savepoint then.
        return _pass_by(name, event, partial(holding.hold_failed_event, handler, failed.error))


@transaction.atomic
def _pass_by(name: str, event: DomainEvent, how: Callable[[Reader, DomainEvent], None]) -> bool:
    """Do something with the reader's next event and move the reader past it. False while another process has the reader."""
    reader = _lock(name)
    if reader is None:
        return False
    position = event.position or 0
    if reader.position < position:
        how(reader, event)
        _put(reader, position)
    return True


def _handle(handler: Handler, reader: Reader, event: DomainEvent) -> None:
    """Hand an event over, or have it wait where an earlier one of its order is held."""
    if holding.is_stream_held(handler, reader, event):
        holding.hold_behind_earlier(reader, event)
    else:
        _hand_over(handler, event)


def _hand_over(handler: Handler, event: DomainEvent) -> None:
    with log_scope(reader=handler.name):
        _name_in_log(event)
        try:
            handler.handle(event)
        except Exception as error:
            log.exception("reader %s failed at event %s", handler.name, event.pk)
            raise _Failed(error) from error


def _name_in_log(event: DomainEvent) -> None:
    """Lines of the log say whose doing the event was and which order it is about, where its fact names one."""
    # A fact that cannot be read is for the handler to refuse, if it reads it at all.
    with suppress(UnknownField):
        number = getattr(event.fact, "number", None)
        if event.order_id and isinstance(number, str):
            add_log_fields(order=number)
    if event.actor_id:
        add_log_fields(actor=f"{event.actor_kind}:{event.actor_id}")


def _retry_held(reader: Reader, handler: Handler) -> bool:
    """Try what is due once more, each in a transaction of its own. Returns whether anything was tried."""
    due = holding.due_held_events().filter(reader=reader).order_by("position").values_list("pk", flat=True)
    return sum(_retry(reader.name, handler, pk) for pk in due[:PAGE]) > 0


def _retry(name: str, handler: Handler, held_id: int) -> bool:
    try:
        return _let_pass(name, held_id, lambda held: _try_held(handler, held))
    except _Failed as failed:
        error = failed.error
    return _let_pass(name, held_id, lambda held: holding.record_repeated_failure(held, error))


def _try_held(handler: Handler, held: HeldEvent) -> None:
    _hand_over(handler, held.event)
    holding.let_go(held)


@transaction.atomic
def _let_pass(name: str, held_id: int, how: Callable[[HeldEvent], None]) -> bool:
    """Do something with a held event that is due. False where it is not, or another process has the reader."""
    if _lock(name) is None:
        return False
    held = holding.due_held_events().select_related("event").filter(pk=held_id).first()
    if held is None:
        return False
    how(held)
    return True


@transaction.atomic
def _move_on(name: str, position: int) -> bool:
    """Put a reader behind what does not concern it. Returns whether it moved."""
    reader = _lock(name)
    if reader is None or reader.position >= position:
        return False
    _put(reader, position)
    return True


def _lock(name: str) -> Reader | None:
    """A running reader that no other process has, until the transaction ends."""
    rows = Reader.objects.select_for_update(skip_locked=True, no_key=True)
    return rows.filter(name=name, state=Reader.State.ACTIVE).first()


def _put(reader: Reader, position: int) -> None:
    reader.position = position
    reader.save(update_fields=["position"])
