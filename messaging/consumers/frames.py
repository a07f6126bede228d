"""Parsing of incoming frames: counted against the limit first, read within bounds, and named in the answer."""

import re
import time
from typing import Any

from shopcomm.core.reading import json_object

LARGEST_FRAME = 1024 * 1024
# So many bytes count as one more frame: a large one takes as long to read as many small ones.
BYTES_A_FRAME = 64 * 1024
# Of a frame that is refused unread, only its beginning is looked at for the message it carries.
GLIMPSED = 4096
CLIENT_ID = re.compile(r'"client_id"\s*:\s*"([0-9a-fA-F-]{36})"')

Frame = dict[str, Any]


class FrameError(Exception):
    """A frame that is answered with an `error` frame."""

    def __init__(self, code: str, **extra: Any) -> None:
        super().__init__(code)
        self.code, self.extra = code, extra


class FrameBudget:
    """A bucket of so many frames that fills again in ten seconds."""

    def __init__(self, frames: int) -> None:
        self._size, self._at = frames, time.monotonic()
        self._tokens: float = frames

    def take(self, size: int) -> float:
        """Take what a frame of so many bytes costs. Returns 0.0, or the seconds until it could be afforded."""
        now, rate = time.monotonic(), self._size / 10
        cost = min(self._size, 1 + size // BYTES_A_FRAME)
        self._tokens = min(self._size, self._tokens + (now - self._at) * rate)
        self._at = now
        if self._tokens < cost:
            return round((cost - self._tokens) / rate, 3) or 0.001
        self._tokens -= cost
        return 0.0

    def give_back(self, size: int) -> None:
        """Give back what was just taken for a frame of so many bytes."""
        self._tokens += min(self._size, 1 + size // BYTES_A_FRAME)


def frame_size(text: str | None, data: bytes | None) -> int:
    """About how many bytes a frame has."""
    return len(text) if text is not None else len(data or b"")


def parse_frame(text: str | None) -> Frame:
    """Read a frame. Raises FrameError for what is none; deep nests and numbers of thousands of digits are none."""
    if text is None:
        raise FrameError("bad_frame")
    if len(text) > LARGEST_FRAME:
        raise FrameError("frame_too_large", limit=LARGEST_FRAME)
    given = json_object(text)
    if given is None or not isinstance(given.get("type"), str):
        raise FrameError("bad_frame")
    return given


def peek_client_id(text: str | None) -> Frame:
    """The `client_id` of a frame that is not read any further, so that its sender knows which message has to wait."""
    found = CLIENT_ID.search((text or "")[:GLIMPSED])
    return {"client_id": found[1]} if found else {}


def echoed_fields(given: Frame) -> Frame:
    """What of a frame its answer repeats: short texts and numbers that could be meant, nothing else."""
    return {
        name: value
        for name in ("client_id", "conversation", "feed")
        if (isinstance(value := given.get(name), str) and len(value) <= 64)
        or (type(value) is int and abs(value) < 2**63)
    }


def frame_number(given: Frame, name: str, *, least: int = 0, default: int | None = None) -> int:
    """A frame's id or `seq` by its name, at least `least`. Raises FrameError where it is none and there is no default."""
    value = given.get(name, default)
    if type(value) is not int or not least <= value < 2**63:
        raise FrameError("bad_frame")
    return value
