"""Several customers' links, a log-in and staff in one browser: each page speaks, and is spoken to, as whose it is."""

import asyncio
import json
import threading
from contextlib import suppress
from uuid import uuid4

import pytest
from channels.db import database_sync_to_async
from django.test import Client
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from messaging.consumers import session_recheck
from messaging.models import Conversation, Message
from shopcomm.core.accounts.proofs import LINKS_SESSION_KEY
from shopcomm.core.accounts.services.order_links import link_token, make_link, revoke_links
from tests.factories import make_order
from tests.messaging.pictures import picture, upload
from tests.messaging.test_socket import cookie_of, say, send, until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def quick_rounds(monkeypatch):
    monkeypatch.setattr(session_recheck, "ROUND_SECONDS", 0.1)


@pytest.fixture
def links(order, other_customer):
    """Of one order, and of another customer's."""
    foreign = make_order(customer=other_customer)
    return [make_link(customer=each.customer, order_id=each.pk) for each in (order, foreign)]


@pytest.fixture
def talks(links) -> list[int]:
    return [Conversation.objects.get(order=link.order_id).pk for link in links]


@pytest.fixture
def browser(client, links) -> Client:
    """Both links were opened in it, one after the other."""
    for link in links:
        client.get(f"/o/{link_token(link)}/")
    return client


def page_of(live, browser: Client, query: str = ""):
    return connect(live.ws_url + query, additional_headers={"Cookie": cookie_of(browser)})


async def follow(opened, talk: int) -> dict:
    await send(opened, type="subscribe", conversation=talk, after=0)
    return await until(opened, "subscribed")


async def test_sockets_of_two_links_in_one_browser_work_side_by_side(live, browser, links, talks):
    first, second = (page_of(live, browser, f"?link={link.pk}") for link in links)
    async with first as one, second as other:
        assert [await follow(one, talks[0]), await follow(other, talks[1])]
        await send(other, type="subscribe", conversation=talks[0], after=0)
        refused = await until(other, "error")
        for opened, talk in ((one, talks[0]), (other, talks[1])):
            await say(opened, talk, f"给 {talk}")
            await until(opened, "message.ack")

    assert refused["code"] == "not_found"
    said = await database_sync_to_async(spoken)(talks)
    assert said == [(talks[0], links[0].customer_id), (talks[1], links[1].customer_id)]


def spoken(talks: list[int]) -> list[tuple[int, int]]:
    written = Message.objects.filter(conversation__in=talks, sender_kind="customer").order_by("pk")
    return list(written.values_list("conversation", "sender_id"))


async def test_a_socket_without_a_page_may_follow_whatever_its_session_allows(
    live, browser, links, talks, order
):
    async with page_of(live, browser) as opened:
        await follow(opened, talks[0])
        third = await database_sync_to_async(make_order)(customer=order.customer)
        link = await database_sync_to_async(make_link)(customer=order.customer, order_id=third.pk)
        await database_sync_to_async(browser.get)(f"/o/{link_token(link)}/")
        # A round of the watch says to each customer whether the shop is there: three later it is where it was.
        for _round in range(3):
            await until(opened, "presence")
        await say(opened, talks[0], "还在")
        await until(opened, "message.ack")


async def test_a_recheck_begun_before_a_socket_switched_to_its_link_does_not_close_it(
    live, browser, talks, monkeypatch
):
    asked, answer, at_once = threading.Event(), threading.Event(), session_recheck.actor_now

    async def slowly(visitor):
        found = await at_once(visitor)
        asked.set()
        await asyncio.to_thread(answer.wait, 10)
        return found

    monkeypatch.setattr(session_recheck, "actor_now", slowly)
    async with page_of(live, browser) as opened:
        assert await asyncio.to_thread(asked.wait, 10)
        await follow(opened, talks[0])
        answer.set()
        # A round of the watch says to each customer whether the shop is there.
        await until(opened, "presence")
        await say(opened, talks[0], "还在")
        assert await until(opened, "message.ack")


