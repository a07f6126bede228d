from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.faults.stack import Stack
from tests.faults.waiting import eventually

THREADS, EVENTS = 4, 120
SCANS = "SELECT position FROM events_domainevent WHERE type = 'test.bag_scanned' ORDER BY position"


def is_relaying(stack: Stack) -> bool:
    """Whether a worker holds the row of the slow reader at this moment."""
    row = "FROM events_reader WHERE name = 'tests.faults.handler.note_scan'"
    known = stack.rows(f"SELECT 1 {row}")
    return bool(known) and not stack.rows(f"SELECT 1 {row} FOR UPDATE SKIP LOCKED")


@pytest.mark.usefixtures("background")
def test_killing_the_worker_amid_a_relay_neither_skips_nor_doubles_an_event(stack: Stack):
    seen = "SELECT position FROM faults_seen ORDER BY n"
    before = len(stack.rows(SCANS))
    for _ in range(2):
        stack.write_events(THREADS, EVENTS // 2)
        eventually(lambda: is_relaying(stack), 30, "a relay is under way")
        stack.kill("worker")
        stack.start_worker()
    total = before + THREADS * EVENTS
    eventually(lambda: len(stack.rows(seen)) >= total, 60, "all are handled")

    assert stack.rows(seen) == stack.rows(SCANS)
    assert len(stack.rows(SCANS)) == total
    given = [position for (position,) in stack.rows("SELECT position FROM events_domainevent ORDER BY 1")]
    assert given == list(range(1, len(given) + 1))


def test_reading_events_by_cursor_misses_none_of_many_concurrent_writers(stack: Stack):
    with stack.api() as api, ThreadPoolExecutor(1) as pool:
        read: list[tuple[int, int]] = []
        cursor = api.get("events/", params={"limit": 1000}).json()["next_cursor"]
        while (page := api.get("events/", params={"after": cursor, "limit": 1000}).json())["results"]:
            cursor = page["next_cursor"]
        writing = pool.submit(stack.write_events, 8, 40)

        def look() -> bool:
            nonlocal cursor
            finished = writing.done()
            page = api.get(
                "events/", params={"after": cursor, "type": "test.bag_scanned", "limit": 37}
            ).json()
            read.extend((row["data"]["writer"], row["data"]["number"]) for row in page["results"])
            cursor = page["next_cursor"]
            return finished and not page["results"]

        eventually(look, 60, "the reader has caught up")
        writing.result()

    assert len(read) == len(set(read)) == 8 * 40
    for writer in range(8):
        assert [number for who, number in read if who == writer] == list(range(40))
