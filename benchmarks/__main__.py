"""`make bench`: each item, product and floor in turn, on servers of its own; a table, and JSON beside it."""

import argparse
import json
import os
import platform
import sys
import time
import traceback
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

from benchmarks.measuring import Figure, spread
from benchmarks.peers.socket_io import install_packages
from benchmarks.servers import Bench

ITEMS = {
    "chat": "chat",
    "idle-rooms": "idle_rooms",
    "latency": "latency",
    "catch-up": "catch_up",
    "feed": "feed",
    "connections": "connections",
    "board": "board",
    "desk": "desk",
    "inbox": "inbox",
    "pages": "pages",
    "weak-line": "weak_line",
    "import": "imports",
    "notices": "notices",
    "search": "search",
    "inbound": "inbound",
    "events": "events",
    "webhooks": "webhooks",
    "queue-table": "queue_table",
    "exports": "exports",
}
# Those that take many minutes: only when they are asked for by name.
LONG = {"million": "million"}
RESULTS = Path(__file__).parent / "results"


def main() -> int:
    asked = arguments()
    names = asked.items or list(ITEMS)
    failed = []
    with Bench(install_packages() if asked.peers else None) as bench:
        for name in names:
            started = time.monotonic()
            try:
                figures = import_module(f"benchmarks.items.{(ITEMS | LONG)[name]}").run(
                    bench, asked.rounds, asked.quick
                )
            except Exception as error:
                failed.append(name)
                traceback.print_exc()
                print(f"{name}: could not be measured: {error}", flush=True)
                continue
            show(figures)
            keep(name, figures, asked)
            print(f"  ({name}: {time.monotonic() - started:.0f} s)", flush=True)
    return 1 if failed else 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "items",
        nargs="*",
        metavar="ITEM",
        help=f"one or more of: {', '.join(ITEMS)}; all of these unless given; or {', '.join(LONG)}",
    )
    parser.add_argument("--quick", action="store_true", help="shorter runs; the same comparisons")
    parser.add_argument("--peers", action="store_true", help="the chat beside socket.io from npm, too")
    parser.add_argument("--rounds", type=int, default=5, help="how often each pair is measured (5)")
    asked = parser.parse_args()
    if unknown := sorted(set(asked.items) - set(ITEMS | LONG)):
        parser.error(f"no such item: {', '.join(unknown)}; there are {', '.join(ITEMS | LONG)}")
    return asked


def show(figures: list[Figure]) -> None:
    """The lines of one item: median (smallest–largest) of both, ratio, goal."""
    print(f"{'':12}{'':42}{'product':>24}{'floor':>24}{'ratio':>8}  goal", flush=True)
    for each in figures:
        ratio = "" if each.ratio is None else f"{each.ratio:.2f}"
        verdict = {True: "met", False: "MISSED", None: ""}[each.met]
        what = f"{each.what}, {each.unit}" if each.unit else each.what
        print(
            f"{each.item:12}{what:42}{spread(each.product):>24}{spread(each.floor):>24}{ratio:>8}"
            f"  {each.goal} {verdict}".rstrip()
        )


def keep(name: str, figures: list[Figure], asked: argparse.Namespace) -> None:
    """Write the item's JSON, with what it was measured on."""
    RESULTS.mkdir(exist_ok=True)
    record = {
        "item": name,
        "measured_at": datetime.now(UTC).isoformat(),
        "rounds": asked.rounds,
        "quick": asked.quick,
        "machine": {
            "cpus": os.cpu_count(),
            "python": platform.python_version(),
            "system": platform.platform(),
        },
        "figures": [figure.record() for figure in figures],
    }
    (RESULTS / f"{name}.json").write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
