"""The log read by another system, page by page from a cursor: events a second."""

import http.client
import json
import time

from benchmarks.measuring import Figure
from benchmarks.servers import Bench

EVENTS = 20_000
PAGE = 1000
FILL = """
INSERT INTO events_domainevent (type, position, data, actor_kind, actor_name, occurred_at)
SELECT 'order.paid', (SELECT coalesce(max(position), 0) FROM events_domainevent) + place,
       jsonb_build_object('number', 'B' || place, 'amount', '128.00', 'version', 2), 'system', 'bench', now()
FROM generate_series(1, %s) AS place
"""


def run(bench: Bench, rounds: int, quick: bool) -> list[Figure]:
    from django.db import connection

    from shopcomm.core.accounts.services.api_keys import create_api_key
    from shopcomm.core.events.positions import position_new_events

    position_new_events()
    with connection.cursor() as cursor:
        cursor.execute(FILL, [EVENTS])
    secret = create_api_key(name="bench", scopes=["events:read"])[1]
    rates = [read_all(bench.ports["product"], secret) for _ in range(rounds)]
    return [Figure("events", "read by cursor", "events/s", rates, goal="≥ 10000")]


def read_all(port: int, secret: str) -> float:
    """Read the whole log, a thousand events a page. Raises RuntimeError for one that comes twice."""
    line, cursor, seen = http.client.HTTPConnection("127.0.0.1", port, timeout=30), "0", set()
    started = time.perf_counter()
    while True:
        line.request(
            "GET",
            f"/api/v1/events/?limit={PAGE}&after={cursor}",
            headers={"Authorization": f"Bearer {secret}"},
        )
        page = json.loads(line.getresponse().read())
        if not page["results"]:
            break
        ids = {each["id"] for each in page["results"]}
        if ids & seen:
            raise RuntimeError("an event came twice")
        seen |= ids
        cursor = page["next_cursor"]
    line.close()
    return len(seen) / (time.perf_counter() - started)
