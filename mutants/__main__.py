"""`make mutants`: break the rules one line at a time, and list what no test notices."""

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from queue import SimpleQueue

from mutants.breaking import Break, breaks_of, sample
from mutants.parts import PARTS
from mutants.reach import Reach
from mutants.workshop import TestsFail, Workshop
from shopcomm.core.embedded.services import Services

WANTED = 0.9
LONGEST_SOUND_SECONDS = 1800.0
UNNOTICED = {"passed", "not reached"}


@dataclass(frozen=True)
class Outcome:
    """What became of one break: a test `failed`, one never ended (`time out`), all `passed`, or it was `not reached`."""

    broken: Break
    answer: str

    @property
    def noticed(self) -> bool:
        return self.answer not in UNNOTICED


def main() -> int:
    asked = arguments()
    breaks = {name: breaks_in(name, asked.sample) for name in asked.parts or PARTS}
    if asked.left:
        breaks = only_left(breaks, asked.left)
    folder = Path(tempfile.mkdtemp(prefix="shopcomm-mutants-"))
    services = Services(folder / "services", durable=False)
    outcomes = {}
    try:
        services.start()
        workshops = [Workshop(number, services, folder) for number in range(asked.jobs)]
        for name, tried in try_breaks(breaks, workshops):
            outcomes[name] = tried
            print(share_of(name, tried), flush=True)
            if asked.json:
                keep(outcomes, asked.json)
        for workshop in workshops:
            workshop.close()
    finally:
        services.stop()
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if any(noticed_share(tried) < WANTED for tried in outcomes.values()) else 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m mutants", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of: {', '.join(PARTS)}; all unless given")
    parser.add_argument(
        "--sample", type=int, default=0, help="so many breaks of each part, the same every time"
    )
    parser.add_argument("--jobs", type=int, default=2, help="how many are tried side by side (2)")
    parser.add_argument("--json", type=Path, help="a file for every break and what became of it")
    parser.add_argument(
        "--left",
        type=Path,
        metavar="JSON",
        help="only those that an earlier run, kept by --json, left unnoticed",
    )
    asked = parser.parse_args()
    if unknown := sorted(set(asked.parts) - set(PARTS)):
        parser.error(f"no such part: {', '.join(unknown)}; there are {', '.join(PARTS)}")
    return asked


def breaks_in(name: str, size: int) -> list[Break]:
    """The breaks of a part's modules: `size` of them, all when that is 0."""
    return sample([each for module in PARTS[name].modules for each in breaks_of(module)], size)


def only_left(breaks: dict[str, list[Break]], path: Path) -> dict[str, list[Break]]:
    """Those of the breaks that nothing noticed in the run whose outcomes `keep` wrote to `path`."""
    rows = json.loads(path.read_text(encoding="utf-8"))
    left = {(row["part"], row["kind"], row["change"]) for row in rows if row["answer"] in UNNOTICED}
    chosen = {
        name: [each for each in found if (name, each.kind, each.change) in left]
        for name, found in breaks.items()
    }
    return {name: found for name, found in chosen.items() if found}


def try_breaks(
    breaks: dict[str, list[Break]], workshops: list[Workshop]
) -> Iterator[tuple[str, list[Outcome]]]:
    """Try each part's breaks, as many side by side as there are workshops, and tell of each part when it is done.

    A part whose tests fail on the sound code is told of with no outcome at all.
    """
    free: SimpleQueue[Workshop] = SimpleQueue()
    for workshop in workshops:
        free.put(workshop)
    with ThreadPoolExecutor(len(workshops)) as pool:
        reached = dict(zip(breaks, pool.map(partial(_reach_of, free=free), breaks), strict=True))
        started = {
            name: [pool.submit(_attempt, name, each, reach, free) for each in breaks[name] if reach]
            for name, reach in reached.items()
        }
        for name, tried in started.items():
            yield name, [each.result() for each in tried]


@contextmanager
def _taken(free: SimpleQueue[Workshop]) -> Iterator[Workshop]:
    workshop = free.get()
    try:
        yield workshop
    finally:
        free.put(workshop)


def _reach_of(name: str, free: SimpleQueue[Workshop]) -> Reach | None:
    with _taken(free) as workshop:
        started = time.monotonic()
        try:
            reach = workshop.run_sound(PARTS[name], LONGEST_SOUND_SECONDS)
        except TestsFail as failure:
            print(f"{name}: its tests fail without any break\n{failure}", flush=True)
            return None
    print(f"{name}: its tests took {time.monotonic() - started:.0f} s", flush=True)
    return reach


def _attempt(name: str, broken: Break, reach: Reach, free: SimpleQueue[Workshop]) -> Outcome:
    with _taken(free) as workshop:
        outcome = Outcome(broken, _try(broken, workshop, reach))
    if not outcome.noticed:
        place = f"{broken.module}:{broken.line}"
        print(f"  {name}, {outcome.answer}: {place} {broken.kind}\n{broken.change}", flush=True)
    return outcome


def _try(broken: Break, workshop: Workshop, reach: Reach) -> str:
    chosen = reach.tests_of(broken.module, broken.first, broken.line)
    if not chosen:
        return "not reached"
    seconds = sum(reach.seconds[name] for name in chosen)
    return workshop.run_broken(broken, chosen, 3 * seconds + 60)


def keep(outcomes: dict[str, list[Outcome]], path: Path) -> None:
    """Write every break and its outcome as JSON."""
    rows = [
        {"part": name, "module": each.broken.module, "line": each.broken.line}
        | {"kind": each.broken.kind, "change": each.broken.change, "answer": each.answer}
        for name, tried in outcomes.items()
        for each in tried
    ]
    path.write_text(json.dumps(rows, ensure_ascii=False, indent=1), encoding="utf-8")


def share_of(name: str, tried: list[Outcome]) -> str:
    """A line about one part."""
    noticed = sum(each.noticed for each in tried)
    late = sum(each.answer == "time out" for each in tried)
    share = f"{noticed:4} of {len(tried):4} noticed ({noticed_share(tried):.1%})"
    return f"{name:12} {share}, {late} of them by never ending"


def noticed_share(tried: list[Outcome]) -> float:
    """How many of the breaks were noticed, from 0 to 1."""
    return sum(each.noticed for each in tried) / len(tried) if tried else 0.0


if __name__ == "__main__":
    sys.exit(main())
