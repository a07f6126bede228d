import asyncio

from tests.faults.clients import ChatClient, Crowd
from tests.faults.stack import Stack
from tests.faults.waiting import soon

CLIENTS, MESSAGES = 20, 40


async def test_killing_the_web_process_neither_loses_nor_doubles_messages_of_twenty_senders(stack: Stack):
    conversation = stack.cast["conversation"]
    cookies = [*stack.cast["staff"], stack.cast["customer"]]
    clients = [
        ChatClient(stack.ws_url(), cookies[n % len(cookies)], conversation, MESSAGES, pace=0.02)
        for n in range(CLIENTS)
    ]
    async with Crowd(clients):
        await soon(lambda: sum(len(client.acked) for client in clients) >= 200, why="a quarter is said")
        stack.kill("web")
        before = {id(client): dict(client.acked) for client in clients}
        assert not all(client.done for client in clients)
        stack.spawn_web()
        await asyncio.to_thread(stack.wait_for_web)
        await soon(lambda: all(client.done for client in clients), 60, "everything is acknowledged")
        stored = await asyncio.to_thread(stack.messages, conversation)
        await soon(lambda: all(client.history == stored for client in clients), 30, "all see the same")

    assert [seq for seq, _client_id in stored] == list(range(1, len(stored) + 1))
    places: dict[str, list[int]] = {}
    for seq, client_id in stored:
        places.setdefault(client_id, []).append(seq)
    for client in clients:
        assert client.connections >= 2
        assert client.doubled == []
        assert before[id(client)].items() <= client.acked.items()
        assert all(places[client_id] == [seq] for client_id, seq in client.acked.items())
    assert sum(len(client.acked) for client in clients) == CLIENTS * MESSAGES
