"""What a first visit costs over the wire, with the files as the product serves them: hashed and compressed."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.urls import reverse
from playwright.sync_api import Browser, Page, Route, expect

from messaging.services.messages import send_message
from orders.models import Status
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.services.order_links import link_token, make_link
from shopcomm.core.embedded.binaries import spawn_process
from shopcomm.core.embedded.services import end_process, free_port
from shopcomm.core.embedded.supervisor import page_answers, web_command
from tests.browser.chat import message, ready, say, until
from tests.browser.conftest import session_cookie
from tests.factories import make_order, make_orders
from tests.faults.waiting import eventually

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(600),
    # By one worker, which collects the files once.
    pytest.mark.xdist_group("collected"),
]

ROOT = Path(__file__).resolve().parents[2]
MOST = 150_000
# The page, three or four sheets, the three files of scripts, pictures, and what the chat asks for.
MOST_REQUESTS, MOST_OF_FEW = 14, 100_000


@pytest.fixture(scope="session")
def collected(tmp_path_factory) -> Path:
    """The static files as `make run` collects them, without those of the admin and of the API's reader."""
    folder = tmp_path_factory.mktemp("static")
    environment = os.environ | {
        "STATIC_ROOT": str(folder),
        "DJANGO_SETTINGS_MODULE": "shopcomm.settings.base",
    }
    command = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"]
    # What no page here asks for; to compress it all takes minutes.
    command += [
        f"--ignore={each}" for each in ("drf_spectacular_sidecar", "rest_framework", "unfold", "admin")
    ]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, timeout=300)
    return folder


@pytest.fixture
def shipped(collected, transactional_db, tmp_path) -> Iterator[str]:
    """The product as it is shipped, on the test's own database."""
    port, server = free_port(), urlsplit(os.environ["DATABASE_URL"])
    database = urlunsplit(server._replace(path=f"/{connection.settings_dict['NAME']}"))
    environment = {
        "DATABASE_URL": database,
        "STATIC_ROOT": str(collected),
        "SECRET_KEY": settings.SECRET_KEY,
        "DJANGO_SETTINGS_MODULE": "shopcomm.settings.base",
        "WEB_CONCURRENCY": "1",
    }
    process = spawn_process(web_command(port), tmp_path / "web.log", **environment)
    url = f"http://127.0.0.1:{port}"
    try:
        eventually(lambda: page_answers(f"{url}/healthz"), within=60)
        yield url
    finally:
        end_process(process, signal.SIGTERM, within=10)


@pytest.fixture
def shop(customer, sales, manager):
    """A day's orders, and an order with a long conversation."""
    make_orders(60)
    order = make_order(customer=customer, status=Status.SHIPPED)
    for number in range(60):
        send_message(
            actor=Actor.customer(customer) if number % 2 else Actor.staff(sales),
            conversation_id=order.conversation.pk,
            client_id=uuid4(),
            kind="text",
            body=f"第 {number} 句：麻烦看一下这个颜色还有没有货，着急要",
        )
    return order


def _over_the_wire(event: dict[str, Any]) -> bool:
    """Whether a request goes anywhere: an icon of the style sheet is a picture that is there already."""
    return not event["request"]["url"].startswith("data:")


def first_visit_weight(chromium: Browser, url: str, width: int, cookies=()) -> tuple[int, int]:
    """Requests and bytes of a first visit, headers and all, by the browser's own count."""
    context = chromium.new_context(viewport={"width": width, "height": 800}, locale="zh-CN")
    context.add_cookies(list(cookies))
    page = context.new_page()
    cdp = context.new_cdp_session(page)
    cdp.send("Network.enable")
    begun: set[str] = set()
    sizes: dict[str, int] = {}
    cdp.on("Network.requestWillBeSent", lambda event: _over_the_wire(event) and begun.add(event["requestId"]))
    cdp.on(
        "Network.loadingFinished",
        lambda event: (
            event["requestId"] in begun
            and sizes.update({event["requestId"]: int(event["encodedDataLength"])})
        ),
    )
    answer = page.goto(url)
    assert answer is not None
    assert answer.status == 200
    page.wait_for_load_state("networkidle")
    until(page, lambda: begun == set(sizes))
    context.close()
    return len(sizes), sum(sizes.values())


