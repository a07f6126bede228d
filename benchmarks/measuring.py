"""Product and floor in turn, and what their figures amount to."""

import os
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


@dataclass
class Figure:
    """One line of the table. `goal` bounds product ÷ floor, or the product's own median where there is no floor."""

    item: str
    what: str
    unit: str
    product: list[float]
    floor: list[float] = field(default_factory=list)
    goal: str = ""

    @property
    def ratio(self) -> float | None:
        """The median of the ratios inside each round, so that a slow minute touches both sides."""
        if not self.floor:
            return None
        return statistics.median(p / f for p, f in zip(self.product, self.floor, strict=True) if f)

    @property
    def met(self) -> bool | None:
        """Whether the goal is reached; None without one."""
        if not self.goal:
            return None
        sign, bound = self.goal.split()[0], float(self.goal.split()[1])
        value = statistics.median(self.product) if self.ratio is None else self.ratio
        return value >= bound if sign == "≥" else value <= bound

    def record(self) -> dict[str, object]:
        return asdict(self) | {"ratio": self.ratio, "met": self.met}


def spread(values: list[float]) -> str:
    """The median with the smallest and the largest beside it."""
    if not values:
        return "–"
    return f"{number(statistics.median(values))} ({number(min(values))}–{number(max(values))})"


def number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def in_turn(rounds: int, measure: Callable[[str], T], *, floor: str = "floor") -> tuple[list[T], list[T]]:
    """Measure "product" and a floor in every round; who goes first changes."""
    found = each_in_turn(rounds, ("product", floor), measure)
    return found["product"], found[floor]


def each_in_turn(rounds: int, sides: Sequence[str], measure: Callable[[str], T]) -> dict[str, list[T]]:
    """Measure every side in every round; who goes first changes."""
    found: dict[str, list[T]] = {side: [] for side in sides}
    for turn in range(rounds):
        first = turn % len(sides)
        for side in (*sides[first:], *sides[:first]):
            found[side].append(measure(side))
    return found


def cpu_seconds(pid: int) -> float:
    """What a process has spent on the CPU in all its threads, those that have ended too, in clock ticks. Linux."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def tree_cpu_seconds(pid: int) -> float:
    """What a process, all below it, and those of them that have ended have spent on the CPU. Linux."""
    ticks, children = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            # It ended while we looked; its parent has its time.
            continue
        children.setdefault(int(fields[1]), []).append(int(folder.name))
        ticks[int(folder.name)] = sum(map(int, fields[11:15]))
    found, total = [pid], 0
    while found:
        one = found.pop()
        total += ticks.get(one, 0)
        found += children.get(one, [])
    return total / os.sysconf("SC_CLK_TCK")


def resident_bytes(pid: int) -> int:
    """The memory a process holds now."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
