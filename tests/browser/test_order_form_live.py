"""The form of a new order: what stands beside it while one types is what the order costs."""

import pytest
from playwright.sync_api import expect

from orders.models import Order, TierPrice, Variant
from tests.browser.chat import ready
from tests.browser.painted import fits
from tests.factories import CustomerFactory, VariantFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("width", [390, 1440])
def test_the_order_form_shows_the_price_while_typing_and_saves_exactly_that_price(sales, live, browse, width):
    bag = VariantFactory(sku="LX20-BK", price="268.00", on_hand=100)
    TierPrice.objects.create(variant=bag, min_quantity=10, price="214.40")
    CustomerFactory(tier="wholesale", phone="+8613600002222", name="钱多多", credit_limit=2000)
    page = browse(f"{live.url}/orders/new/", staff=sales, width=width)
    total = page.locator("[data-price-total]")

    page.locator("[data-variant-search]").press_sequentially("LX20")
    page.locator("[data-variant]").first.click()
    page.locator(".line .qty").fill("12")
    expect(total).to_have_text("¥3,216.00")
    # A customer who buys wholesale is known by the phone, and so is what is left of their credit.
    page.get_by_label("客户手机").fill("136 0000 2222")
    page.get_by_label("客户手机").blur()
    expect(total).to_have_text("¥2,572.80")
    expect(page.locator("[data-price-place]")).to_contain_text("超过赊账余额")
    expect(page.locator(".line .price")).to_have_attribute("placeholder", "214.40")
    expect(page.get_by_label("类型")).to_have_value("wholesale")
    page.get_by_label("运费").fill("20")
    expect(total).to_have_text("¥2,592.80")
    assert fits(page)

    for label, text in {"省": "浙江省", "市": "温州市", "详细地址": "黄龙商贸城 3 区"}.items():
        page.get_by_label(label, exact=True).fill(text)
    Variant.objects.update(min_quantity=1)
    TierPrice.objects.update(price="210.00")
    page.get_by_role("button", name="提交订单").click()
    expect(page.get_by_text("价格刚刚有变动")).to_be_visible()
    expect(total).to_have_text("¥2,540.00")
    assert not Order.objects.exists()

    page.get_by_role("button", name="提交订单").click()
    ready(page)
    order = Order.objects.get()
    expect(page).to_have_url(f"{live.url}/orders/{order.number}/")
    assert (order.total, order.shipping_fee) == (2540, 20)


def test_an_order_can_be_placed_without_scripts_after_its_price_was_shown(sales, live, browse):
    VariantFactory(sku="LX20-BK", price="268.00")
    page = browse(f"{live.url}/orders/new/", staff=sales, java_script_enabled=False)

    fields = {
        "客户手机": "13600002222",
        "客户姓名": "钱多多",
        "省": "浙江省",
        "市": "温州市",
        "详细地址": "黄龙 3 区",
    }
    for label, text in fields.items():
        page.get_by_label(label, exact=True).fill(text)
    page.locator("[name=sku]").first.fill("LX20-BK")
    page.locator("[name=quantity]").first.fill("2")
    page.get_by_role("button", name="提交订单").click()
    expect(page.locator("[data-price-total]")).to_have_text("¥536.00")
    assert not Order.objects.exists()

    page.get_by_role("button", name="提交订单").click()
    assert Order.objects.get().total == 536


@pytest.mark.parametrize("width", [360, 1440])
def test_a_pasted_address_fills_the_receiver_and_enter_does_not_parse_it_again(sales, live, browse, width):
    page = browse(f"{live.url}/orders/new/", staff=sales, width=width)
    page.locator("[data-pasted]").fill("廣東省廣州市花都區獅嶺鎮合成路12號 劉太太 18412345678-1234")

    expect(page.locator("[name=street]")).to_have_value("獅嶺鎮合成路12號")
    read = [
        page.locator(f"[name={name}]").input_value()
        for name in ("receiver_name", "receiver_phone", "district")
    ]
    assert read == ["劉太太", "184 1234 5678-1234", "花都区"]
    assert fits(page)
    page.locator("[name=city]").fill("深圳市")
    page.locator("[name=city]").press("Enter")
    # It was sent, and refused for want of a customer: nothing typed is lost.
    expect(page.get_by_role("alert").first).to_be_visible()
    expect(page.locator("[name=city]")).to_have_value("深圳市")
