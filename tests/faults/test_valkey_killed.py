import asyncio
from collections.abc import Iterator

import pytest

from tests.faults.clients import ChatClient, Crowd
from tests.faults.stack import Stack
from tests.faults.waiting import eventually, soon


@pytest.fixture
def without_valkey(stack: Stack) -> Iterator[None]:
    """Valkey is there again afterwards, whatever happens."""
    yield
    if stack.services.processes["valkey"].poll() is not None:
        stack.start_valkey()


async def say(
    stack: Stack, listeners: list[ChatClient], sender: ChatClient, count: int, within: float
) -> None:
    """Have one client say something more; all must be shown it in time."""
    sender.unsent += ChatClient("", "", 0, count).unsent
    async with Crowd([sender]):
        await soon(lambda: sender.done, within, "acknowledged")
        stored = await asyncio.to_thread(stack.messages, sender.conversation)
        await soon(lambda: all(each.history == stored for each in listeners), within, "shown to all")


@pytest.mark.usefixtures("second_web", "without_valkey")
async def test_chat_works_within_a_process_without_valkey_and_across_processes_once_it_is_back(stack: Stack):
    conversation, cookies = stack.cast["conversations"][0], stack.cast["staff"]
    near = ChatClient(stack.ws_url("web"), cookies[0], conversation)
    far = ChatClient(stack.ws_url("web2"), cookies[1], conversation)
    sender = ChatClient(stack.ws_url("web"), cookies[0], conversation)
    async with Crowd([near, far]):
        await soon(lambda: near.subscribed and far.subscribed)
        await say(stack, [near, far], sender, 10, within=4)
        stack.kill_valkey()
        # The other process now learns of messages from the database alone.
        await say(stack, [near, far], sender, 10, within=15)
        stack.start_valkey()
        await say(stack, [near, far], sender, 10, within=15)

    assert near.doubled == far.doubled == []


@pytest.mark.usefixtures("without_valkey", "background")
def test_events_written_while_valkey_was_down_are_relayed_once_it_is_back(stack: Stack):
    stack.write_events(1, 5)
    eventually(stack.all_seen, 40, "the worker relays")
    doubled = "SELECT count(*) - count(DISTINCT position) FROM faults_seen"
    before = stack.rows(doubled)
    stack.kill_valkey()
    stack.write_events(1, 1)
    stack.start_valkey()

    eventually(stack.all_seen, 40, "the worker relays again by itself")
    assert stack.rows(doubled) == before


@pytest.mark.usefixtures("without_valkey")
def test_the_api_works_without_valkey(stack: Stack):
    with stack.api() as api:
        stack.kill_valkey()
        written = api.post(
            f"conversations/{stack.cast['conversations'][1]}/messages/",
            json={"client_id": "7a3f0c1e-0000-4000-8000-000000000001", "kind": "text", "body": "已发"},
        )
        read = api.get(f"conversations/{stack.cast['conversations'][1]}/messages/")

    assert (written.status_code, read.status_code) == (201, 200)
    assert [message["seq"] for message in read.json()["results"]] == [1]
