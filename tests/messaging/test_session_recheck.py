"""Who loses the right to be somewhere loses the open socket too."""

import asyncio
import threading
from contextlib import asynccontextmanager, suppress

import pytest
from channels.db import database_sync_to_async
from django.contrib.sessions.models import Session
from django.db import OperationalError
from websockets.exceptions import ConnectionClosed

from messaging.consumers import access as access_module
from messaging.consumers import fanout as fanout_module
from messaging.consumers import session_recheck
from messaging.consumers.presence import Presence
from messaging.consumers.socket import ShopSocket
from messaging.consumers.switchboard import ANSWERERS, Answerer
from messaging.consumers.topics.conversation import ConversationTopic
from messaging.models import Conversation
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Staff
from shopcomm.core.accounts.services.order_links import revoke_links
from shopcomm.core.configuration.models import shop_settings
from tests.factories import give_order, make_order
from tests.messaging.test_socket import customer_cookie_of, send, socket, staff_cookie_of, until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def quick_rounds(monkeypatch):
    monkeypatch.setattr(session_recheck, "ROUND_SECONDS", 0.1)


@pytest.fixture
def talk(order) -> int:
    return Conversation.objects.get(order=order).pk


async def close_code(opened) -> int | None:
    async with asyncio.timeout(10):
        with suppress(ConnectionClosed):
            while await opened.recv():
                pass
    return opened.close_code


@asynccontextmanager
async def listening(live, cookie: str, talk: int):
    async with socket(live, cookie) as opened:
        await send(opened, type="subscribe", conversation=talk, after=0)
        await until(opened, "subscribed")
        yield opened


async def test_the_socket_of_a_deactivated_staff_member_is_closed(live, talk, sales):
    async with listening(live, await staff_cookie_of(sales), talk) as opened:
        await Staff.objects.filter(pk=sales.pk).aupdate(is_active=False)
        assert await close_code(opened) == 4401


async def test_logging_out_closes_the_sockets_of_open_tabs(live, talk, sales):
    cookie = await staff_cookie_of(sales)
    async with listening(live, cookie, talk) as one, listening(live, cookie, talk) as other:
        await Session.objects.all().adelete()
        assert await close_code(one) == await close_code(other) == 4401


async def test_the_socket_of_a_revoked_link_is_closed(live, order, talk):
    async with listening(live, await customer_cookie_of(order), talk) as opened:
        await database_sync_to_async(revoke_links)(order_id=order.pk)
        assert await close_code(opened) == 4401


async def test_the_former_sellers_socket_loses_a_reassigned_order_but_stays_open(
    live, order, talk, sales, other_sales
):
    await database_sync_to_async(only_own_orders)()
    async with listening(live, await staff_cookie_of(sales), talk) as opened:
        await database_sync_to_async(give_order)(order, other_sales)
        refused = await until(opened, "error")
        await send(opened, type="message.read", conversation=talk, seq=1)
        again = await until(opened, "error")

    assert (refused["code"], refused["conversation"]) == ("forbidden", talk)
    assert again["code"] == "not_found"


def only_own_orders() -> None:
    settings = shop_settings()
    settings.sales_see_all = False
    settings.save()


async def test_a_failing_recheck_of_one_socket_does_not_stop_the_others(
    live, talk, sales, manager, monkeypatch
):
    recheck, troubled = ShopSocket.recheck, manager.pk

    async def sometimes(self, visitor, actor):
        if self.actor.id == troubled:
            raise OSError("the client is gone")
        await recheck(self, visitor, actor)

    monkeypatch.setattr(ShopSocket, "recheck", sometimes)
    async with (
        listening(live, await staff_cookie_of(manager), talk),
        listening(live, await staff_cookie_of(sales), talk) as opened,
        listening(live, await staff_cookie_of(manager), talk),
    ):
        await Staff.objects.filter(pk=sales.pk).aupdate(is_active=False)
        assert await close_code(opened) == 4401


