"""`make mutants`: break the rules one line at a time, and list what no test notices."""

import argparse
import json
import shutil
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from mutants.breaking import Break, breaks_of, sample
from mutants.parts import PARTS, Part
from mutants.reach import Reach
from mutants.workshop import Workshop
from shopcomm.core.embedded.services import Services

WANTED = 0.9
LONGEST_SOUND_SECONDS = 1800.0


@dataclass(frozen=True)
class Outcome:
    """What became of one break: a test `failed`, one never ended (`time out`), all `passed`, or it was `not reached`."""

    broken: Break
    answer: str

    @property
    def noticed(self) -> bool:
        return self.answer in {"failed", "time out"}


def main() -> int:
    asked = arguments()
    names = asked.parts or list(PARTS)
    folder = Path(tempfile.mkdtemp(prefix="shopcomm-mutants-"))
    services = Services(folder / "services", durable=False)
    try:
        services.start()
        workshops = [Workshop(number, services, folder) for number in range(asked.jobs)]
        outcomes = {name: outcomes_of(name, PARTS[name], workshops, asked.sample) for name in names}
        for workshop in workshops:
            workshop.close()
    finally:
        services.stop()
        shutil.rmtree(folder, ignore_errors=True)
    if asked.json:
        keep(outcomes, asked.json)
    return show(outcomes)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m mutants", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of: {', '.join(PARTS)}; all unless given")
    parser.add_argument(
        "--sample", type=int, default=0, help="so many breaks of each part, the same every time"
    )
    parser.add_argument("--jobs", type=int, default=2, help="how many are tried side by side (2)")
    parser.add_argument("--json", type=Path, help="a file for every break and what became of it")
    asked = parser.parse_args()
    if unknown := sorted(set(asked.parts) - set(PARTS)):
        parser.error(f"no such part: {', '.join(unknown)}; there are {', '.join(PARTS)}")
    return asked


def outcomes_of(name: str, part: Part, workshops: list[Workshop], size: int) -> list[Outcome]:
    """Try a part's breaks, several side by side. Raises SystemExit when its tests fail on the sound code."""
    started = time.monotonic()
    with ThreadPoolExecutor(len(workshops)) as pool:
        # Each makes its database in its first run.
        reach, *_ = pool.map(lambda workshop: workshop.run_sound(part, LONGEST_SOUND_SECONDS), workshops)
    breaks = sample([each for module in part.modules for each in breaks_of(module)], size)
    print(f"{name}: {len(breaks)} breaks; its tests took {time.monotonic() - started:.0f} s", flush=True)
    free: SimpleQueue[Workshop] = SimpleQueue()
    for workshop in workshops:
        free.put(workshop)

    def attempt(broken: Break) -> Outcome:
        workshop = free.get()
        try:
            outcome = Outcome(broken, _try(broken, workshop, reach))
        finally:
            free.put(workshop)
        if not outcome.noticed:
            print(
                f"  {outcome.answer}: {broken.module}:{broken.line} {broken.kind}\n{broken.change}",
                flush=True,
            )
        return outcome

    with ThreadPoolExecutor(len(workshops)) as pool:
        return list(pool.map(attempt, breaks))


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


def show(outcomes: dict[str, list[Outcome]]) -> int:
    """Print a table. Returns 1 when any part notices fewer than nine of ten."""
    short = False
    for name, tried in outcomes.items():
        noticed = sum(each.noticed for each in tried)
        late = sum(each.answer == "time out" for each in tried)
        share = noticed / len(tried) if tried else 1.0
        short = short or share < WANTED
        print(
            f"{name:12} {noticed:4} of {len(tried):4} noticed ({share:.1%}), {late} of them by never ending"
        )
    return 1 if short else 0


if __name__ == "__main__":
    sys.exit(main())
