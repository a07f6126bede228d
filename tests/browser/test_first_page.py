"""An empty shop is opened in a browser, on a computer and on a phone, with scripts and without."""

import pytest
from playwright.sync_api import Page, expect

from orders.models import Variant
from shopcomm.core.accounts.models import Staff
from shopcomm.core.accounts.services.first_manager import make_setup_code
from shopcomm.core.accounts.services.order_links import link_token, make_link
from shopcomm.core.configuration.models import shop_settings
from tests.browser.test_accessibility import accessibility_problems
from tests.setup_form import filled, png

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def media(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path


def fill_in(page: Page, form: dict) -> None:
    """What somebody types; the days are ticked already, Sunday comes off."""
    for name, value in form.items():
        if name != "days":
            page.locator(f"#id_{name}").fill(value)
    page.get_by_label("周日").uncheck()


@pytest.mark.parametrize(
    ("width", "scheme", "scripts"), [(1440, "light", True), (390, "dark", True), (390, "light", False)]
)
def test_the_first_manager_sets_up_the_shop_and_stocks_a_first_product(
    browse, live, media, width, scheme, scripts
) -> None:
    code = make_setup_code()
    page = browse(f"{live.url}/", width=width, color_scheme=scheme, java_script_enabled=scripts)
    expect(page).to_have_url(f"{live.url}/setup/")
    if scripts:
        assert accessibility_problems(page, width) == []

    # Something wrong first: it is said at its place, and what was typed is still there.
    fill_in(page, filled("AAAA-BBBB-CCCC", phone="call me"))
    page.get_by_role("button", name="开店").click()
    expect(page.locator("#id_phone_error")).to_contain_text("这不像一个电话号码")
    expect(page.locator("#id_return_address")).to_have_value("浙江省温州市鹿城区黄龙商贸城 3 区 B12")
    if scripts:
        assert accessibility_problems(page, width) == []

    form = filled(code)
    for name in ("phone", "password", "again", "code"):
        page.locator(f"#id_{name}").fill(form[name])
    page.locator("#id_logo").set_input_files({"name": "sign.png", "mimeType": "image/png", "buffer": png()})
    page.get_by_role("button", name="开店").click()
    expect(page).to_have_url(f"{live.url}/first-day/")
    expect(page.get_by_role("heading", name="长青箱包")).to_be_visible()
    expect(page.locator(".fday__step.is-done")).to_have_count(3)
    assert (Staff.objects.get().role, shop_settings().phone) == ("manager", "0577-88001234")

    if not scripts:
        return
    page.get_by_role("link", name="添加商品").click()
    page.locator("#id_name").fill("云朵双肩包")
    page.locator("#id_variants-0-sku").fill("ydb-01-blu")
    page.locator("#id_variants-0-price").fill("129")
    page.locator("[name=_save]").first.click()
    expect(page.locator("body")).to_contain_text("云朵双肩包")

    page.goto(f"{live.url}/first-day/")
    page.get_by_role("link", name="登记库存").click()
    page.get_by_label("YDB-01-BLU 盘点为").fill("24")
    page.get_by_label("原因").fill("开店盘点")
    page.get_by_role("button", name="登记填了的库存").click()
    expect(page.locator("body")).to_contain_text("已登记库存的规格：1")
    assert Variant.objects.get().on_hand == 24

    page.goto(f"{live.url}/first-day/")
    expect(page.locator(".fday__step.is-done")).to_have_count(5)


def test_customers_see_the_shops_name_and_logo(browse, live, media, order) -> None:
    code = make_setup_code()
    page = browse(f"{live.url}/setup/")
    fill_in(page, filled(code))
    page.locator("#id_logo").set_input_files({"name": "sign.png", "mimeType": "image/png", "buffer": png()})
    page.get_by_role("button", name="开店").click()
    expect(page).to_have_url(f"{live.url}/first-day/")

    token = link_token(make_link(customer=order.customer, order_id=order.pk))
    phone = browse(f"{live.url}/o/{token}/", width=390)
    expect(phone).to_have_title(f"我的订单 {order.number} · 长青箱包")
    expect(phone.locator("header .shopline")).to_have_text("长青箱包")
    assert phone.locator("header .shopline img").evaluate("(sign) => sign.naturalWidth") == 64
    expect(phone.locator('a[href="tel:0577-88001234"]')).to_be_visible()
    assert accessibility_problems(phone, 390) == []
