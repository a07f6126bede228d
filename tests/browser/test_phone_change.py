"""Changing an order on a phone: one list, one form, one button; and a pasted address that fills itself in."""

import re

import pytest
from playwright.sync_api import Page, expect

from orders.models import Order, Status
from shopcomm.core.accounts.services.order_links import link_token, make_link
from tests.factories import make_order

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = {"width": 390, "height": 844}
PASTED = "收货人：李小明 手机 13957100275 浙江省杭州市余杭区文一西路969号3幢1202室"


def url_of(live, order: Order, part: str = "") -> str:
    return f"{live.url}/o/{link_token(make_link(customer=order.customer, order_id=order.pk))}/{part}"


def shown_forms(page: Page) -> list[str]:
    kinds = page.locator("form.pick [name=kind]")
    return [
        kind.input_value()
        for kind in kinds.all()
        if kind.locator("xpath=ancestor::form").locator(".card").first.is_visible()
    ]


def test_choosing_a_kind_of_change_shows_its_form_with_its_button_at_the_bottom(
    browse, live, customer
) -> None:
    order = make_order(customer=customer, status=Status.PAID)
    page = browse(url_of(live, order, "change/"), **PHONE)
    assert shown_forms(page) == ["address"]

    page.get_by_label("备注").first.check()
    assert shown_forms(page) == ["note"]
    button = page.get_by_role("button", name="保存备注")
    box = button.bounding_box()
    assert box is not None
    # However little the form holds: within the thumb's reach, at the foot of the screen.
    assert box["y"] + box["height"] > PHONE["height"] - 30
    page.locator("[name=note]").fill("送货前打电话")
    button.click()

    expect(page.locator(".v-progress")).to_be_visible()
    order.refresh_from_db()
    assert order.note == "送货前打电话"


def test_the_submit_button_of_a_long_form_stays_in_view(browse, live, customer) -> None:
    page = browse(url_of(live, make_order(customer=customer, status=Status.PAID), "change/"), **PHONE)

    expect(page.get_by_role("button", name="提交新地址")).to_be_in_viewport(ratio=1)


def test_a_pasted_address_fills_the_fields_and_waits_for_the_tap(browse, live, customer) -> None:
    order = make_order(customer=customer, status=Status.PAID)
    page = browse(url_of(live, order, "change/"), **PHONE)
    page.locator("[name=pasted]").fill(PASTED)

    expect(page.locator("[name=street]")).to_have_value("文一西路969号3幢1202室")
    expect(page.locator("[data-told]")).to_have_text("已填好，请核对后提交")
    read = [page.locator(f"[name={name}]").input_value() for name in ("name", "phone", "city", "district")]
    assert read == ["李小明", "139 5710 0275", "杭州市", "余杭区"]
    assert not order.change_requests.exists()
    page.get_by_role("button", name="提交新地址").click()

    expect(page.locator(".v-progress").get_by_text("文一西路969号3幢1202室").first).to_be_visible()
    order.refresh_from_db()
    assert (order.receiver_name, order.receiver_phone) == ("李小明", "13957100275")


def test_an_address_pasted_before_the_script_loaded_is_parsed_too(browse, live, customer) -> None:
    at, held = url_of(live, make_order(customer=customer, status=Status.PAID)), []
    page = browse(at, **PHONE, service_workers="block")
    page.route(re.compile(r"/address[^/]*\.js"), lambda route: held.append(route))
    with page.expect_request(re.compile(r"/address[^/]*\.js")):
        page.goto(f"{at}change/", wait_until="domcontentloaded")
    page.locator("[name=pasted]").fill(PASTED)
    for route in held:
        route.continue_()

    expect(page.locator("[name=street]")).to_have_value("文一西路969号3幢1202室")


def test_choosing_a_change_and_pasting_an_address_work_without_scripts(browse, live, customer) -> None:
    order = make_order(customer=customer, status=Status.PAID)
    page = browse(url_of(live, order, "change/?kind=note"), java_script_enabled=False, **PHONE)
    assert shown_forms(page) == ["note"]
    page.get_by_label("改地址").check()
    assert shown_forms(page) == ["address"]

    page.locator("[name=pasted]").fill(PASTED)
    page.get_by_role("button", name="识别").click()
    expect(page.locator("[name=street]")).to_have_value("文一西路969号3幢1202室")
    page.locator("[name=phone]").fill("123")
    page.get_by_role("button", name="提交新地址").click()

    expect(page.get_by_role("alert")).to_contain_text("收货电话不正确")
    expect(page.locator("[name=street]")).to_have_value("文一西路969号3幢1202室")


def test_the_quick_actions_stand_in_one_row_and_are_large_enough_to_tap(browse, live, customer) -> None:
    order = make_order(customer=customer, status=Status.DELIVERED)
    page = browse(url_of(live, order), width=360, height=740)
    # In one go: the page may just be fetching its progress anew.
    cells = page.evaluate("""() => [...document.querySelectorAll(".quick > *")].map((cell) => {
      const { y, width, height } = cell.getBoundingClientRect();
      return { label: cell.innerText.trim(), y, width, height };
    })""")

    assert [cell["label"] for cell in cells] == ["退换货", "评价", "再来一单"]
    assert len({cell["y"] for cell in cells}) == 1
    assert all(cell["width"] >= 44 and cell["height"] >= 44 for cell in cells)
    expect(page.get_by_text("确认收货")).to_be_in_viewport()
