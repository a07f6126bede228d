"""When a process that ended is restarted, and who is told that it keeps ending. Imports nothing of Django."""

import json
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

# So many ends within a minute are mended at once: a deploy, a lost server, somebody's kill.
AT_ONCE = 5
WINDOW_SECONDS = 60.0
FIRST_WAIT, LONGEST_WAIT = 2.0, 60.0
# Who lived so long has recovered, whatever it did before.
RECOVERED_SECONDS = 120.0


@dataclass
class Restarts:
    """The ends of one process: the first few in a minute cost nothing, each further one a longer wait."""

    # The process whose end was counted last.
    of: int = 0
    ends: list[float] = field(default_factory=list)
    waits: int = 0
    due: float = 0.0

    def ended(self, now: float) -> float:
        """It ended just now; how many seconds until it is to be started again."""
        if self.ends and now - self.ends[-1] > RECOVERED_SECONDS:
            self.waits = 0
        self.ends = [*(when for when in self.ends if now - when < WINDOW_SECONDS), now]
        if self.waits == 0 and len(self.ends) <= AT_ONCE:
            wait = 0.0
        else:
            wait = min(FIRST_WAIT * 2**self.waits, LONGEST_WAIT)
            self.waits += 1
        self.due = now + wait
        return wait

    def keeps_ending(self, now: float) -> bool:
        """Whether it is being waited for, or has not lived long enough since to be trusted."""
        return self.waits > 0 and now - max(self.due, self.ends[-1]) < RECOVERED_SECONDS


def keeps_ending_file(data: Path) -> Path:
    """The file in which the supervisor names processes that keep ending."""
    return data / "keeps_ending.json"


def write_keeps_ending(data: Path, names: list[str]) -> None:
    """Write the file, or remove it when there is nothing to name. A full disk must not end the supervisor, too."""
    path = keeps_ending_file(data)
    # The supervisor has printed it already.
    with suppress(OSError):
        if names:
            path.with_suffix(".new").write_text(json.dumps({"names": names, "at": time.time()}))
            path.with_suffix(".new").replace(path)
        else:
            path.unlink(missing_ok=True)


def read_keeps_ending(data: Path) -> list[str]:
    """The names of the processes that keep ending, as the supervisor of a data folder last said; none without one."""
    try:
        names = json.loads(keeps_ending_file(data).read_text())["names"]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return [str(name) for name in names] if isinstance(names, list) else []
