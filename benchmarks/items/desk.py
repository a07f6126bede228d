"""The order list over a million orders: CPU beside an empty view of the same stack, and queries a page."""

from pathlib import Path

from benchmarks.measuring import Figure
from benchmarks.pages import measure_page, run_statements
from benchmarks.servers import Bench

ORDERS = 1_000_000
DEEP = 900_000
MOST_QUERIES = 8
FILL = (Path(__file__).parent / "desk.sql").read_text()


def run(bench: Bench, rounds: int, quick: bool) -> list[Figure]:
    fill(ORDERS)
    times = 10 if quick else 30
    figures, empty = [], []
    for name, path in pages().items():
        page = measure_page(bench, "desk", name, path, rounds=rounds, times=times, most_queries=MOST_QUERIES)
        figures += page.figures
        empty += page.empty_views
    return [*figures, Figure("desk", "the empty view itself", "ms", empty)]


def fill(count: int) -> None:
    """Orders over four years, two lines each, most of them done, as a shop's are."""
    from orders.models import Order

    if Order.objects.count() >= count:
        return
    run_statements(FILL, count)


def pages() -> dict[str, str]:
    """What is measured: the first page, a deep one, each tab, searches."""
    from orders.models import Order, Status
    from orders.selectors.orders import cursor_after

    deep = Order.objects.order_by("placed_at")[ORDERS - DEEP]
    found = {"first page": "/orders/", "deep page": f"/orders/?after={cursor_after(deep)}"}
    found |= {f"tab {status}": f"/orders/?status={status}" for status in Status.values}
    return found | {"search by phone tail": "/orders/?q=4321", "search by number": "/orders/?q=BENCH-0777"}
