"""One batch writer for each process: while one batch is being written, the next one collects (group commit, no timer)."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

import psycopg
from django.db import connection as django_connection

from messaging.consumers.fanout import fanout
from messaging.consumers.loop_local import loop_local
from messaging.errors import MessagingError, Unavailable
from messaging.services.drafts import Draft
from messaging.services.frames import frames_of
from messaging.services.write import (
    Batch,
    DraftKey,
    Sent,
    drafts_to_repeat,
    outcome_of,
)
from shopcomm.core.database.plan_ages import FORGET_PLANS, PlanAges
from shopcomm.core.logs import context_without_log_fields

log = logging.getLogger(__name__)
LARGEST_BATCH = 200
# After a message that had been stored before, so long all are looked for: whoever was away sends several again.
LOOK_SECONDS = 1.0
Found = dict[DraftKey, Sent]
# What a message has come to: stored, or why it was not.
Tell = Callable[[Sent | Exception], None]
Waiting = list[tuple[Draft, Tell]]


class BatchWriter:
    """Stores drafts over a connection of its own; an answer means committed."""

    def __init__(self) -> None:
        self._waiting: Waiting = []
        self._busy: asyncio.Task[None] | None = None
        self._connection: psycopg.AsyncConnection | None = None
        self._plans = PlanAges()
        self._look_until = 0.0

    def take(self, draft: Draft, tell: Tell) -> None:
        """Take one message, in the order of the calls; `tell` is called once it is committed, or was not stored.

        It is told NotFound or AttachmentUnknown, or Unavailable when the database is away: send it again.
        """
        self._waiting.append((draft, tell))
        if self._busy is None or self._busy.done():
            self._busy = asyncio.create_task(self._flush_all(), context=context_without_log_fields())

    def write(self, draft: Draft) -> "asyncio.Future[Sent]":
        """The same for whoever awaits it: the answer raises what would be told."""
        answer: asyncio.Future[Sent] = asyncio.get_running_loop().create_future()
        self.take(draft, partial(_settle, answer))
        return answer

    async def _flush_all(self) -> None:
        """Batch by batch; what is stored is shown while the database has the next."""
        stored: tuple[Waiting, Found] | None = None
        while self._waiting or stored:
            batch, self._waiting = self._waiting[:LARGEST_BATCH], self._waiting[LARGEST_BATCH:]
            storing: Awaitable[Found | None] = self._flush(batch)
            if stored and batch:
                storing = asyncio.ensure_future(storing)
                # One turn of the loop: the next batch is on its way to the database before this one is shown.
                await asyncio.sleep(0)
            if stored:
                await self._show_and_answer(*stored)
            found = await storing
            stored = None if found is None else (batch, found)

    async def _flush(self, batch: Waiting) -> Found | None:
        """What was stored; None where nothing was, and all have been told so."""
        if not batch:
            return None
        try:
            return await self._store([draft for draft, _tell in batch])
        except Exception as error:
            # Never an acknowledgement for what may not be there; the client sends it again.
            log.warning("messages could not be stored: %r", error)
            for _draft, tell in batch:
                _tell(tell, Unavailable())
            return None

    async def _show_and_answer(self, batch: Waiting, found: Found) -> None:
        try:
            await fanout().publish(*frames_of(sent for sent in found.values() if sent.created))
        except Exception:
            # They are stored; the fanout's next catch-up shows them.
            log.warning("new messages could not be shown yet", exc_info=True)
        for draft, tell in batch:
            try:
                answer: Sent | Exception = outcome_of(draft, found)
            except MessagingError as refusal:
                answer = refusal
            _tell(tell, answer)

    async def _store(self, drafts: Sequence[Draft]) -> Found:
        for attempt in (1, 2, 3):
            try:
                return await self._execute(drafts)
            except psycopg.errors.UniqueViolation:
                # One of them is stored, by an earlier send or by another process between our look and our insert.
                self._look_until = time.monotonic() + LOOK_SECONDS
            except psycopg.OperationalError:
                await self._drop()
                if attempt == 3:
                    raise
        raise Unavailable()

    async def _execute(self, drafts: Sequence[Draft]) -> Found:
        if self._connection is None or self._connection.closed:
            self._connection = await psycopg.AsyncConnection.connect(
                **_address(), autocommit=True, prepare_threshold=0
            )
            self._plans = PlanAges()
        all_new = time.monotonic() >= self._look_until
        found = await self._run(self._connection, Batch(drafts, all_new=all_new))
        for again in drafts_to_repeat(drafts, found):
            found |= await self._run(self._connection, Batch([again]))
        if self._plans.are_old(len(found)):
            await self._connection.execute(FORGET_PLANS)
        return found

    @staticmethod
    async def _run(connection: psycopg.AsyncConnection, batch: Batch) -> Found:
        cursor = await connection.execute(batch.statement, batch.parameters)
        return batch.sent(await cursor.fetchall())

    async def _drop(self) -> None:
        if self._connection is not None:
            await self._connection.close()
            self._connection = None


def _address() -> dict[str, Any]:
    """Where Django's own connection goes, read late: tests change the database's name."""
    given = django_connection.get_connection_params()
    # These are for Django's own kind of connection.
    for name in ("context", "cursor_factory", "prepare_threshold", "server_side_binding"):
        given.pop(name, None)
    return given | {"connect_timeout": 5}


def _tell(tell: Tell, answer: Sent | Exception) -> None:
    """Tell one of a batch; the others are told whatever comes of it."""
    try:
        tell(answer)
    except Exception:
        log.exception("a message could not be acknowledged")


def _settle(future: "asyncio.Future[Sent]", answer: Sent | Exception) -> None:
    if future.done():
        return
    if isinstance(answer, Sent):
        future.set_result(answer)
    else:
        future.set_exception(answer)


# The batch writer of the running event loop.
batch_writer = loop_local(BatchWriter)
