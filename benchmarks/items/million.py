"""A million order lines in one file, once: minutes, and the memory it takes. Only when it is asked for by name."""

from benchmarks.items.imports import bring_in, write_file
from benchmarks.measuring import Figure
from benchmarks.servers import Bench

LINES = 1_000_000


def run(bench: Bench, rounds: int, quick: bool) -> list[Figure]:
    lines = LINES // 10 if quick else LINES
    _seconds, little = bring_in(write_file(bench.data / "first.csv", 10_000, seed=1))
    bench.analyze()
    seconds, peak = bring_in(write_file(bench.data / "million.csv", lines, seed=2))
    goal = "" if quick else "≤ 10"
    return [
        Figure("million", f"{lines:,} lines, process start included", "min", [seconds / 60], goal=goal),
        Figure("million", "peak memory ÷ with 10,000 lines", "MiB", [peak], [little], "≤ 1.3"),
    ]
