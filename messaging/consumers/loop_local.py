"""Objects of which there is one for each process, or more exactly for each event loop."""

import asyncio
import weakref
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from shopcomm.core.logs import context_without_log_fields

T = TypeVar("T")
_running: "set[asyncio.Task[Any]]" = set()


def run_in_background(work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
    """Start work that nobody waits for, and hold on to it: the loop itself does not. Its lines of the log name nobody."""
    task = asyncio.create_task(work, context=context_without_log_fields())
    _running.add(task)
    task.add_done_callback(_running.discard)
    return task


def loop_local(make: Callable[[], T]) -> Callable[[], T]:
    """A function that answers the one of the running loop, made when it is first asked for and gone with its loop."""
    made: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, T] = weakref.WeakKeyDictionary()

    def of_this_loop() -> T:
        loop = asyncio.get_running_loop()
        # One look: this is asked for every message, and a weak dictionary takes its time.
        found = made.get(loop)
        if found is None:
            found = made[loop] = make()
        return found

    return of_this_loop
