"""One recheck of sessions for each process: may each visitor still be here? Tabs of one session are checked once."""

import asyncio
import logging
from collections import Counter, defaultdict
from typing import Protocol

from messaging.consumers.loop_local import loop_local
from messaging.consumers.open_sockets import OpenSockets
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.sockets import Visitor, actor_now
from shopcomm.core.logs import context_without_log_fields

log = logging.getLogger(__name__)
ROUND_SECONDS = 25.0
# How long one socket may take to be told; a client that reads nothing would hold up the round for good.
SOCKET_SECONDS = 5.0


class Watched(Protocol):
    """What the recheck knows of a socket."""

    visitor: Visitor
    actor: Actor

    async def recheck(self, visitor: Visitor, actor: Actor | None) -> None: ...


class SessionRecheck:
    """The open sockets of one event loop."""

    def __init__(self) -> None:
        self._sockets: set[Watched] = set()
        self._counts = OpenSockets()
        self._task: asyncio.Task[None] | None = None

    def add(self, socket: Watched) -> None:
        """Watch a socket from now on."""
        self._sockets.add(socket)
        if self._task is None:
            self._task = asyncio.create_task(self._run(), context=context_without_log_fields())

    def count_of(self, actor: Actor) -> int:
        """How many sockets of one person are open here."""
        return sum(each.actor.who == actor.who for each in self._sockets)

    def discard(self, socket: Watched) -> None:
        """It has closed."""
        self._sockets.discard(socket)

    async def _run(self) -> None:
        while True:
            await self._counts.report_counts(Counter(socket.actor.kind for socket in self._sockets))
            await asyncio.sleep(ROUND_SECONDS)
            try:
                await self.recheck_all()
            except Exception:
                log.warning("nobody could be asked whether they may still be here", exc_info=True)

    async def recheck_all(self) -> None:
        """Ask about everybody once; trouble with one is no reason not to ask about the others."""
        tabs: dict[Visitor, list[Watched]] = defaultdict(list)
        for socket in self._sockets:
            tabs[socket.visitor].append(socket)
        for visitor, sockets in tabs.items():
            try:
                actor = await actor_now(visitor)
            except Exception:
                log.warning("a visitor could not be asked about", exc_info=True)
                continue
            for socket in sockets:
                await self._recheck_one(socket, visitor, actor)

    async def _recheck_one(self, socket: Watched, visitor: Visitor, actor: Actor | None) -> None:
        try:
            async with asyncio.timeout(SOCKET_SECONDS):
                await socket.recheck(visitor, actor)
        except Exception as error:
            log.warning("a socket could not be asked whether it may still be here: %r", error)


# The recheck of sessions of the running event loop.
session_recheck = loop_local(SessionRecheck)
