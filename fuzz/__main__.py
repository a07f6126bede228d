"""`make fuzz`: odd requests, odd frames and broken pictures against a shop of its own; exits 1 when any did harm."""

import argparse
import re
import sys
import time
from collections import Counter

ITEMS = ("requests", "frames", "pictures")


def main() -> int:
    asked = arguments()
    wanted, harmed = asked.items or list(ITEMS), False
    if "pictures" in wanted:
        from fuzz import pictures

        harmed |= pictures.report(count=asked.mutants, seed=asked.seed)
    if set(wanted) & {"requests", "frames"}:
        harmed |= _against_a_shop(asked, wanted)
    return 1 if harmed else 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument(
        "items", nargs="*", metavar="ITEM", help=f"one or more of: {', '.join(ITEMS)}; all unless given"
    )
    parser.add_argument("--requests", type=int, default=10_000, help="how many requests (10,000)")
    parser.add_argument("--frames", type=int, default=5_000, help="how many frames (5,000)")
    parser.add_argument("--mutants", type=int, default=5_000, help="how many mutants of each format (5,000)")
    parser.add_argument("--seed", type=int, default=11, help="another number tries other values (11)")
    asked = parser.parse_args()
    if unknown := sorted(set(asked.items) - set(ITEMS)):
        parser.error(f"no such item: {', '.join(unknown)}; there are {', '.join(ITEMS)}")
    return asked


def _against_a_shop(asked: argparse.Namespace, wanted: list[str]) -> bool:
    from fuzz.servers import HttpSender, Shop

    harmed = False
    with Shop() as shop:
        from fuzz import frames, requests

        if "requests" in wanted:
            started = time.monotonic()
            told = requests.run(HttpSender(shop.url), count=asked.requests, seed=asked.seed)
            harmed |= show_requests(told, time.monotonic() - started)
        if "frames" in wanted:
            started = time.monotonic()
            seen = frames.run(shop.ws_url, count=asked.frames, seed=asked.seed)
            harmed |= show_frames(seen, time.monotonic() - started)
        if not shop.is_alive:
            print("the web process ended", flush=True)
            harmed = True
        if harmed:
            show_log(shop.log())
    return harmed


def show_requests(told: "object", seconds: float) -> bool:
    """Counts by status and door; True when an answer was an error of ours."""
    from fuzz.requests import Told

    assert isinstance(told, Told)
    kinds = Counter(f"{status // 100}xx" for status in told.statuses.elements())
    print(
        f"requests: {told.count} in {seconds:.0f} s at {len(told.doors)} addresses, {len(told.opened)} of them opened"
    )
    print("  " + ", ".join(f"{kind} {count}" for kind, count in sorted(kinds.items())))
    print("  " + ", ".join(f"{status}: {count}" for status, count in sorted(told.statuses.items())))
    print(f"  answers of 500 and more: {len(told.failures)}", flush=True)
    for answer, knock in told.failures[:40]:
        print(
            f"  {answer.status} {answer.reason} {knock.role} {knock.method} {knock.path[:160]!r} {knock.content[:240]!r}"
        )
    return bool(told.failures)


def show_frames(told: "object", seconds: float) -> bool:
    """Counts by kind and answer; True when a socket went silent."""
    from fuzz.frames import Told

    assert isinstance(told, Told)
    print(f"frames: {told.count} in {seconds:.0f} s")
    print("  " + ", ".join(f"{kind} {count}" for kind, count in sorted(told.kinds.items())))
    print("  answered: " + ", ".join(f"{name} {count}" for name, count in told.answers.most_common(14)))
    print(f"  sockets that died: {len(told.failures)}", flush=True)
    for failure in told.failures[:20]:
        print(f"  {failure}")
    return bool(told.failures)


def show_log(text: str) -> None:
    """What the web process said of its errors, the last line of each once."""
    last = re.findall(r"(?m)^(?:[\w.]+(?:Error|Exception|Exist\w*|Refused|Invalid\w*|Failed)\b.*)$", text)
    for line, count in Counter(last).most_common(30):
        print(f"  log {count}× {line[:200]}")


if __name__ == "__main__":
    sys.exit(main())
