"""WCAG AA by axe, and nothing that the policy or a phone's width would break: every page, light and dark."""

from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from orders.models import Order
from shopcomm.core.accounts.services.order_links import link_token, make_link
from tests.busy_shop import PAGES, busy_shop

pytestmark = pytest.mark.django_db(transaction=True)

LEVELS = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], "resultTypes": ["violations"]}
VIEWS = [(1440, 900, "light"), (1024, 768, "dark"), (390, 844, "light")]


@pytest.fixture
def shop(customer, sales) -> dict[str, Order]:
    return busy_shop(customer, sales)


# What a customer sees of an order that talks, waits for an answer, is on its way, has been rated, is short.
CUSTOMERS = {
    "busy": ("", "chat/", "change/", "notices/"),
    "asked": ("", "change/"),
    "shipped": ("", "after-sales/"),
    "rated": ("", "evaluation/"),
    "short": ("", "chat/"),
}


def look(page: Page, width: int) -> list[str]:
    """What is wrong with a page, seen whole: a bar that sticks to the edge hides half a button by chance only."""
    whole = page.evaluate("Math.max(innerHeight, document.documentElement.scrollHeight)")
    page.set_viewport_size({"width": width, "height": whole})
    page.evaluate(AXE_SCRIPT)
    # Only what is wrong: all that is right takes longer to hand over than to find.
    found: Any = page.evaluate("(levels) => axe.run(levels).then((result) => result.violations)", LEVELS)
    wrong = [f"{each['id']}: {node['html'][:160]}" for each in found for node in each["nodes"]]
    if page.evaluate("document.documentElement.scrollWidth") > width:
        wrong.append("wider than the screen")
    return wrong


@pytest.mark.longest
@pytest.mark.parametrize("view", VIEWS, ids=lambda view: f"{view[0]}-{view[2]}")
def test_every_page_of_the_staff_is_accessible(browse, live, manager, shop, view) -> None:
    width, height, scheme = view
    wrong: dict[str, list[str]] = {}
    page = browse(
        f"{live.url}/orders/",
        staff=manager,
        width=width,
        height=height,
        color_scheme=scheme,
        reduced_motion="reduce",
    )
    refused: list[str] = []
    page.on("console", lambda line: "Content Security" in line.text and refused.append(line.text))
    page.on(
        "request",
        lambda asked: (
            asked.url.startswith(live.url)
            or asked.url.startswith(("data:", "blob:"))
            or refused.append(asked.url)
        ),
    )
    for name, address in PAGES.items():
        page.set_viewport_size({"width": width, "height": height})
        page.goto(live.url + address(shop))
        page.wait_for_load_state("load")
        if found := look(page, width):
            wrong[name] = found
    assert wrong == {}
    assert refused == []


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: f"{view[0]}-{view[2]}")
def test_the_customers_pages_are_accessible(browse, live, shop, view) -> None:
    width, height, scheme = view
    wrong: dict[str, list[str]] = {}
    for name, parts in CUSTOMERS.items():
        token = link_token(make_link(customer=shop[name].customer, order_id=shop[name].pk))
        for part in parts:
            page = browse(
                f"{live.url}/o/{token}/{part}",
                width=width,
                height=height,
                color_scheme=scheme,
                reduced_motion="reduce",
            )
            if found := look(page, width):
                wrong[f"{name}/{part}"] = found
            page.context.close()
    page = browse(
        f"{live.url}/o/forged-token/",
        width=width,
        height=height,
        color_scheme=scheme,
        reduced_motion="reduce",
    )
    if found := look(page, width):
        wrong["forged"] = found
    assert wrong == {}


@pytest.mark.parametrize("view", [*VIEWS, (360, 800, "dark")], ids=lambda view: f"{view[0]}-{view[2]}")
def test_the_pages_behind_the_code_are_accessible(browse, live, shop, phone, view) -> None:
    width, height, scheme = view
    order = shop["busy"]
    style = order.lines.get().variant.product_id
    phone.post(f"/my/catalogue/{style}/add/", {"sku": order.lines.get().sku, "quantity": "50"})
    asked = {"sku": order.lines.get().sku, "quantity": "5", "question": "能印 logo 吗", "key": "k"}
    talk = phone.post(f"/my/catalogue/{style}/ask/", asked)["Location"]
    page = browse(
        f"{live.url}/my/login/", width=width, height=height, color_scheme=scheme, reduced_motion="reduce"
    )
    refused: list[str] = []
    page.on("console", lambda line: "Content Security" in line.text and refused.append(line.text))
    wrong = {"login": look(page, width)}
    key = phone.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": key, "url": f"{live.url}/"}])
    own = f"/my/orders/{order.number}/"
    places = ("/my/", own, f"{own}again/", "/my/catalogue/", f"/my/catalogue/{style}/", "/my/quote/")
    for place in (*places, talk, "/my/chat/", "/my/me/", "/my/me/notices/"):
        page.set_viewport_size({"width": width, "height": height})
        page.goto(live.url + place)
        page.wait_for_load_state("load")
        if place == talk:
            page.wait_for_selector(".cardlet__in")
        wrong[place] = look(page, width)
    assert {place: found for place, found in wrong.items() if found} == {}
    assert refused == []
