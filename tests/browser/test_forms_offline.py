"""A form sent without a network: no error page, nothing typed is lost, and it leaves when there is a line again."""

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from messaging.models import NotificationPreference
from orders.models import ChangeRequest, Status
from shopcomm.core.accounts.services.order_links import link_token, make_link
from tests.browser.chat import until
from tests.factories import make_order

pytestmark = pytest.mark.django_db(transaction=True)

SMALL = {"width": 360, "height": 740}
KEPT = "[data-kept]"


@pytest.fixture
def token(customer) -> str:
    order = make_order(customer=customer, status=Status.PICKING)
    return link_token(make_link(customer=customer, order_id=order.pk))


def address_form(page: Page):
    return page.locator("form", has=page.locator('[name="kind"][value="address"]'))


def test_a_change_request_sent_offline_is_kept_and_sent_when_online_again(browse, wire, token):
    phone = browse(f"{wire.url}{reverse('portal:change', args=[token])}", **SMALL)
    form = address_form(phone)
    form.locator('[name="street"]').fill("文一西路 969 号")
    wire.cut()
    form.get_by_role("button", name="提交新地址").click()
    expect(form.locator(KEPT)).to_contain_text("没有网络，还没有提交")
    expect(form.locator('[name="street"]')).to_have_value("文一西路 969 号")
    assert not ChangeRequest.objects.exists()
    wire.mend()
    phone.wait_for_url(f"{wire.url}{reverse('portal:order', args=[token])}")
    assert ChangeRequest.objects.get().data["street"] == "文一西路 969 号"


def test_a_form_kept_offline_can_be_withdrawn_and_is_then_not_sent(browse, wire, token):
    phone = browse(f"{wire.url}{reverse('portal:wishes', args=[token])}", **SMALL)
    phone.locator('[name="quiet_from"]').fill("22:00")
    phone.locator('[name="quiet_to"]').fill("08:00")
    wire.cut()
    phone.get_by_role("button", name="保存").click()
    phone.locator(KEPT).get_by_role("button", name="先不提交").click()
    expect(phone.locator(KEPT)).to_have_count(0)
    wire.mend()
    phone.evaluate("window.dispatchEvent(new Event('online'))")
    expect(phone.locator('[name="quiet_from"]')).to_have_value("22:00")
    assert not NotificationPreference.objects.exists()
    phone.get_by_role("button", name="保存").click()
    until(phone, NotificationPreference.objects.exists)


def test_a_form_lost_on_the_way_is_filled_in_again_when_the_page_reopens(browse, wire, token):
    address = f"{wire.url}{reverse('portal:change', args=[token])}"
    phone = browse(address, **SMALL)
    form = address_form(phone)
    form.locator('[name="street"]').fill("文一西路 969 号")
    # There is a line when it is asked about, and none when the form leaves.
    phone.route("**/healthz", lambda route: route.fulfill(status=200))
    wire.cut()
    form.get_by_role("button", name="提交新地址").click(no_wait_after=True)
    until(phone, lambda: phone.url.startswith("chrome-error:"))
    wire.mend()
    phone.goto(address)
    expect(form.locator('[name="street"]')).to_have_value("文一西路 969 号")


def test_a_form_kept_offline_is_still_filled_in_after_a_reload(browse, wire, token):
    phone = browse(f"{wire.url}{reverse('portal:change', args=[token])}", **SMALL)
    form = address_form(phone)
    form.locator('[name="street"]').fill("文一西路 969 号")
    wire.cut()
    form.get_by_role("button", name="提交新地址").click()
    expect(form.locator(KEPT)).to_be_visible()
    # Nothing is sent while it is reloaded.
    phone.route("**/healthz", lambda route: route.abort())
    wire.mend()
    phone.reload()
    expect(form.locator('[name="street"]')).to_have_value("文一西路 969 号")
    assert not ChangeRequest.objects.exists()


def test_forms_of_staff_are_kept_offline_too(browse, wire, manager):
    desk = browse(f"{wire.url}/preferences/", staff=manager)
    wire.cut()
    desk.locator("main form button.primary").first.click()
    expect(desk.locator(KEPT)).to_contain_text("没有网络")
    wire.mend()
    expect(desk.get_by_text("设置已保存")).to_be_visible()
