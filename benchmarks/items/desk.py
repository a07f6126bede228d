"""The order list over a million orders: CPU beside an empty view of the same stack, and queries a page."""

import urllib.request
from pathlib import Path

from benchmarks.measuring import Figure, cpu_seconds, in_turn
from benchmarks.people import cookie
from benchmarks.servers import Bench

ORDERS = 1_000_000
DEEP = 900_000
MOST_QUERIES = 8
FILL = (Path(__file__).parent / "desk.sql").read_text()


def run(bench: Bench, rounds: int, quick: bool) -> list[Figure]:
    fill(ORDERS)
    times = 10 if quick else 30
    figures = []
    empty = []
    for name, path in pages().items():
        address = {"product": path, "floor": "/healthz"}
        ours, theirs = in_turn(rounds, lambda side, where=address: cost(bench, where[side], times))
        empty += theirs
        more = [page - view for page, view in zip(ours, theirs, strict=True)]
        figures.append(Figure("desk", f"{name}: CPU above an empty view", "ms", more, goal="≤ 12"))
        figures.append(
            Figure("desk", f"{name}: queries", "", [float(queries(path))], goal=f"≤ {MOST_QUERIES}")
        )
    figures.append(Figure("desk", "the empty view itself", "ms", empty))
    return figures


def fill(count: int) -> None:
    """Orders over four years, two lines each, most of them done, as a shop's are."""
    from django.db import connection

    from orders.models import Order

    if Order.objects.count() >= count:
        return
    with connection.cursor() as cursor:
        for statement in FILL.replace("{count}", str(count)).split(";\n"):
            if statement.strip():
                cursor.execute(statement)


def pages() -> dict[str, str]:
    """What is measured: the first page, a deep one, each tab, searches."""
    from orders.models import Order, Status
    from orders.selectors.orders import _encode

    deep = Order.objects.order_by("placed_at")[ORDERS - DEEP]
    found = {"first page": "/orders/", "deep page": f"/orders/?after={_encode(deep, backward=False)}"}
    found |= {f"tab {status}": f"/orders/?status={status}" for status in Status.values}
    return found | {"search by phone tail": "/orders/?q=4321", "search by number": "/orders/?q=BENCH-0777"}


def cost(bench: Bench, path: str, times: int) -> float:
    """CPU milliseconds of the web process for one request, over real HTTP."""
    url = f"http://127.0.0.1:{bench.ports['product']}{path}"
    request = urllib.request.Request(url, headers={"Cookie": f"sessionid={cookie()}"})
    fetch(request)
    before = cpu_seconds(bench.pid("product"))
    for _ in range(times):
        fetch(request)
    return (cpu_seconds(bench.pid("product")) - before) * 1000 / times


def fetch(request: urllib.request.Request) -> None:
    with urllib.request.urlopen(request, timeout=30) as response:
        response.read()


def queries(path: str) -> int:
    """How many statements one page takes, in this process."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client(headers={"host": "127.0.0.1"})
    client.cookies["sessionid"] = cookie()
    client.get(path)
    with CaptureQueriesContext(connection) as captured:
        response = client.get(path)
    if response.status_code != 200:
        raise RuntimeError(f"{path}: {response.status_code}")
    return len(captured)
