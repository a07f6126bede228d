"""A manager makes a key, sees what the program does with it, and closes it."""

import httpx
import pytest
from playwright.sync_api import expect

from shopcomm.edge.integrations.keys.tasks import write_key_calls
from tests.browser.chat import elsewhere
from tests.factories import PASSWORD, StaffFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("width", [1440, 390])
def test_a_key_is_made_used_watched_and_revoked(browse, live, width: int) -> None:
    boss = StaffFactory(username="boss", role="manager", password=PASSWORD)
    elsewhere(write_key_calls)
    page = browse(f"{live.url}/integrations/", staff=boss, width=width)
    page.get_by_role("link", name="接口密钥").click()
    page.get_by_role("link", name="建立密钥").click()
    page.get_by_label("密码").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_label("名称").fill("我们的 ERP")
    page.get_by_label("看商品和库存").check()
    page.get_by_role("button", name="建立").click()
    secret = page.locator(".hooks__secret code").inner_text()
    page.get_by_role("link", name="已经存好").click()
    expect(page.get_by_role("heading", name="这里还没有请求")).to_be_visible()

    def call(path: str) -> int:
        with httpx.Client(trust_env=False) as client:
            return client.get(
                f"{live.url}/api/v1/{path}/", headers={"Authorization": f"Bearer {secret}"}
            ).status_code

    assert [call("products"), call("orders")] == [200, 403]
    elsewhere(write_key_calls)
    rows = page.locator("[data-deliveries] li")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("/api/v1/orders/")
    page.get_by_role("link", name="被拒绝").click()
    expect(rows).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth") <= width

    page.get_by_text("停用这个密钥").click()
    page.get_by_label("用它的程序会马上连不上").check()
    page.get_by_role("button", name="停用").click()
    expect(page.locator(".toasts")).to_contain_text("已停用")
    assert call("products") == 401