def test_the_first_visit_stays_within_its_size_budget_on_phone_and_desk(
    chromium, shipped, shop, manager, record_property
):
    token = link_token(make_link(customer=shop.customer, order_id=shop.pk))
    staff = [session_cookie(manager, f"{shipped}/")]
    found = {
        "order page": first_visit_weight(chromium, shipped + reverse("portal:order", args=[token]), 360),
        "chat": first_visit_weight(chromium, shipped + reverse("portal:chat", args=[token]), 360),
        "desk": first_visit_weight(chromium, f"{shipped}/orders/", 1440, staff),
        "order at the desk": first_visit_weight(chromium, f"{shipped}/orders/{shop.number}/", 1440, staff),
    }
    for name, (requests, size) in found.items():
        record_property(name, f"{requests} requests, {size / 1000:.1f} kB")
    assert {name: size for name, (_requests, size) in found.items() if size > MOST} == {}
    assert {name: requests for name, (requests, _size) in found.items() if requests > MOST_REQUESTS} == {}
    few = {name: found[name] for name in ("order page", "chat")}
    assert {name: size for name, (_requests, size) in few.items() if size > MOST_OF_FEW} == {}


def test_style_sheets_and_pages_are_served_compressed(chromium, shipped, shop):
    token = link_token(make_link(customer=shop.customer, order_id=shop.pk))
    context = chromium.new_context()
    page = context.new_page()
    coded: dict[str, str] = {}
    page.on("response", lambda answer: coded.update({answer.url: answer.headers.get("content-encoding", "")}))
    page.goto(shipped + reverse("portal:order", args=[token]))
    page.wait_for_load_state("networkidle")
    context.close()
    ways = {url.rsplit(".", 1)[-1]: way for url, way in coded.items() if "/static/" in url}
    assert coded[shipped + reverse("portal:order", args=[token])] == "gzip"
    assert (ways["css"], ways["js"]) != ("", "")
    assert sum(url.endswith(".css") for url in coded) == 3


def open_shipped(chromium: Browser, url: str, cookies=()) -> Page:
    """A page of the shipped product, with all its behaviours started; what its scripts cannot bear fails the test."""
    context = chromium.new_context(locale="zh-CN")
    context.add_cookies(list(cookies))
    page = context.new_page()
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    page.goto(url)
    expect(page.locator("html")).to_have_attribute("data-mounted", "")
    return page


def test_joined_scripts_work_beside_those_that_are_files_of_their_own(chromium, shipped, shop, manager):
    token = link_token(make_link(customer=shop.customer, order_id=shop.pk))
    phone = ready(open_shipped(chromium, shipped + reverse("portal:chat", args=[token])))
    desk = open_shipped(
        chromium, f"{shipped}/orders/{shop.number}/", [session_cookie(manager, f"{shipped}/")]
    )

    say(phone, "什么时候发货")
    expect(message(desk, "什么时候发货")).to_be_visible()
    # What the list hears with is what the chat beside it hears with.
    expect(desk.locator(f'[data-order="{shop.number}"] .orow__bottom')).to_contain_text("什么时候发货")
    twice = """() => Promise.all(["lib/socket.js", "lib/dom.js"].map(async (name) =>
      (await import("lib/modules.js")).together.get(name)[name.includes("dom") ? "swap" : "socket"]
      === (await import(name))[name.includes("dom") ? "swap" : "socket"]))"""
    assert phone.evaluate(twice) == [True, True]
    for page in (phone, desk):
        page.context.close()


def test_a_joined_file_that_was_lost_on_the_way_is_loaded_again(chromium, shipped, shop):
    token = link_token(make_link(customer=shop.customer, order_id=shop.pk))
    page = chromium.new_context(locale="zh-CN").new_page()
    lost: list[str] = []

    def once(route: Route) -> None:
        if lost:
            return route.continue_()
        lost.append(route.request.url)
        return route.abort("connectionreset")

    page.route(re.compile(r"/js/shop[^/]*\.js"), once)
    page.goto(shipped + reverse("portal:chat", args=[token]))

    ready(page)
    assert len(lost) == 1
    page.context.close()
