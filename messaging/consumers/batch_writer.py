"""One batch writer for each process: while one batch is being written, the next one collects (group commit, no timer)."""

import asyncio
import logging
from collections.abc import Sequence
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
from shopcomm.core.logs import context_without_log_fields

log = logging.getLogger(__name__)
LARGEST_BATCH = 200
# The statement is planned anew when a connection has stored so many messages, and whenever as many again: a plan made for
# a nearly empty table reads more of it with each message, until the database's own statistics are renewed.
PLAN_AGAIN_FROM = 64
Found = dict[DraftKey, Sent]
Waiting = list[tuple[Draft, "asyncio.Future[Sent]"]]


class BatchWriter:
    """Stores drafts over a connection of its own; an answer means committed."""

    def __init__(self) -> None:
        self._waiting: Waiting = []
        self._busy: asyncio.Task[None] | None = None
        self._connection: psycopg.AsyncConnection | None = None
        self._stored, self._plan_again_at = 0, PLAN_AGAIN_FROM

    def write(self, draft: Draft) -> "asyncio.Future[Sent]":
        """Take one message, in the order of the calls; the answer comes once it is committed.

        The answer raises NotFound or AttachmentUnknown, or Unavailable when the database is away: send it again.
        """
        answer: asyncio.Future[Sent] = asyncio.get_running_loop().create_future()
        self._waiting.append((draft, answer))
        if self._busy is None or self._busy.done():
            self._busy = asyncio.create_task(self._flush_all(), context=context_without_log_fields())
        return answer

    async def _flush_all(self) -> None:
        """Batch by batch; what is stored is shown while the database has the next."""
        stored: tuple[Waiting, Found] | None = None
        while self._waiting or stored:
            batch, self._waiting = self._waiting[:LARGEST_BATCH], self._waiting[LARGEST_BATCH:]
            storing = asyncio.create_task(self._flush(batch)) if batch else None
            if stored:
                # One turn of the loop: the next batch is on its way to the database before this one is shown.
                await asyncio.sleep(0)
                await self._answer_and_show(*stored)
            stored = (batch, await storing) if storing else None

    async def _flush(self, batch: Waiting) -> Found:
        try:
            return await self._store([draft for draft, _answer in batch])
        except Exception as error:
            # Never an acknowledgement for what may not be there; the client sends it again.
            log.warning("messages could not be stored: %r", error)
            for _draft, answer in batch:
                _fail(answer, Unavailable())
            return {}

    async def _answer_and_show(self, batch: Waiting, found: Found) -> None:
        for draft, answer in batch:
            try:
                sent = outcome_of(draft, found)
            except MessagingError as refusal:
                _fail(answer, refusal)
            else:
                if not answer.done():
                    answer.set_result(sent)
        try:
            await fanout().publish(*frames_of(sent for sent in found.values() if sent.created))
        except Exception:
            # They are stored and acknowledged; the fanout's next catch-up shows them.
            log.warning("new messages could not be shown yet", exc_info=True)

    async def _store(self, drafts: Sequence[Draft]) -> Found:
        for attempt in (1, 2, 3):
            try:
                return await self._execute(drafts)
            except psycopg.errors.UniqueViolation:
                # Another process stored one of them between our look and our insert; now it is found.
                continue
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
            self._stored, self._plan_again_at = 0, PLAN_AGAIN_FROM
        found = await self._run(self._connection, drafts)
        for again in drafts_to_repeat(drafts, found):
            found |= await self._run(self._connection, [again])
        await self._plan_again(self._connection, len(found))
        return found

    async def _plan_again(self, connection: psycopg.AsyncConnection, stored: int) -> None:
        self._stored += stored
        if self._stored >= self._plan_again_at:
            self._plan_again_at = 2 * self._stored
            await connection.execute("DISCARD PLANS")

    @staticmethod
    async def _run(connection: psycopg.AsyncConnection, drafts: Sequence[Draft]) -> Found:
        batch = Batch(drafts)
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


def _fail(answer: "asyncio.Future[Sent]", error: Exception) -> None:
    if not answer.done():
        answer.set_exception(error)


# The batch writer of the running event loop.
batch_writer = loop_local(BatchWriter)
