"""Requests of one kind: so many at a time, the others in turn, and nobody waits for ever."""

import asyncio
import threading

import pytest
from asgiref.testing import ApplicationCommunicator
from django.http import HttpRequest, HttpResponse

from shopcomm.core.database.pool import Shares
from shopcomm.core.http.handler import Lane, ShopHandler

ONE = HttpResponse("one")


class Gate:
    """Work that begins when it is its turn and ends when it is let go."""

    def __init__(self) -> None:
        self.began, self.let_go, self.done = threading.Event(), threading.Event(), 0

    def __call__(self) -> HttpResponse:
        self.began.set()
        assert self.let_go.wait(10)
        self.done += 1
        return ONE


async def wait_until_begun(gate: Gate) -> None:
    assert await asyncio.to_thread(gate.began.wait, 10)


async def test_a_waiting_request_runs_as_soon_as_a_thread_is_free() -> None:
    lane, first, second = Lane("test", 1, patience=30), Gate(), Gate()
    running, waiting = asyncio.ensure_future(lane.run(first)), asyncio.ensure_future(lane.run(second))
    await wait_until_begun(first)
    assert not second.began.is_set()
    first.let_go.set()
    second.let_go.set()

    assert [await running, await waiting] == [ONE, ONE]


async def test_a_request_that_waited_too_long_is_refused_and_never_run() -> None:
    lane, first, second = Lane("test", 1, patience=0.05), Gate(), Gate()
    running = asyncio.ensure_future(lane.run(first))
    await wait_until_begun(first)
    told = await lane.run(second)
    first.let_go.set()

    assert told is None
    # It ran longer than anybody's patience, but it had begun.
    assert await running is ONE
    assert await lane.run(lambda: ONE) is ONE
    assert not second.began.is_set()


async def test_a_disconnected_request_is_not_started_but_finished_if_it_was_running() -> None:
    lane, first, second = Lane("test", 1, patience=30), Gate(), Gate()
    running, waiting = asyncio.ensure_future(lane.run(first)), asyncio.ensure_future(lane.run(second))
    await wait_until_begun(first)
    for job in (running, waiting):
        job.cancel()
        with pytest.raises(asyncio.CancelledError):
            await job
    first.let_go.set()

    assert await lane.run(lambda: ONE) is ONE
    assert (first.done, second.began.is_set()) == (1, False)


class SlowPasswords(ShopHandler):
    """The product's handler with a gate where a password would be hashed."""

    def __init__(self) -> None:
        super().__init__(Shares(pool=5, pages=2, logins=2, probe=1))
        self.hashing, self.let_go = threading.Semaphore(0), threading.Event()
        self.at_once = 0

    def get_response(self, request: HttpRequest) -> HttpResponse:
        if request.method == "POST":
            self.at_once += 1
            self.hashing.release()
            assert self.let_go.wait(10)
        return HttpResponse(request.path)


def asked(handler: ShopHandler, method: str, path: str) -> ApplicationCommunicator:
    scope = {"type": "http", "method": method, "path": path, "headers": [], "query_string": b""}
    return ApplicationCommunicator(handler, scope)


@pytest.mark.parametrize(
    "path", ["/login/", "/confirm/", "/admin/login/", "/admin/accounts/staff/1/password/"]
)
async def test_of_forty_simultaneous_log_ins_two_hash_at_a_time_and_other_pages_are_served(path: str) -> None:
    handler = SlowPasswords()
    logins = [asked(handler, "POST", path) for _ in range(40)]
    for login in logins:
        await login.send_input({"type": "http.request"})
    for _ in range(2):
        assert await asyncio.to_thread(handler.hashing.acquire, timeout=10)

    page = asked(handler, "GET", "/my/login/")
    await page.send_input({"type": "http.request"})
    assert (await page.receive_output(timeout=10))["status"] == 200
    assert handler.at_once == 2

    handler.let_go.set()
    statuses = [(await login.receive_output(timeout=10))["status"] for login in logins]
    assert statuses == [200] * 40
    for each in (page, *logins):
        await each.receive_output()
        await each.send_input({"type": "http.disconnect"})
        await each.wait()


class ReadsLate(ShopHandler):
    """The product's handler with a page that reads its form after the visitor has gone."""

    def __init__(self) -> None:
        super().__init__(Shares(pool=5, pages=1, logins=1, probe=1))
        self.gate, self.read = Gate(), b""

    def get_response(self, request: HttpRequest) -> HttpResponse:
        answer = self.gate()
        self.read = request.body
        return answer


async def test_a_request_that_continues_after_disconnect_still_reads_its_body() -> None:
    handler = ReadsLate()
    visitor = asked(handler, "POST", "/o/order/messages/")
    await visitor.send_input({"type": "http.request", "body": "已付 ¥278".encode()})
    await wait_until_begun(handler.gate)
    await visitor.send_input({"type": "http.disconnect"})
    await visitor.wait()

    handler.gate.let_go.set()
    assert await handler.pages.run(lambda: ONE) is ONE
    assert handler.read.decode() == "已付 ¥278"
