"""What a page of the product costs: CPU beside an empty view of the same stack, and queries."""

import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from benchmarks.measuring import Figure, cpu_seconds, in_turn
from benchmarks.people import cookie
from benchmarks.servers import Bench

MOST_MS = 12
NO_HEADERS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class PageCost:
    """The figures of one page, and the milliseconds of the empty views that it was measured beside."""

    figures: list[Figure]
    empty_views: list[float]


def measure_page(
    bench: Bench,
    item: str,
    name: str,
    path: str,
    *,
    rounds: int,
    times: int,
    most_queries: int,
    most_ms: float = MOST_MS,
    session: str = "",
    most_bytes: int = 0,
    headers: Mapping[str, str] = NO_HEADERS,
) -> PageCost:
    """CPU and queries of the page at `path`, called `name` in the table of `item`, and its bytes where they have a goal.

    `session` is who asks for it; a manager unless one is named. Each of `rounds` asks `times` for the page, and as often for an empty view. Returns two figures, with their goals.
    """
    address = {"product": path, "floor": "/healthz"}
    ours, theirs = in_turn(rounds, lambda side: cost(bench, address[side], times, session, headers))
    more = [page - view for page, view in zip(ours, theirs, strict=True)]
    figures = [
        Figure(item, f"{name}: CPU above an empty view", "ms", more, goal=f"≤ {most_ms}"),
        Figure(
            item, f"{name}: queries", "", [float(queries(path, session, headers))], goal=f"≤ {most_queries}"
        ),
    ]
    if most_bytes:
        told = float(len(answer(path, session, headers)))
        figures.append(Figure(item, f"{name}: size", "bytes", [told], goal=f"≤ {most_bytes}"))
    return PageCost(figures, theirs)


def run_statements(script: str, count: int) -> None:
    """Run the statements of a script one after the other, `{count}` in them being how many rows it makes."""
    from django.db import connection

    with connection.cursor() as cursor:
        for statement in script.replace("{count}", str(count)).split(";\n"):
            if statement.strip():
                cursor.execute(statement)


def cost(
    bench: Bench, path: str, times: int, session: str = "", headers: Mapping[str, str] = NO_HEADERS
) -> float:
    """CPU milliseconds of the web process for one request, over real HTTP."""
    url = f"http://127.0.0.1:{bench.ports['product']}{path}"
    request = urllib.request.Request(url, headers={"Cookie": f"sessionid={session or cookie()}", **headers})
    fetch(request)
    before = cpu_seconds(bench.pid("product"))
    for _ in range(times):
        fetch(request)
    return (cpu_seconds(bench.pid("product")) - before) * 1000 / times


def fetch(request: urllib.request.Request) -> None:
    with urllib.request.urlopen(request, timeout=30) as response:
        response.read()


def queries(path: str, session: str = "", headers: Mapping[str, str] = NO_HEADERS) -> int:
    """How many statements one page takes, in this process."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    answer(path, session, headers)
    with CaptureQueriesContext(connection) as captured:
        answer(path, session, headers)
    return len(captured)


def size(path: str) -> int:
    """The bytes of a page before they are compressed."""
    return len(answer(path))


def answer(path: str, session: str = "", headers: Mapping[str, str] = NO_HEADERS) -> bytes:
    """A page as whoever has this session gets it, in this process."""
    from django.test import Client

    client = Client(headers={"host": "127.0.0.1"})
    client.cookies["sessionid"] = session or cookie()
    response = client.get(path, headers=headers)
    if response.status_code != 200:
        raise RuntimeError(f"{path}: {response.status_code}")
    return bytes(response.content)
