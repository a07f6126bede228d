"""What one visitor may do to a process: odd frames, floods, many tabs, reading nothing."""

import asyncio
import json

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from messaging.consumers.loop_local import run_in_background
from messaging.consumers.switchboard import ANSWERERS, Answerer
from messaging.consumers.topics.presence import PresenceTopic
from messaging.models import Conversation
from shopcomm.core.logs import log_fields, log_scope
from tests.core.test_logs import log_context_of, log_with_handler
from tests.messaging.test_socket import customer_cookie_of, say, send, socket, staff_cookie_of, until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def talk(order) -> int:
    return Conversation.objects.get(order=order).pk


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('{"type":"subscribe","feed":"\\ud800"}', "not_found"),
        ('{"type":"typing","conversation":"\\ud800"}', "bad_frame"),
        ('{"type":"message.send","conversation":1,"client_id":"\\ud800"}', "not_found"),
        ('{"type":"\\ud800"}', "unknown_type"),
        ('{"type":"subscribe","feed":"orders","after":"' + "1" * 5000 + '"}', "bad_frame"),
        ('{"type":"subscribe","feed":"orders","after":' + "1" * 5000 + "}", "bad_frame"),
        ('{"type":"subscribe","feed":"orders","after":"²"}', "bad_frame"),
        ('{"type":"subscribe","feed":"orders","after":true}', "bad_frame"),
        ('{"type":"ping","x":' + "[" * 3000 + "]" * 3000 + "}", "bad_frame"),
    ],
)
async def test_an_odd_frame_is_answered_with_an_error_and_the_socket_keeps_working(live, manager, text, code):
    async with socket(live, await staff_cookie_of(manager)) as opened:
        await opened.send(text)
        assert (await until(opened, "error"))["code"] == code
        await send(opened, type="ping")
        await until(opened, "pong")


async def test_an_error_in_a_frame_is_logged_with_socket_and_actor(live, manager, monkeypatch):
    async def breaks(*_given: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setitem(ANSWERERS, "ping", [Answerer(PresenceTopic, breaks)])
    keeping = log_with_handler("json")
    lines = next(keeping)
    async with socket(live, await staff_cookie_of(manager)) as opened:
        await send(opened, type="ping")
        assert (await until(opened, "error"))["code"] == "unavailable"
    next(keeping, None)
    (line,) = [each for each in lines if "RuntimeError: broken" in each]
    assert log_context_of(line)["actor"] == f"staff:{manager.pk}"
    assert len(log_context_of(line)["request_id"]) == 32


async def test_background_work_shared_by_sockets_logs_no_actor():
    """Such work is begun by whoever comes first, and goes on when they have gone."""
    found: list[dict[str, object]] = []

    async def work() -> None:
        found.append(log_fields())

    with log_scope(actor="staff:1"):
        await run_in_background(work())
    assert found == [{}]


async def test_frames_that_cannot_be_read_count_against_the_limit(live, manager, settings):
    settings.SOCKET_RATE = 20
    async with socket(live, await staff_cookie_of(manager)) as opened:
        for _ in range(30):
            await opened.send("garbage")
        codes = [(await until(opened, "error"))["code"] for _ in range(30)]

    assert codes[:20] == ["bad_frame"] * 20
    assert "rate_limited" in codes[20:]


async def test_the_refusal_of_a_message_over_the_limit_names_its_client_id(live, talk, manager, settings):
    settings.SOCKET_RATE = 5
    async with socket(live, await staff_cookie_of(manager)) as opened:
        for _ in range(5):
            await send(opened, type="ping")
        sent = await say(opened, talk)
        refused = await until(opened, "error")

    assert (refused["code"], refused["client_id"]) == ("rate_limited", sent["client_id"])


async def test_a_message_counts_once_however_it_is_answered(live, talk, manager, settings):
    settings.SOCKET_RATE = 6
    async with socket(live, await staff_cookie_of(manager)) as opened:
        # Of the first it is not known yet whether it is allowed.
        for _ in range(6):
            await say(opened, talk)
        acknowledged = [(await until(opened, "message.ack"))["seq"] for _ in range(6)]

    assert acknowledged == sorted(acknowledged)


async def test_a_socket_over_the_limit_is_closed_with_4429_and_the_others_stay_open(
    live, order, talk, manager, settings
):
    settings.SOCKETS_PER_VISITOR = 2
    cookie = await customer_cookie_of(order)
    async with socket(live, cookie) as one, socket(live, cookie) as two:
        for each in (one, two):
            await send(each, type="ping")
            await until(each, "pong")
        async with socket(live, cookie) as third:
            with pytest.raises(ConnectionClosed):
                await asyncio.wait_for(third.recv(), 10)
            assert third.close_code == 4429
        await send(one, type="ping")
        await until(one, "pong")
        async with socket(live, await staff_cookie_of(manager)) as other:
            await send(other, type="ping")
            await until(other, "pong")


async def test_a_pong_names_the_last_message_visible_to_this_side_of_each_conversation(
    live, order, talk, manager
):
    async with (
        socket(live, await staff_cookie_of(manager)) as shop,
        socket(live, await customer_cookie_of(order)) as buyer,
    ):
        for each in (shop, buyer):
            await send(each, type="subscribe", conversation=talk, after=0)
            await until(each, "message.new")
        await say(shop, talk, "别让他知道", internal=True)
        await until(shop, "message.ack")
        pongs = []
        for each in (shop, buyer):
            await send(each, type="ping")
            pongs.append((await until(each, "pong"))["last_seq"])

    assert pongs == [{str(talk): 2}, {str(talk): 1}]


async def test_typing_in_a_conversation_without_access_is_refused(live, order, talk, other_customer, manager):
    from channels.db import database_sync_to_async

    from tests.factories import make_order

    foreign = await database_sync_to_async(make_order)(customer=other_customer)
    async with (
        socket(live, await staff_cookie_of(manager)) as shop,
        socket(live, await customer_cookie_of(foreign)) as stranger,
    ):
        await send(shop, type="subscribe", conversation=talk, after=1)
        await until(shop, "subscribed")
        await send(stranger, type="typing", conversation=talk, active=True)
        refused = await until(stranger, "error")
        await send(shop, type="ping")
        while (heard := json.loads(await asyncio.wait_for(shop.recv(), 10)))["type"] != "pong":
            assert heard["type"] != "typing"

    assert refused["code"] == "not_found"


def test_the_message_rate_limit_of_customers_is_the_same_over_http_and_socket(
    phone, order, talk, settings, client, manager
):
    from uuid import uuid4

    settings.SOCKET_RATE = 3
    url = f"/conversations/{talk}/messages/"

    def post(who):
        body = {"client_id": str(uuid4()), "kind": "text", "body": "在吗"}
        return who.post(url, body, content_type="application/json")

    answers = [post(phone) for _ in range(4)]
    client.force_login(manager, backend="django.contrib.auth.backends.ModelBackend")

    assert [each.status_code for each in answers] == [201, 201, 201, 429]
    assert int(answers[3]["Retry-After"]) >= 1
    assert post(client).status_code == 201


@pytest.mark.parametrize("path", ["/ws/nowhere/", "/nowhere/", "/"])
async def test_a_websocket_handshake_at_an_unknown_url_is_refused_like_a_404(live, path):
    with pytest.raises(InvalidStatus) as refused:
        await connect(f"ws://127.0.0.1:{live.port}{path}")

    assert 400 <= refused.value.response.status_code < 500