async def test_revoking_a_link_closes_its_own_sockets_at_once_and_no_others(live, browser, links, talks):
    first, second = (page_of(live, browser, f"?link={link.pk}") for link in links)
    async with first as one, second as other:
        await follow(one, talks[0])
        await follow(other, talks[1])
        await database_sync_to_async(revoke_links)(order_id=links[0].order_id)
        async with asyncio.timeout(10):
            with suppress(ConnectionClosed):
                while await one.recv():
                    pass
        await say(other, talks[1], "还在")
        assert await until(other, "message.ack")

    assert one.close_code == 4401


def post(browser: Client, talk: int, **headers: str):
    body = json.dumps({"client_id": str(uuid4()), "kind": "text", "body": "您好"})
    return browser.post(
        f"/conversations/{talk}/messages/", body, content_type="application/json", headers=headers
    )


def test_a_customer_page_posts_as_the_customer_after_staff_log_in_in_the_same_browser(
    browser, links, talks, manager
):
    browser.force_login(manager, backend="django.contrib.auth.backends.ModelBackend")
    for link, talk in zip(links, talks, strict=True):
        assert post(browser, talk, **{"x-visitor": f"link={link.pk}"}).status_code == 201
    assert post(browser, talks[0]).status_code == 201

    said = Message.objects.exclude(kind="event").order_by("pk").values_list("sender_kind", "sender_id")
    assert list(said) == [
        ("customer", links[0].customer_id),
        ("customer", links[1].customer_id),
        ("staff", manager.pk),
    ]


def test_a_link_page_reaches_only_its_own_order(browser, links, talks):
    assert post(browser, talks[0], **{"x-visitor": f"link={links[1].pk}"}).status_code == 404
    assert post(browser, talks[0], **{"x-visitor": "as=customer"}).status_code == 404
    assert post(browser, talks[0], **{"x-visitor": "link=99999"}).status_code == 403


def test_a_picture_is_served_for_any_actor_of_the_session_who_may_see_it(browser, links, talks, client):
    for link, talk in zip(links, talks, strict=True):
        sent = browser.post(
            "/attachments/",
            {"file": upload(picture()), "conversation": talk},
            headers={"x-visitor": f"link={link.pk}"},
        )
        assert browser.get(f"/attachments/{sent.json()['id']}/").status_code in (200, 202)
        assert Client().get(f"/attachments/{sent.json()['id']}/").status_code == 404


@pytest.mark.parametrize(
    "headers", [{"sec-fetch-mode": "cors"}, {"sec-fetch-mode": "navigate", "sec-purpose": "prefetch"}]
)
def test_background_requests_do_not_change_the_session(client, phone, links, headers):
    token = link_token(links[1])
    for browser in (client, phone):
        assert browser.get(f"/o/{token}/", headers=headers).status_code == 200
        assert browser.get(f"/o/{token}/progress/", headers=headers).status_code == 200
        assert LINKS_SESSION_KEY not in browser.session
    assert phone.get("/my/").status_code == 200


def test_a_page_that_presents_its_link_again_adds_only_that_link_to_the_session(
    phone, client, links, manager
):
    address = f"/o/{link_token(links[1])}/session/"
    assert phone.post(address).status_code == 204
    assert phone.session[LINKS_SESSION_KEY] == [links[1].pk]
    assert phone.get("/my/").status_code == 200

    client.force_login(manager, backend="django.contrib.auth.backends.ModelBackend")
    assert client.post(address).status_code == 409
    revoke_links(order_id=links[1].order_id)
    assert phone.post(address).status_code == 404


def test_the_session_url_says_whom_each_page_acts_as(browser, links, manager):
    def who(**headers: str) -> str:
        return browser.get("/session/", headers=headers).json()["who"]

    assert who(**{"x-visitor": f"link={links[0].pk}"}) == f"customer:{links[0].customer_id}"
    browser.force_login(manager, backend="django.contrib.auth.backends.ModelBackend")
    assert who() == f"staff:{manager.pk}"
    assert who(**{"x-visitor": "as=customer"}) == f"customer:{links[1].customer_id}"
    assert Client().get("/session/").json() == {"who": ""}
