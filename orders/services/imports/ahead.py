"""Reading on in a file while the database stores what came before."""

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Generic, TypeVar

T = TypeVar("T")
# How much is read at a time, and how much at most before it is asked for.
STEP, MOST_AHEAD = 150, 1500


class ReadAhead(Generic[T]):
    """The same things in the same order; some of them are read early, whenever somebody has to wait."""

    def __init__(self, things: Iterable[T]) -> None:
        self._things, self._ready = iter(things), deque[T]()
        self._fault: Exception | None = None

    def __iter__(self) -> Iterator[T]:
        while True:
            while self._ready:
                yield self._ready.popleft()
            if self._fault is not None:
                raise self._fault
            for thing in self._things:
                yield thing
                if self._ready or self._fault is not None:
                    break
            else:
                return

    def read_on(self) -> None:
        """Read a little more. What goes wrong concerns those who ask for it, and is raised there."""
        if self._fault is None and len(self._ready) < MOST_AHEAD:
            try:
                self._ready.extend(islice(self._things, STEP))
            except Exception as fault:
                self._fault = fault
