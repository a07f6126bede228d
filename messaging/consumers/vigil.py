"""One watch a process: may each visitor still be here? Tabs of one session are asked about once."""

import asyncio
import logging
from collections import defaultdict
from typing import Protocol

from messaging.consumers.per_loop import one_per_loop
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.sockets import Visitor, actor_now

log = logging.getLogger(__name__)
ROUND_SECONDS = 25.0


class Watched(Protocol):
    """What the watch knows of a socket."""

    visitor: Visitor

    async def recheck(self, actor: Actor | None) -> None: ...


class Vigil:
    """The open sockets of one event loop."""

    def __init__(self) -> None:
        self._sockets: set[Watched] = set()
        self._task: asyncio.Task[None] | None = None

    def add(self, socket: Watched) -> None:
        """Watch a socket from now on."""
        self._sockets.add(socket)
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    def discard(self, socket: Watched) -> None:
        """It has closed."""
        self._sockets.discard(socket)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(ROUND_SECONDS)
            try:
                await self.look()
            except Exception:
                log.warning("nobody could be asked whether they may still be here", exc_info=True)

    async def look(self) -> None:
        """Ask about everybody once."""
        tabs: dict[Visitor, list[Watched]] = defaultdict(list)
        for socket in self._sockets:
            tabs[socket.visitor].append(socket)
        for visitor, sockets in tabs.items():
            actor = await actor_now(visitor)
            for socket in sockets:
                await socket.recheck(actor)


# The vigil of the running event loop.
vigil = one_per_loop(Vigil)
