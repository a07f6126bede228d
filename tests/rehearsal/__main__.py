"""`make rehearsal`: thousands of orders through every way of joining another system, while everything fails; exits 1 where the two differ."""

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

from tests.faults.stack import Stack
from tests.rehearsal.play import WAYS, Rehearsal

LATEST = 3600


def main() -> int:
    asked = _arguments()
    data = Path(tempfile.mkdtemp(prefix="shopcomm-rehearsal-"))
    # PostgreSQL runs as somebody else where we are root.
    data.chmod(0o711)
    Stack(data / "prepared", durable=False).prepare()
    stack = Stack(data / "shop")
    try:
        (data / "shop").mkdir()
        stack.start(data / "prepared")
        stack.start_worker()
        stack.start_beat()
        wrong = [line for way in asked.ways for line in _played(stack, way, asked)]
    finally:
        stack.stop()
        shutil.rmtree(data, ignore_errors=True)
    return 1 if wrong else 0


def _played(stack: Stack, way: str, asked: argparse.Namespace) -> list[str]:
    """Play one way and print what came of it; what is wrong, a line each."""
    play, began = (
        Rehearsal(stack, way, orders=asked.orders, rate=asked.rate, seed=asked.seed),
        time.monotonic(),
    )
    play.start_system()
    try:
        play.join()
        play.play(faults=asked.faults, seconds_between=asked.between, within=LATEST)
        wrong = play.differences() + play.wrongly_told()
        records = ", ".join(f"{count} {state}" for state, count in sorted(play.records().items()))
    finally:
        play.stop()
    took = time.monotonic() - began
    print(
        f"{way}: {asked.orders} orders, {play.answered()} changes answered, {len(play.faults)} faults, {records}, {took:.0f} s"
    )
    for line in [*wrong[:20], f"{len(wrong)} wrong"]:
        print(f"  {line}")
    return wrong


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.rehearsal", description=__doc__)
    parser.add_argument("ways", nargs="*", metavar="WAY", help=f"of {', '.join(WAYS)}; all unless given")
    parser.add_argument("--orders", type=int, default=2000, help="how many orders each way (2,000)")
    parser.add_argument("--rate", type=float, default=40, help="steps of orders a second (40)")
    parser.add_argument("--faults", type=int, default=60, help="how many faults at most (60)")
    parser.add_argument("--between", type=float, default=3, help="seconds between two faults (3)")
    parser.add_argument("--seed", type=int, default=1, help="another number lets other things fail (1)")
    asked = parser.parse_args()
    asked.ways = asked.ways or list(WAYS)
    if unknown := sorted(set(asked.ways) - set(WAYS)):
        parser.error(f"no such way: {', '.join(unknown)}; there are {', '.join(WAYS)}")
    return asked


if __name__ == "__main__":
    sys.exit(main())
