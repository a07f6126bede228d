"""WCAG AA by axe, and nothing that the policy or a phone's width would break: every page, light and dark.

A page is loaded once and laid out anew for each size and scheme: our style sheets follow both by themselves, and no
script of ours reads them when it starts. The admin's does, so its pages are loaded anew.
"""

from collections.abc import Sequence
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from orders.models import Order
from shopcomm.core.accounts.services.order_links import link_token, make_link
from tests.browser.painted import fits
from tests.busy_shop import PAGES, busy_shop

pytestmark = pytest.mark.django_db(transaction=True)

LEVELS = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    "resultTypes": ["violations"],
    # Style sheets are read anew for one rule alone, which is none of these levels' own.
    "preload": {"assets": ["media"]},
}
View = tuple[int, int, str]
VIEWS: list[View] = [(1440, 900, "light"), (1024, 768, "dark"), (390, 844, "light")]
ON_A_PHONE: list[View] = [(390, 844, "light"), (360, 800, "dark"), (1024, 768, "dark"), (1440, 900, "light")]
# So that several workers share the longest of all.
SHARES = 3
# Once the page has settled in its new size and colours. A browser without windows may owe a page its next frame for
# good, so that nothing here waits for one without end, and what moves is brought to its end.
WHOLE = """async () => {
  const late = new Promise((resolve) => setTimeout(resolve, 1000));
  for (const _frame of [1, 2]) await Promise.race([new Promise(requestAnimationFrame), late]);
  const moving = document.getAnimations().filter((each) => each instanceof CSSTransition);
  for (const each of moving) each.finish();
  return Math.max(innerHeight, document.documentElement.scrollHeight);
}"""
VIOLATIONS = "(levels) => axe.run(levels).then((result) => result.violations)"


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


def accessibility_problems(page: Page, width: int) -> list[str]:
    """What is wrong with a page, seen whole: a bar that sticks to the edge hides half a button by chance only."""
    page.set_viewport_size({"width": width, "height": page.evaluate(WHOLE)})
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    # Only what is wrong: all that is right takes longer to hand over than to find.
    found: Any = page.evaluate(VIOLATIONS, LEVELS)
    wrong = [f"{each['id']}: {node['html'][:160]}" for each in found for node in each["nodes"]]
    if not fits(page):
        wrong.append("wider than the screen")
    return wrong


def look_from_all_sides(page: Page, views: Sequence[View] = VIEWS, *, anew: bool = False) -> list[str]:
    """What is wrong with a page in each size and scheme; `anew` loads it again for each."""
    wrong = []
    for width, height, scheme in views:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.set_viewport_size({"width": width, "height": height})
        if anew:
            page.reload()
        wrong += [f"{width}-{scheme}: {each}" for each in accessibility_problems(page, width)]
    return wrong


def policy_violations(page: Page, own: str) -> list[str]:
    """What the policy refuses from now on, and what would leave the machine."""
    refused: list[str] = []
    page.on("console", lambda line: "Content Security" in line.text and refused.append(line.text))
    page.on(
        "request",
        lambda asked: asked.url.startswith((own, "data:", "blob:")) or refused.append(asked.url),
    )
    return refused


@pytest.mark.longest
@pytest.mark.parametrize("share", range(SHARES))
def test_every_staff_page_is_accessible(browse, live, manager, shop, share) -> None:
    page = browse(f"{live.url}/offline/", staff=manager)
    refused, wrong = policy_violations(page, live.url), {}
    for name in list(PAGES)[share::SHARES]:
        page.goto(live.url + PAGES[name](shop))
        if found := look_from_all_sides(page, anew=name.startswith("admin")):
            wrong[name] = found
    assert wrong == {}
    assert refused == []


@pytest.mark.longest
@pytest.mark.parametrize("which", [("busy", "rated"), ("asked", "shipped", "short")], ids="+".join)
def test_the_customers_pages_are_accessible(browse, live, shop, which) -> None:
    wrong: dict[str, list[str]] = {}
    for name in which:
        token = link_token(make_link(customer=shop[name].customer, order_id=shop[name].pk))
        page = browse(f"{live.url}/o/{token}/", width=390)
        for part in CUSTOMERS[name]:
            page.goto(f"{live.url}/o/{token}/{part}")
            wrong[f"{name}/{part}"] = look_from_all_sides(page, VIEWS[::-1])
        page.context.close()
    page = browse(f"{live.url}/o/forged-token/", width=390)
    wrong["forged"] = look_from_all_sides(page, VIEWS[::-1])
    assert {place: found for place, found in wrong.items() if found} == {}


@pytest.mark.longest
def test_the_pages_of_a_logged_in_customer_are_accessible(browse, live, shop, phone) -> None:
    order = shop["busy"]
    style = order.lines.get().variant.product_id
    phone.post(f"/my/catalogue/{style}/add/", {"sku": order.lines.get().sku, "quantity": "50"})
    asked = {"sku": order.lines.get().sku, "quantity": "5", "question": "能印 logo 吗", "key": "k"}
    talk = phone.post(f"/my/catalogue/{style}/ask/", asked)["Location"]
    page = browse(f"{live.url}/my/login/", width=390)
    refused = policy_violations(page, live.url)
    wrong = {"login": look_from_all_sides(page, ON_A_PHONE)}
    key = phone.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": key, "url": f"{live.url}/"}])
    own = f"/my/orders/{order.number}/"
    places = ("/my/", own, f"{own}again/", "/my/catalogue/", f"/my/catalogue/{style}/", "/my/quote/")
    for place in (*places, talk, "/my/chat/", "/my/me/", "/my/me/notices/"):
        page.goto(live.url + place)
        if place == talk:
            page.wait_for_selector(".cardlet__in")
        wrong[place] = look_from_all_sides(page, ON_A_PHONE)
    assert {place: found for place, found in wrong.items() if found} == {}
    assert refused == []
