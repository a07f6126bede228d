"""The pages of platforms fit a phone and a desk, by day and by night."""

import pytest

from shopcomm.edge.integrations.jushuitan.pulling import add_jushuitan_account
from shopcomm.edge.integrations.models import Connection
from shopcomm.edge.integrations.services.connections import join_platform
from shopcomm.edge.integrations.weixin_shop.models import WeixinCall, WeixinDocument
from shopcomm.edge.integrations.weixin_shop.services.shops import WeixinCredentials, add_weixin_shop
from shopcomm.edge.integrations.youzan.codes import KIND, STATUSES
from tests.factories import PASSWORD, make_order
from tests.integrations.weixin_shop.double import AES_KEY, APP_ID, SECRET, TOKEN

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop() -> Connection:
    """A shop at 微信小店 that has not taken everything."""
    given = WeixinCredentials(app_id=APP_ID, secret=SECRET, token=TOKEN, aes_key=AES_KEY)
    shop = add_weixin_shop(name="箱包旗舰店", given=given)
    refused = {"state": "failed", "code": 40097, "error": "40097 product_infos"}
    WeixinCall.objects.create(
        connection=shop,
        order=make_order(),
        external_id="3705115058471208928",
        kind="delivery",
        key="1",
        **refused,
    )
    WeixinDocument.objects.create(
        connection=shop, kind="order", external_id="3705115058471208929", error="10020050 order not found"
    )
    return shop


@pytest.mark.parametrize("width", [1440, 390])
def test_the_pages_of_platforms_are_as_wide_as_the_screen(browse, live, manager, shop, width: int) -> None:
    youzan = join_platform(
        kind=KIND, name="有赞店", statuses=STATUSES, credentials={"client_id": "1", "client_secret": "2"}
    )
    account = add_jushuitan_account(name="聚水潭", credentials={"app_key": "1"})
    page = browse(f"{live.url}/integrations/weixin-shop/add/", staff=manager, width=width)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="继续").click()
    page.wait_for_url("**/weixin-shop/add/")
    for path in (
        "weixin-shop/add/",
        f"weixin-shop/{shop.pk}/credentials/",
        f"{shop.pk}/",
        "youzan/add/",
        f"{youzan.pk}/",
        "jushuitan/add/",
        f"{account.pk}/",
        "",
    ):
        answer = page.goto(f"{live.url}/integrations/{path}")
        assert answer.status == 200, path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
