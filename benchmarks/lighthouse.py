"""`make lighthouse`: Lighthouse on the customer's order page (as a phone) and on the desk, against the demo shop.

It starts the shop on servers of its own, logs the desk in with a session cookie, prints a table and ends with 1 when a
score is below 95. Needs Node 20 or newer and npx, which fetches Lighthouse at the version below.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from benchmarks.servers import Bench
from shopcomm.core.embedded.services import free_port
from tests.browsers import CHROMIUM_FLAGS, find_browser

# The last that runs on Node 20; 13 wants 22.
LIGHTHOUSE = "lighthouse@12.8.2"
CATEGORIES = ("performance", "accessibility", "best-practices")
GOAL = 95
PHONE: list[str] = []
DESK = ["--preset=desktop"]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lighthouse", description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="runs a page; the middle score counts (3)")
    parser.add_argument("--reports", type=Path, help="keep Lighthouse's JSON in this folder")
    asked = parser.parse_args()
    if shutil.which("npx") is None:
        sys.exit("npx is missing: install Node.js 20 or newer")
    with Bench() as bench:
        bench.manage("seed_demo")
        base = f"http://127.0.0.1:{bench.ports['product']}"
        found = {}
        for name, (url, options, cookie) in shop(base).items():
            # A browser each: the customer's link and the desk would take each other's session.
            with browser(cookie, base) as port:
                kept = asked.reports and asked.reports / f"{name}.json"
                found[name] = audit(url, port, options, asked.runs, kept)
    return show(found)


def shop(base: str) -> dict[str, tuple[str, list[str], str]]:
    """The pages, each with how it is looked at and the session of whoever looks; a customer's link makes its own."""
    from django.test import Client

    from orders.models import Order, Status
    from shopcomm.core.accounts.models import Staff
    from shopcomm.core.accounts.services.order_links import link_token, make_link

    order = Order.objects.filter(status=Status.SHIPPED).order_by("-pk")[0]
    token = link_token(make_link(customer=order.customer, order_id=order.pk))
    client = Client()
    manager = Staff.objects.get(username="manager")
    client.force_login(manager, backend="django.contrib.auth.backends.ModelBackend")
    session = client.cookies["sessionid"].value
    return {
        "order page": (f"{base}/o/{token}/", PHONE, ""),
        "chat page": (f"{base}/o/{token}/chat/", PHONE, ""),
        "desk": (f"{base}/orders/", DESK, session),
        "order at the desk": (f"{base}/orders/{order.number}/", DESK, session),
    }


@contextmanager
def browser(cookie: str, base: str) -> Iterator[int]:
    """A Chromium that is logged in with `cookie`, if any, and that Lighthouse can drive by its port. A later visit is a first one to it:
    Lighthouse empties the cache before each run, and leaves cookies."""
    port, profile = free_port(), tempfile.mkdtemp(prefix="shopcomm-lighthouse-")
    # Playwright's loop runs in this thread, and Django is asked nothing more.
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=find_browser(),
            args=[*CHROMIUM_FLAGS, f"--remote-debugging-port={port}"],
        )
        if cookie:
            context.add_cookies([{"name": "sessionid", "value": cookie, "url": f"{base}/"}])
        try:
            yield port
        finally:
            context.close()
            shutil.rmtree(profile, ignore_errors=True)


def audit(url: str, port: int, options: list[str], runs: int, kept: Path | None) -> dict[str, Any]:
    """The middle score of each category, and what cost points in the last run."""
    reports = [_run(url, port, options) for _ in range(runs)]
    if kept:
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(reports[-1], ensure_ascii=False))
    scores = {
        each: round(100 * statistics.median(report["categories"][each]["score"] or 0 for report in reports))
        for each in CATEGORIES
    }
    return scores | {"lost": _lost(reports[-1]), "bytes": _bytes(reports[-1])}


def _run(url: str, port: int, options: list[str]) -> dict[str, Any]:
    command = ["npx", "--yes", LIGHTHOUSE, url, f"--port={port}", "--quiet", "--output=json", *options]
    command.append(f"--only-categories={','.join(CATEGORIES)}")
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"CI": "1"}, check=False)
    if done.returncode:
        sys.exit(f"Lighthouse failed on {url}:\n{done.stderr[-2000:]}")
    report: dict[str, Any] = json.loads(done.stdout)
    if report["finalDisplayedUrl"].split("?")[0] != url:
        sys.exit(f"{url} led to {report['finalDisplayedUrl']}")
    return report


def _lost(report: dict[str, Any]) -> list[str]:
    """The audits that count and are not full marks."""
    return [
        f"{audit['title']} {audit.get('displayValue', '')}".strip()
        for name in CATEGORIES
        for entry in report["categories"][name]["auditRefs"]
        if entry["weight"] and (audit := report["audits"][entry["id"]])["score"] not in (None, 1)
    ]


def _bytes(report: dict[str, Any]) -> float:
    return float(report["audits"]["total-byte-weight"].get("numericValue", 0))


def show(found: dict[str, dict[str, Any]]) -> int:
    """The table; 1 when something is below the goal."""
    print(f"{'':20}" + "".join(f"{name:>16}" for name in CATEGORIES) + f"{'kB':>8}")
    for name, result in found.items():
        line = "".join(f"{result[each]:>16}" for each in CATEGORIES)
        print(f"{name:20}{line}{result['bytes'] / 1000:>8.0f}")
        for each in result["lost"]:
            print(f"    {each}")
    below = [name for name, result in found.items() if min(result[each] for each in CATEGORIES) < GOAL]
    print(f"below {GOAL}: {', '.join(below)}" if below else f"all at {GOAL} or above")
    return 1 if below else 0


if __name__ == "__main__":
    sys.exit(main())
