"""The desk at every width: fields in which one reads what one types, and every action within reach."""

import pytest
from playwright.sync_api import Page, expect

from messaging.services.conversations import open_enquiry
from orders.models import AfterSalesCase, Order, Status
from orders.services.after_sales import CaseInput, CaseLine, approve_case, open_case
from shopcomm.core.accounts.actors import Actor
from tests.browser.painted import fits
from tests.factories import make_order

pytestmark = pytest.mark.django_db(transaction=True)

WIDTHS = (1440, 1024, 390)
# What a sum of five figures, a reason's beginning or a courier's name needs.
NARROWEST = 64
NARROW_FIELDS = """(narrowest) => [...document.querySelectorAll('main input, main select, main textarea')]
  .filter((field) => field.checkVisibility() && !/checkbox|radio|hidden|file/.test(field.type))
  .map((field) => [field.name || field.id, Math.round(field.getBoundingClientRect().width)])
  .filter(([name, width]) => width < narrowest)"""
OPEN_ALL = "() => document.querySelectorAll('main details').forEach((each) => { each.open = true })"


def with_cases(customer, manager) -> Order:
    """An order with two cases: one on its way home, one that waits for an answer."""
    order = make_order(customer=customer, status=Status.DELIVERED)
    wanted = CaseInput("return", "damaged", [CaseLine(order.lines.get().pk, 1)])
    case = open_case(actor=Actor.customer(customer), order_id=order.pk, wanted=wanted)
    approve_case(actor=Actor.staff(manager), case_id=case.pk)
    wanted = CaseInput("refund", "missing", [CaseLine(order.lines.get().pk, 1)])
    open_case(actor=Actor.customer(customer), order_id=order.pk, wanted=wanted)
    assert AfterSalesCase.objects.count() == 2
    return order


def narrow_fields(page: Page, url: str) -> dict[int, list[list[str | int]]]:
    page.goto(url)
    page.evaluate(OPEN_ALL)
    found = {}
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        found[width] = page.evaluate(NARROW_FIELDS, NARROWEST)
    return found


def test_no_field_is_too_narrow_for_its_usual_content(browse, live, order, customer, manager) -> None:
    claimed = with_cases(customer, manager)
    page = browse(f"{live.url}/orders/{order.number}/", staff=manager)
    paths = (
        f"/orders/{order.number}/",
        f"/orders/{claimed.number}/",
        f"/orders/{order.number}/edit/",
        f"/orders/{claimed.number}/after-sales/",
        f"/orders/debts/{customer.pk}/",
    )

    found = {path: narrow_fields(page, live.url + path) for path in paths}

    assert found == {path: {width: [] for width in WIDTHS} for path in paths}
    page.goto(f"{live.url}/orders/{order.number}/")
    page.locator("summary", has_text="登记收款").click()
    assert page.locator("[name=amount]").bounding_box()["width"] >= 120


def test_on_a_phone_every_action_of_an_order_is_within_reach(browse, live, customer, manager) -> None:
    order = make_order(customer=customer, status=Status.PICKING)
    desk = browse(f"{live.url}/orders/{order.number}/", staff=manager, width=1440)
    wanted = desk.locator("#actions a").all_inner_texts()
    desk.set_viewport_size({"width": 390, "height": 844})

    shown = desk.locator("#actions a:visible").all_inner_texts()
    desk.get_by_role("button", name="更多").click()
    behind = desk.locator("#more-actions a:visible").all_inner_texts()

    assert sorted(shown + behind) == sorted(text.replace("\nG", "") for text in wanted)
    assert "申请退款" in behind
    desk.get_by_role("link", name="申请退款").click()
    expect(desk.locator("dialog[open] [name=reason]")).to_be_visible()
    expect(desk.locator("#more-actions")).to_be_hidden()


def test_on_a_phone_the_inbox_offers_quote_and_new_order_beside_a_conversation(
    browse, live, customer, sales
) -> None:
    talk = open_enquiry(actor=Actor.staff(sales), customer=customer, subject="双肩包")

    inbox = browse(f"{live.url}/inbox/{talk.pk}/", staff=sales, width=390, height=844)

    expect(inbox.get_by_role("link", name="报价", exact=True)).to_be_visible()
    expect(inbox.get_by_role("link", name="新建订单")).to_be_visible()
    assert fits(inbox)