async def test_a_query_failing_for_one_frame_is_answered_and_the_socket_stays_open(
    live, talk, sales, monkeypatch
):
    async with listening(live, await staff_cookie_of(sales), talk) as opened:
        with monkeypatch.context() as patch:
            patch.setattr(fanout_module, "_heads", failing)
            await send(opened, type="subscribe", conversation=talk, after=0)
            assert (await until(opened, "error"))["code"] == "unavailable"
        await send(opened, type="subscribe", conversation=talk, after=0)
        assert (await until(opened, "subscribed"))["last_seq"] == 1


async def failing(_ids: list[int]) -> dict[int, tuple[int, int]]:
    raise OperationalError("no connection")


async def test_a_socket_closed_during_its_subscription_is_not_left_in_the_room(
    live, talk, sales, monkeypatch
):
    asked, answer, ended, fanouts = threading.Event(), threading.Event(), threading.Event(), []
    visible = access_module.visible_conversations

    async def slowly(actor, conversation_ids):
        asked.set()
        await asyncio.to_thread(answer.wait)
        return await visible(Actor.system(), conversation_ids)

    async def follow(self, given):
        fanouts.append(fanout_module.fanout())
        try:
            await ConversationTopic.follow(self, given)
        finally:
            ended.set()

    monkeypatch.setattr(access_module, "visible_conversations", slowly)
    monkeypatch.setitem(ANSWERERS, "subscribe", [Answerer(ConversationTopic, follow)])
    async with socket(live, await staff_cookie_of(sales)) as opened:
        await send(opened, type="subscribe", conversation=talk, after=0)
        assert await asyncio.to_thread(asked.wait, 10)
        await Staff.objects.filter(pk=sales.pk).aupdate(is_active=False)
        assert await close_code(opened) == 4401
        answer.set()
        assert await asyncio.to_thread(ended.wait, 10)
        assert fanouts[0].rooms == {}


async def test_lost_access_is_enforced_even_while_redis_hangs(live, sales, other_sales, monkeypatch):
    await database_sync_to_async(only_own_orders)()
    kept = await database_sync_to_async(make_order)(assigned_to=sales)
    lost = await database_sync_to_async(make_order)(assigned_to=sales)
    talks = [(await Conversation.objects.aget(order=order)).pk for order in (kept, lost)]

    async def hang(self, *given, again=False):
        if again:
            await asyncio.Event().wait()

    monkeypatch.setattr(Presence, "report_present", hang)
    monkeypatch.setattr(session_recheck, "SOCKET_SECONDS", 0.2)
    async with socket(live, await staff_cookie_of(sales)) as opened:
        for talk in talks:
            await send(opened, type="subscribe", conversation=talk, after=0)
            await until(opened, "subscribed")
        await database_sync_to_async(give_order)(lost, other_sales)
        refused = await until(opened, "error")

    assert (refused["code"], refused["conversation"]) == ("forbidden", talks[1])


async def test_a_socket_that_left_while_its_history_was_sent_is_not_shown_as_present(
    live, talk, sales, monkeypatch
):
    ended, said = threading.Event(), []

    async def enter(self, conversation_id, listener, after):
        listener._step_out()

    async def here(self, *given, again=False):
        said.append(given)

    async def follow(self, given):
        await ConversationTopic.follow(self, given)
        await asyncio.sleep(0)
        ended.set()

    monkeypatch.setattr(fanout_module.Fanout, "enter", enter)
    monkeypatch.setattr(Presence, "report_present", here)
    monkeypatch.setitem(ANSWERERS, "subscribe", [Answerer(ConversationTopic, follow)])
    async with socket(live, await staff_cookie_of(sales)) as opened:
        await send(opened, type="subscribe", conversation=talk, after=0)
        assert await asyncio.to_thread(ended.wait, 10)

    assert said == []
