"""WCAG AA by axe, and nothing that the policy or a phone's width would break: every page, light and dark."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from messaging.models import NotificationRule
from messaging.services.messages import send_message
from messaging.services.quotes import quote_in_conversation
from messaging.services.shortages import offer_in_conversation
from orders.models import Order, Quote, Status
from orders.selectors.shortages import all_options
from orders.services.change_requests import request_change
from orders.services.consent import edit_or_ask
from orders.services.editing import edit_order
from orders.services.evaluations import EvaluationInput, evaluate_order
from orders.services.orders import ItemInput
from orders.services.quotes import QuoteInput, end_of_day
from orders.services.shortages import report_missing
from orders.services.warehouse import acknowledge_order
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.services.order_links import link_token, make_link
from tests.factories import CustomerFactory, VariantFactory, integration, make_order, make_orders

pytestmark = pytest.mark.django_db(transaction=True)

LEVELS = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], "resultTypes": ["violations"]}
VIEWS = [(1440, 900, "light"), (1024, 768, "dark"), (390, 844, "light")]


@pytest.fixture
def shop(customer, sales) -> dict[str, Order]:
    """One order of each kind of look, with talk on the first."""
    busy = make_order(customer=customer, urgent=True, note="要发票", source="phone")
    talk = busy.conversation.pk  # type: ignore[attr-defined]
    for actor, body, internal in (
        (Actor.customer(customer), "在吗？能换个颜色吗", False),
        (Actor.staff(sales), "可以的", False),
        (Actor.staff(sales), "老客户", True),
    ):
        send_message(
            actor=actor, conversation_id=talk, client_id=uuid4(), kind="text", body=body, internal=internal
        )
    picking = make_order(status=Status.PICKING)
    acknowledge_order(actor=integration(), order_id=picking.pk)
    edit_order(actor=integration(), order_id=picking.pk, version=None, changes={"street": "文一西路 969 号"})
    asked = make_order(status=Status.PICKING)
    for kind, data in (("address", {"street": "体育场路 1 号"}), ("cancel", {"reason": "买错了"})):
        request_change(actor=Actor.customer(asked.customer), order_id=asked.pk, kind=kind, data=data)
    rated = make_order(status=Status.DELIVERED)
    given = EvaluationInput(goods=2, service=5, text="拉链有点紧")
    evaluate_order(actor=Actor.customer(rated.customer), order_id=rated.pk, given=given)
    consent = make_order(status=Status.PAID)
    edit_or_ask(actor=Actor.staff(sales), order_id=consent.pk, version=None, changes={"street": "新街 1 号"})
    make_orders(3)
    short = make_order(status=Status.PAID)
    report_missing(actor=integration(), line_id=short.lines.get().pk, missing=1)
    task = short.shortages.get()
    keys = [option.key for option in all_options(task)]
    offer_in_conversation(actor=Actor.staff(sales), task_id=task.pk, keys=keys)
    wanted = QuoteInput([ItemInput(VariantFactory().sku, 12)], end_of_day(7), note="含包装")
    quote_in_conversation(
        actor=Actor.staff(sales), customer=customer, conversation_id=talk, wanted=wanted, send=True
    )
    return {
        "short": short,
        "busy": busy,
        "picking": picking,
        "asked": asked,
        "rated": rated,
        "shipped": make_order(status=Status.SHIPPED),
        "new": make_order(status=Status.PAID),
        "consent": consent,
        "owed": make_order(customer=CustomerFactory(credit_limit=5000), on_credit=True),
    }


def from_message(order: Order) -> str:
    """The form that the customer's first words open."""
    line = order.conversation.messages.filter(sender_kind="customer").first()  # type: ignore[attr-defined]
    return f"/conversations/{line.conversation_id}/messages/{line.seq}/change/"


PAGES: dict[str, Callable[[dict[str, Order]], str]] = {
    "log-in": lambda shop: "/login/",
    "desk": lambda shop: "/orders/",
    "order": lambda shop: f"/orders/{shop['busy'].number}/",
    "order with requests": lambda shop: f"/orders/{shop['asked'].number}/",
    "rated order": lambda shop: f"/orders/{shop['rated'].number}/",
    "no network": lambda shop: "/offline/",
    "shipped order": lambda shop: f"/orders/{shop['shipped'].number}/",
    "order events": lambda shop: f"/orders/{shop['busy'].number}/events/",
    "new order": lambda shop: "/orders/new/",
    "edit order": lambda shop: f"/orders/{shop['busy'].number}/edit/",
    "transition": lambda shop: f"/orders/{shop['picking'].number}/to/shipped/",
    "states": lambda shop: "/orders/states/",
    "accounts": lambda shop: "/orders/debts/",
    "statement": lambda shop: f"/orders/debts/{shop['owed'].customer_id}/",
    "change policy": lambda shop: "/orders/changes/",
    "inbox": lambda shop: "/inbox/",
    "conversation": lambda shop: f"/inbox/{shop['busy'].conversation.pk}/",  # type: ignore[attr-defined]
    "new enquiry": lambda shop: "/inbox/new/",
    "quotes": lambda shop: f"/conversations/{shop['busy'].conversation.pk}/quotes/",  # type: ignore[attr-defined]
    "new quote": lambda shop: f"/conversations/{shop['busy'].conversation.pk}/quotes/new/",  # type: ignore[attr-defined]
    "quote": lambda shop: f"/quotes/{Quote.objects.get().pk}/",
    "short order": lambda shop: f"/orders/{shop['short'].number}/",
    "warehouse": lambda shop: "/warehouse/",
    "pick list": lambda shop: f"/warehouse/?order={shop['picking'].number}",
    "slip": lambda shop: f"/warehouse/orders/{shop['picking'].number}/",
    "parcel slip": lambda shop: f"/warehouse/orders/{shop['picking'].number}/parcel/",
    "parcel slip that waits": lambda shop: f"/warehouse/orders/{shop['asked'].number}/parcel/",
    "order that asks the customer": lambda shop: f"/orders/{shop['consent'].number}/",
    "change from a message": lambda shop: from_message(shop["busy"]),
    "rights": lambda shop: "/rights/",
    "preferences": lambda shop: "/preferences/",
    "rules": lambda shop: "/rules/",
    "rule": lambda shop: f"/rules/{NotificationRule.objects.get(key='unpaid').pk}/",
    "rule's last week": lambda shop: f"/rules/{NotificationRule.objects.get(key='paid').pk}/rehearsal/",
    "rule's versions": lambda shop: f"/rules/{NotificationRule.objects.get(key='paid').pk}/versions/",
    "hours": lambda shop: "/rules/hours/",
    "first day": lambda shop: "/first-day/",
    "usual couriers": lambda shop: "/first-day/couriers/",
    "notices": lambda shop: "/notices/",
    "why": lambda shop: f"/orders/{shop['shipped'].number}/notices/",
    "admin": lambda shop: "/admin/",
    "admin orders": lambda shop: "/admin/orders/order/",
    "admin products": lambda shop: "/admin/orders/product/",
    "admin staff": lambda shop: "/admin/accounts/staff/",
    "not found": lambda shop: "/orders/XB-000000-0000/",
}

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
