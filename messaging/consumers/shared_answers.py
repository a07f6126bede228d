"""What many sockets ask at the same time is asked of the database once."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

Key = TypeVar("Key")
Answer = TypeVar("Answer")


class SharedAnswers(Generic[Key, Answer]):
    """Answers by key: who asks first has them fetched, the others wait for it and get the same."""

    __slots__ = ("_asked", "_seconds")

    def __init__(self, seconds: float) -> None:
        # So long an answer is good for whoever comes next.
        self._seconds = seconds
        self._asked: dict[Key, tuple[asyncio.Task[Answer], float]] = {}

    async def get(self, key: Key, ask: Callable[[], Awaitable[Answer]]) -> Answer:
        """The answer, by `ask` if nobody has asked yet. Raises what `ask` raises; the next one asks again then."""
        now = time.monotonic()
        task, until = self._asked.get(key, (None, 0.0))
        if task is None or now > until:
            task = asyncio.create_task(_awaited(ask))
            self._asked = {old: kept for old, kept in self._asked.items() if kept[1] > now}
            self._asked[key] = task, now + self._seconds
        try:
            # Whoever leaves while it is fetched does not take it from the others.
            return await asyncio.shield(task)
        except Exception:
            self.forget(key)
            raise

    def forget(self, key: Key) -> None:
        """Ask anew for one."""
        self._asked.pop(key, None)

    def forget_all(self) -> None:
        """Ask anew for every one."""
        self._asked.clear()


async def _awaited(ask: Callable[[], Awaitable[Answer]]) -> Answer:
    return await ask()
