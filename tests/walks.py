"""The files that one request goes through, in the order in which a reader opens them."""

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

ROOT = Path(__file__).parents[1]
# The framework and the ground floor are known to whoever reads on.
FLOORS = ("orders/", "messaging/", "shopcomm/edge/")


class Walk:
    """What was called. A function that was read once is known: only its first call opens its file."""

    def __init__(self) -> None:
        self._known: set[tuple[str, int]] = set()
        self.files: list[str] = []

    def step(self, frame: FrameType, event: str, _told: Any) -> None:
        """Take down one call; the interpreter gives every event of the thread."""
        code = frame.f_code
        if event != "call" or code.co_name.startswith("<") or not code.co_filename.startswith(f"{ROOT}/"):
            return
        name = str(Path(code.co_filename).relative_to(ROOT))
        if not name.startswith(FLOORS) or (name, code.co_firstlineno) in self._known:
            return
        self._known.add((name, code.co_firstlineno))
        if self.files[-1:] != [name]:
            self.files.append(name)

    def since(self, name: str) -> list[str]:
        """The files from this one on: what comes before a view is the same for every page."""
        return self.files[self.files.index(name) :]


def returns_in(files: list[str]) -> Counter[str]:
    """How often a reader comes back to each file that was left before."""
    return Counter({name: count - 1 for name, count in Counter(files).items() if count > 1})


@contextmanager
def walk() -> Iterator[Walk]:
    """Everything that is called inside, in this thread."""
    taken = Walk()
    before = sys.getprofile()
    sys.setprofile(taken.step)
    try:
        yield taken
    finally:
        sys.setprofile(before)


def is_in_order(wanted: list[str], files: list[str]) -> bool:
    """Whether these files are all gone through, one behind the other."""
    left = iter(files)
    return all(name in left for name in wanted)
