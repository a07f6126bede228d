"""The stockroom's board with 500 open orders: CPU beside an empty view of the same stack, queries and bytes, of the page
and of what a screen asks for when something has happened."""

from pathlib import Path

from benchmarks.measuring import Figure
from benchmarks.pages import measure_page, run_statements
from benchmarks.people import cookie
from benchmarks.servers import Bench

# Five of six are open, the others left today.
ORDERS = 600
FILL = (Path(__file__).parent / "board.sql").read_text()


def run(bench: Bench, rounds: int, quick: bool) -> list[Figure]:
    fill(ORDERS)
    who = cookie("warehouse")
    times = 20 if quick else 60
    page = measure_page(
        bench,
        "board",
        "first page",
        "/warehouse/",
        rounds=rounds,
        times=times,
        most_queries=8,
        most_ms=30,
        session=who,
    )
    headers = {"X-Fragment": "board", "X-Shown": shown_now()}
    take_the_first()
    event = measure_page(
        bench, "board", "one event", "/warehouse/", rounds=rounds, times=times,
        most_queries=7, most_ms=5, most_bytes=5000, headers=headers, session=who,
    )  # fmt: skip
    return [*page.figures, *event.figures]


def shown_now() -> str:
    """What a screen shows that has just been opened, as its script says it."""
    from orders.selectors.board import warehouse_board
    from orders.views.board import whole_columns
    from shopcomm.core.accounts.actors import Actor

    board = warehouse_board(Actor.system())
    parts = [
        [view.head_mark, view.pages_mark, *(entry.mark for entry in column.entries)]
        for column, view in zip(board.columns, whole_columns(board, ""), strict=True)
    ]
    notices = [board.notices.head_mark, *(entry.mark for entry in board.notices.entries)]
    return ";".join(" ".join(part) for part in [*parts, notices, []])


def take_the_first() -> None:
    """Somebody begins to pick the first order: it leaves one full column for another."""
    from orders.models import Order, Status
    from orders.selectors.board import warehouse_board
    from shopcomm.core.accounts.actors import Actor

    first = warehouse_board(Actor.system()).columns[0].entries[0].key
    Order.objects.filter(pk=first).update(status=Status.PICKING, version=5)


def fill(count: int) -> None:
    """Orders of a morning, three lines each, of goods with pictures."""
    from orders.models import Order, Product, Variant

    if Order.objects.filter(number__startswith="BOARD-").exists():
        return
    product = Product.objects.create(name="牛皮托特包")
    for n in range(40):
        Variant.objects.create(
            product=product, sku=f"BOARD-{n}", color="黑色", price=199, on_hand=1000, location=f"A-{n:02}"
        )
    run_statements(FILL, count)
