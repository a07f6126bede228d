"""More requests at once than there are connections, and a database that is away: a wait or a 503, never a 500."""

import asyncio
from collections import Counter

import httpx
import pytest

from tests.faults.clients import ChatClient, Crowd
from tests.faults.crowd import Answered, all_at_once, get
from tests.faults.stack import Stack
from tests.faults.waiting import eventually, soon

POOL = 20
HELD = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


def held(stack: Stack) -> int:
    """Connections that the stack's processes have to the database."""
    return stack.rows(HELD)[0][0]


async def most_held(stack: Stack, during: "asyncio.Task[list[Answered]]") -> int:
    """The most connections seen while something goes on."""
    most = 0
    while not during.done():
        most = max(most, await asyncio.to_thread(held, stack))
        await asyncio.wait({during}, timeout=0.05)
    return most


async def test_a_thousand_concurrent_requests_are_answered_or_told_to_retry(stack: Stack):
    key = f"Bearer {stack.cast['api_key']}"
    pages, calls = get("/my/login/"), get("/api/v1/orders/", Authorization=key)
    staff = get("/orders/", Cookie=f"sessionid={stack.cast['staff'][0]}")
    requests = [(pages, calls, staff, pages)[n % 4] for n in range(1000)]
    chat = ChatClient(stack.ws_url(), stack.cast["staff"][1], stack.cast["conversations"][8], 5)
    async with Crowd([chat]):
        await soon(lambda: chat.subscribed, why="the chat is open")
        crowd = asyncio.create_task(all_at_once(stack.url(), requests))
        most = await most_held(stack, crowd)
        await soon(lambda: chat.done, why="messages are stored meanwhile")

    answers = crowd.result()
    by_status = Counter(answer.status for answer in answers)
    assert by_status[200] >= POOL
    # 429 is an API key's own limit.
    assert by_status.keys() <= {200, 429, 503}, by_status
    assert all(int(a.headers["retry-after"]) > 0 for a in answers if a.status == 503)
    assert most <= POOL
    assert chat.errors == []
    assert httpx.get(f"{stack.url()}/readyz").status_code == 200
    with stack.api() as api:
        assert api.get("orders/").status_code == 200


async def test_database_connections_of_disconnected_requests_are_released(stack: Stack):
    with stack.api() as api:
        for _round in range(3):
            await all_at_once(stack.url(), [get("/my/login/")] * 100, leave=True)
            assert api.get("orders/").status_code == 200
    assert held(stack) <= POOL


@pytest.mark.usefixtures("postgres_back")
def test_every_page_answers_503_without_the_database_and_recovers_by_itself(stack: Stack):
    cookie = {"Cookie": f"sessionid={stack.cast['staff'][0]}"}
    with stack.api() as api, httpx.Client(base_url=stack.url(), headers=cookie, timeout=20) as browser:
        assert (api.get("orders/").status_code, browser.get("/orders/").status_code) == (200, 200)
        stack.crash_postgres()
        call, page, ready = api.get("orders/"), browser.get("/orders/"), httpx.get(f"{stack.url()}/readyz")
        stack.start_postgres()
        eventually(lambda: api.get("orders/").status_code == 200, 10, "the API answers again")
        eventually(lambda: browser.get("/orders/").status_code == 200, 10, "pages, too")

    assert (call.status_code, call.json()["code"]) == (503, "unavailable")
    assert call.headers["Content-Type"] == "application/problem+json"
    assert (page.status_code, page.headers["Content-Type"]) == (503, "text/html; charset=utf-8")
    assert "请稍等片刻" in page.text
    assert call.headers["Retry-After"] == page.headers["Retry-After"] == "2"
    # At once, since nobody knows when it will be back.
    assert max(answer.elapsed.total_seconds() for answer in (call, page, ready)) < 3
    assert (ready.status_code, ready.json()["down"]) == (503, ["database"])
