"""The pages of one order take as many queries for an order with dozens of everything as for one with one of each."""

import json
import re
from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.db import connection
from django.template.autoreload import reset_loaders
from django.test import Client
from django.test.utils import CaptureQueriesContext

from messaging.selectors.pane import conversation_of
from messaging.services.messages import send_message
from messaging.services.notifications.rules import ensure_default_rules
from orders.models import Order
from orders.selectors.rows import ROWS_BESIDE
from orders.selectors.timeline import order_timeline
from orders.views.presenting import NEWEST
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Staff
from shopcomm.core.accounts.services.order_links import link_token, make_link
from shopcomm.core.ui import assets
from shopcomm.core.ui.assets import served_modules
from shopcomm.core.ui.templatetags.ui import module_preload_links, stylesheet_links
from tests.busy_order import busy_order
from tests.factories import CustomerFactory, StaffFactory, make_order, make_orders

pytestmark = pytest.mark.django_db
# Of everything that may be many: one, and so many that a query for each would show.
SMALL, LARGE = 1, 6
# The bench's order, with two of each, beside a full list; each file's name carries the hash of its content besides.
BUSY, MOST_BYTES, HASH = 2, 60_000, ".0123456789ab"


@pytest.fixture
def orders(manager: Staff) -> tuple[Order, Order]:
    ensure_default_rules()
    return busy_order(manager, SMALL), busy_order(manager, LARGE)


def queries(client: Client, path: str) -> int:
    # What is asked for once in the life of a process is none of the page.
    client.get(path)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


def assert_few_queries(client: Client, path: Callable[[Order], str], orders: tuple[Order, Order]) -> None:
    small, large = (queries(client, path(order)) for order in orders)
    assert small == large <= 15


def test_the_shops_page_of_a_busy_order_takes_few_queries(client, manager, orders) -> None:
    client.force_login(manager)
    assert_few_queries(client, lambda order: f"/orders/{order.number}/", orders)


def test_a_sales_page_of_a_busy_order_takes_few_queries(client, sales, orders) -> None:
    client.force_login(sales)
    assert_few_queries(client, lambda order: f"/orders/{order.number}/", orders)


def test_the_customers_page_of_a_busy_order_takes_few_queries(client, orders) -> None:
    tokens = {order.pk: link_token(make_link(customer=order.customer, order_id=order.pk)) for order in orders}
    assert_few_queries(client, lambda order: f"/o/{tokens[order.pk]}/", orders)


def test_the_notices_of_a_busy_order_take_few_queries(client, manager, orders) -> None:
    client.force_login(manager)
    assert_few_queries(client, lambda order: f"/orders/{order.number}/notices/", orders)


def test_the_list_beside_an_order_is_short_but_reaches_its_row(client, manager) -> None:
    oldest, *others = make_orders(30)
    client.force_login(manager)

    def rows(path: str) -> list[str]:
        return re.findall(r'data-order="([^"]+)"', client.get(path).content.decode())

    newest_first = [order.number for order in reversed(others)] + [oldest.number]
    assert rows("/orders/") == newest_first
    assert rows(f"/orders/{others[-1].number}/") == newest_first[:ROWS_BESIDE]
    assert rows(f"/orders/{others[3].number}/") == newest_first[:26]
    page = client.get(f"/orders/{others[-1].number}/").content.decode()
    (more,) = re.findall(r'href="(\?after=[^"]+)" data-more', page)
    assert rows(f"/orders/{others[-1].number}/{more}") == newest_first[ROWS_BESIDE:]


def test_who_may_see_no_conversation_gets_none_of_an_order() -> None:
    order = make_order()
    assert conversation_of(order, Actor.staff(StaffFactory(role="warehouse"))) is None
    assert conversation_of(order, Actor.customer(CustomerFactory())) is None
    assert conversation_of(order, Actor.customer(order.customer)) == order.conversation


def test_what_somebody_said_ends_no_script_of_the_page(client, manager) -> None:
    order, said = make_order(), "</script><b>&\u2028 一"
    send_message(
        actor=Actor.staff(manager),
        conversation_id=order.conversation.pk,
        client_id=uuid4(),
        kind="text",
        body=said,
    )
    client.force_login(manager)
    page = client.get(f"/orders/{order.number}/").content.decode()
    (data,) = re.findall(
        r'data-module="messaging/pane.js".*?<script type="application/json">(.*?)</script>', page, re.DOTALL
    )
    assert said in [message["body"] for message in json.loads(data)["messages"]]
    assert "<b>&" not in page


@pytest.fixture
def collected(monkeypatch) -> Iterator[None]:
    """Style sheets and scripts come as one file each, as where static files are collected."""
    monkeypatch.setattr(staticfiles_storage, "bundles", True, raising=False)
    known = (stylesheet_links, module_preload_links, served_modules, assets._import_map)
    for each in known:
        each.cache_clear()
    reset_loaders()
    yield
    for each in known:
        each.cache_clear()
    reset_loaders()


def test_the_shops_page_of_a_busy_order_is_of_bounded_size(client, manager, collected) -> None:
    ensure_default_rules()
    make_orders(60)
    order = busy_order(manager, BUSY)
    client.force_login(manager)
    page = client.get(f"/orders/{order.number}/").content
    assert len(page) + page.count(b"/static/") * len(HASH) <= MOST_BYTES
    assert b"\n " not in page


def test_what_is_not_on_the_shops_page_of_an_order_is_a_link_away(client, manager, orders) -> None:
    client.force_login(manager)
    page = client.get(f"/orders/{orders[1].number}/").content.decode()
    (more,) = re.findall(r'href="([^"]+)"\s+data-all-events', page)
    whole = client.get(more.partition("#")[0]).content.decode()
    assert page.count("timeline__point") == NEWEST
    assert whole.count("timeline__point") == len(order_timeline(orders[1])) > NEWEST
    assert "data-all-events" not in whole
    for address in (*re.findall(r'href="([^"]+)"\s+data-dialog', page), "/shortcuts/"):
        for part in ({}, {"X-Fragment": "1"}):
            answer = client.get(address, headers=part)
            assert (answer.status_code, b"<html" in answer.content) == (200, not part)
