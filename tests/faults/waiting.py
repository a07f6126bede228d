"""Waiting for what must come true, with a deadline instead of a guess."""

import asyncio
import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
STEP = 0.05


def eventually(holds: Callable[[], T], within: float = 30.0, why: str = "") -> T:
    """Ask until the answer is true, and return it. An AssertionError after `within` seconds."""
    deadline, pause = time.monotonic() + within, threading.Event()
    while not (answer := holds()):
        assert time.monotonic() < deadline, f"not within {within} s: {why or holds}"
        pause.wait(STEP)
    return answer


async def soon(holds: Callable[[], T], within: float = 30.0, why: str = "") -> T:
    """The same on an event loop."""
    deadline = time.monotonic() + within
    while not (answer := holds()):
        assert time.monotonic() < deadline, f"not within {within} s: {why or holds}"
        await asyncio.sleep(STEP)
    return answer
