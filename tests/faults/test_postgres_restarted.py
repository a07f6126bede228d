import asyncio

import pytest

from tests.faults.clients import ChatClient, Crowd
from tests.faults.stack import Stack
from tests.faults.waiting import eventually, soon


@pytest.mark.usefixtures("postgres_back")
async def test_a_crash_of_postgres_loses_no_acknowledged_message(stack: Stack):
    conversation, cookies = stack.cast["conversations"][2], stack.cast["staff"]
    clients = [ChatClient(stack.ws_url(), cookies[n % 2], conversation, 60, pace=0.02) for n in range(6)]
    async with Crowd(clients):
        await soon(lambda: sum(len(client.acked) for client in clients) >= 60, why="a sixth is said")
        await asyncio.to_thread(stack.crash_postgres)
        acknowledged = {key: seq for client in clients for key, seq in client.acked.items()}
        await soon(lambda: any("unavailable" in client.errors for client in clients), 20, "they are told")
        assert acknowledged == {key: seq for client in clients for key, seq in client.acked.items()}
        stack.start_postgres()
        await soon(lambda: all(client.done for client in clients), 40, "everything is acknowledged")
        stored = await asyncio.to_thread(stack.messages, conversation)
        await soon(lambda: all(client.history == stored for client in clients), 20, "all see the same")

    assert [seq for seq, _client_id in stored] == list(range(1, len(stored) + 1))
    places = {client_id: seq for seq, client_id in stored}
    assert len(places) == len(stored) == 360
    assert acknowledged.items() <= places.items()
    assert all(client.acked.items() <= places.items() and client.doubled == [] for client in clients)


@pytest.mark.usefixtures("postgres_back")
def test_pages_and_api_recover_by_themselves_after_a_restart_of_postgres(stack: Stack):
    with stack.api() as api:
        assert api.get("orders/").status_code == 200
        stack.crash_postgres()
        down = api.get("orders/")
        stack.start_postgres()
        eventually(lambda: api.get("orders/").status_code == 200, 20, "the API answers again")

    assert down.status_code == 503


@pytest.mark.usefixtures("postgres_back", "background")
def test_the_worker_continues_after_a_restart_of_postgres(stack: Stack):
    stack.write_events(1, 3)
    eventually(stack.all_seen, 40, "the worker relays")
    stack.crash_postgres()
    stack.start_postgres()
    stack.write_events(1, 3)

    eventually(stack.all_seen, 40, "the worker relays again")


@pytest.mark.usefixtures("postgres_back", "background")
def test_a_scheduler_started_without_postgres_waits_for_it(stack: Stack):
    stack.kill("beat")
    stack.crash_postgres()
    stack.start_beat()
    started, log = stack.processes["beat"], stack.data / "beat.log"
    eventually(lambda: "the schedule waits for the database" in log.read_text(), 40, "it says so")
    stack.start_postgres()
    stack.write_events(1, 3)

    eventually(stack.all_seen, 40, "the worker relays by the clock")
    assert stack.processes["beat"] is started, "it never ended"
