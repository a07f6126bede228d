"""The pages of one busy order: CPU beside an empty view of the same stack, queries and bytes a page."""

from typing import TYPE_CHECKING

from benchmarks.measuring import Figure
from benchmarks.pages import measure_page, size
from benchmarks.people import cookie, customer_cookie
from benchmarks.servers import Bench

if TYPE_CHECKING:
    from orders.models import Order

MOST_QUERIES = 15
# Milliseconds of CPU above the empty view, by page.
MOST_MS = {"order": 25, "notices of an order": 20, "customer's order": 15}
MOST_KB = {"order": 60}
# What fills the list beside the order.
OTHERS = 60
# Two parcels, two cases, two shortages, ten messages, and all the events of them.
OF_EACH = 2


def run(bench: Bench, rounds: int, quick: bool) -> list[Figure]:
    order = fill()
    customer = customer_cookie(order)
    times = 10 if quick else 30
    figures, empty = [], []
    for name, path in pages(order).items():
        page = measure_page(
            bench,
            "pages",
            name,
            path,
            rounds=rounds,
            times=times,
            most_queries=MOST_QUERIES,
            most_ms=MOST_MS[name],
            session=customer if path.startswith("/o/") else "",
        )
        figures += page.figures
        if name in MOST_KB:
            figures.append(
                Figure("pages", f"{name}: HTML", "kB", [size(path) / 1000], goal=f"≤ {MOST_KB[name]}")
            )
        empty += page.empty_views
    return [*figures, Figure("pages", "the empty view itself", "ms", empty)]


def fill() -> "Order":
    """A busy order among others, with its notices."""
    from messaging.services.notifications.rules import ensure_default_rules
    from shopcomm.core.accounts.models import Staff
    from tests.busy_order import busy_order
    from tests.factories import make_orders

    cookie()
    ensure_default_rules()
    make_orders(OTHERS)
    return busy_order(Staff.objects.get(username="bench-manager"), OF_EACH)


def pages(order: "Order") -> dict[str, str]:
    """What is measured: for the shop the order and its notices, for its customer the page behind the link."""
    from shopcomm.core.accounts.services.order_links import link_token, make_link

    token = link_token(make_link(customer=order.customer, order_id=order.pk))
    return {
        "order": f"/orders/{order.number}/",
        "notices of an order": f"/orders/{order.number}/notices/",
        "customer's order": f"/o/{token}/",
    }
