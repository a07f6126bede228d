"""Reading a source: page after page, each stored with how far it is read. One process at a time, never in a transaction."""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from django.db import OperationalError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from shopcomm.core.database.named_locks import held_across_transactions
from shopcomm.core.deadlocks import retry_on_deadlock
from shopcomm.core.json_text import json_text
from shopcomm.core.outbound.calls import AddressRefused, NoAnswer
from shopcomm.core.sealing import CannotUnseal
from shopcomm.edge.integrations.models import Connection
from shopcomm.edge.integrations.polling.asking import BadAnswer, Page, ask_page, page_url
from shopcomm.edge.integrations.polling.mapping import group_rows, has_flat_lines
from shopcomm.edge.integrations.polling.models import PolledSource
from shopcomm.edge.integrations.polling.services.passes import (
    begin_anew,
    begin_pass,
    go_on,
    is_behind_the_end,
    put_off,
)
from shopcomm.edge.integrations.polling.services.storing import plain_json, read_order, store_orders
from shopcomm.edge.integrations.polling.source_settings import KIND, SECRET, SourceSettings
from shopcomm.edge.integrations.reachability import note_failure, note_success
from shopcomm.edge.integrations.services.connections import credentials_of

log = logging.getLogger(__name__)
# No page is begun after so long: what is left of a long way is read in the next run.
RUN_SECONDS = 60.0
# A pass that has not ended after so many pages goes round in circles.
MOST_PAGES = 10_000


@dataclass(frozen=True)
class Asked:
    """A source as it was when its next page was asked for."""

    connection: Connection
    source: PolledSource
    settings: SourceSettings
    secret: str
    url: str
    at: datetime


def due_source_ids(now: datetime) -> list[int]:
    """The connections whose next page may be asked for now, the longest waiting first."""
    return list(_due(now).order_by("due_at", "pk").values_list("connection_id", flat=True))


def _due(now: datetime) -> QuerySet[PolledSource]:
    return PolledSource.objects.filter(
        due_at__lte=now, connection__kind=KIND, connection__state=Connection.State.ACTIVE
    )


def poll_source(connection_id: int) -> int:
    """Read a source that is due, up to its end or for as long as a run may take. Returns the pages that were stored.

    What another process reads is left to it. Raises OperationalError when the database fails.
    """
    until, pages = time.monotonic() + RUN_SECONDS, 0
    with held_across_transactions(f"poll:{connection_id}") as is_mine:
        while is_mine and time.monotonic() < until:
            due = _due(timezone.now()).filter(connection=connection_id)
            if not due.exists() or not _read_one_page(connection_id):
                break
            pages += 1
    return pages


def _read_one_page(connection_id: int) -> bool:
    """Ask for the next page and store it. False where there is none to go on from now."""
    asked = None
    try:
        asked = _ask(connection_id)
        page = _fetch(asked)
        stored = _store(asked, page)
    except OperationalError:
        raise
    except Exception as failure:
        _fail(connection_id, asked, failure)
        return False
    if stored:
        note_success(asked.connection)
    return stored


@transaction.atomic
def _ask(connection_id: int) -> Asked:
    """What is to be asked for; a pass that is not begun is begun."""
    source = _locked(connection_id)
    connection, now = source.connection, timezone.now()
    settings = SourceSettings.of(connection.configuration)
    if source.begun_at is None:
        begin_pass(source, settings, now)
        source.save()
    secret = credentials_of(connection).get(SECRET, "")
    return Asked(
        connection, source, settings, secret, page_url(settings, source.place, source.asked_since), now
    )


def _locked(connection_id: int) -> PolledSource:
    rows = PolledSource.objects.select_for_update(of=("self",)).select_related("connection")
    return rows.get(connection_id=connection_id)


def _fetch(asked: Asked) -> Page:
    """Ask the other side. Raises AddressRefused, NoAnswer, BadAnswer."""
    source, settings = asked.source, asked.settings
    if source.pages >= MOST_PAGES:
        raise BadAnswer(_("翻了 %(most)s 页还没有读完，下一页可能写错了") % {"most": MOST_PAGES}, status=400)
    conditions = _conditions(source, asked.url)
    try:
        page = ask_page(settings, asked.secret, asked.url, place=source.place, conditions=conditions)
    except BadAnswer as bad:
        if is_behind_the_end(source, settings, bad):
            return Page(said_end=True)
        raise
    if page.rows and source.last_page == _digest(page):
        return Page(said_end=True)
    return page


def _conditions(source: PolledSource, url: str) -> Mapping[str, str]:
    """Ask only for what is otherwise than last time, where that was the whole of it."""
    if source.place or source.replaying or source.validated_url != url:
        return {}
    asked = {"If-None-Match": source.etag, "If-Modified-Since": source.last_modified}
    return {name: value for name, value in asked.items() if value}


@retry_on_deadlock
@transaction.atomic
def _store(asked: Asked, page: Page) -> bool:
    """Keep a page and where to go on, together. False where the source was changed or paused meanwhile."""
    source = _locked(asked.connection.pk)
    if source.turn != asked.source.turn or not source.connection.is_active:
        return False
    settings, is_end = asked.settings, page.said_end or not page.next
    groups = group_rows([*source.carried, *page.rows], settings)
    # The rest of the last order's lines may be on the next page.
    carried = groups.pop() if groups and not is_end and has_flat_lines(settings) else []
    orders = [read_order(group, settings) for group in groups]
    kept = store_orders(source.connection, orders, asked_at=asked.at, replaying=source.replaying)
    source.carried, source.last_page = plain_json(carried), _digest(page)
    source.validated_url = asked.url if not source.place else source.validated_url
    go_on(source, settings, page, kept, timezone.now())
    source.turn += 1
    source.save()
    return True


def _digest(page: Page) -> str:
    return sha256(json_text(plain_json(page.rows)).encode()).hexdigest()


# --- what goes wrong ------------------------------------------------------------------------------
def _fail(connection_id: int, asked: Asked | None, failure: Exception) -> None:
    """Leave the source alone for a while, and say why; a fault of ours is told like one of theirs, so that it is seen."""
    if not isinstance(failure, AddressRefused | NoAnswer | BadAnswer | CannotUnseal):
        log.exception("source %s could not be read", connection_id)
    with transaction.atomic():
        source = _locked(connection_id)
        if asked and source.turn != asked.source.turn:
            return
        put_off(source, SourceSettings.of(source.connection.configuration), failure, timezone.now())
        source.turn += 1
        source.save()
        note_failure(source.connection, _told(failure))


def _told(failure: Exception) -> str:
    if isinstance(failure, CannotUnseal):
        return _("凭证是用另一个 SECRET_KEY 加密的，请重新填写")
    if isinstance(failure, BadAnswer):
        return failure.detail
    return str(failure) if isinstance(failure, AddressRefused | NoAnswer) else repr(failure)


# --- by people ------------------------------------------------------------------------------------
@transaction.atomic
def replay_source(*, connection_id: int, since: datetime) -> None:
    """Read everything again that has changed since a moment (aware), also what is known: what is here already stays as it is.

    A source that cannot be asked for a moment is read from its beginning.
    """
    source = _locked(connection_id)
    begin_anew(source, now=timezone.now())
    source.mark, source.replaying = since, True
    source.turn += 1
    source.save()
