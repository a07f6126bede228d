"""The pages on which a manager joins a shop at 微信小店."""

import pytest
from django.test import Client
from django.utils import timezone

from shopcomm.edge.integrations.models import Connection
from shopcomm.edge.integrations.services.connections import credentials_of
from shopcomm.edge.integrations.weixin_shop.models import WeixinShop
from shopcomm.edge.integrations.weixin_shop.services.client import call_weixin
from tests.factories import PASSWORD
from tests.integrations.weixin_shop.conftest import event, push, settle
from tests.integrations.weixin_shop.double import AES_KEY, APP_ID, SECRET, TOKEN

pytestmark = pytest.mark.django_db
GIVEN = {"name": "小店", "app_id": APP_ID, "secret": SECRET, "token": TOKEN, "aes_key": AES_KEY}


@pytest.fixture
def boss(manager) -> Client:
    client = Client()
    client.force_login(manager)
    client.post("/confirm/", {"password": PASSWORD, "next": "/integrations/"})
    return client


def test_a_shop_is_joined_on_a_page_that_offers_a_token_and_a_key(boss):
    page = boss.get("/integrations/weixin-shop/add/")
    offered = page.context["form"].initial
    assert (len(offered["token"]), len(offered["aes_key"])) == (32, 43)
    answer = boss.post("/integrations/weixin-shop/add/", GIVEN)
    shop = Connection.objects.get()
    assert answer["Location"] == f"/integrations/{shop.pk}/"
    assert credentials_of(shop) == {name: GIVEN[name] for name in ("app_id", "secret", "token", "aes_key")}
    assert SECRET not in shop.sealed_credentials
    assert shop.configuration["statuses"]["20"] == "paid"


@pytest.mark.parametrize(
    ("wrong", "told"),
    [({"aes_key": "short"}, "43 个字母和数字"), ({"secret": ""}, "secret"), ({"name": " "}, "name")],
)
def test_what_is_wrong_stays_in_the_form(boss, wrong, told):
    answer = boss.post("/integrations/weixin-shop/add/", GIVEN | wrong)
    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert APP_ID in answer.content.decode()
    assert Connection.objects.count() == 0


def test_a_name_that_is_taken_is_refused(boss, shop):
    answer = boss.post("/integrations/weixin-shop/add/", GIVEN)
    assert "已经有了" in answer.content.decode()
    assert Connection.objects.count() == 1


def test_the_credentials_are_shown_only_after_the_password(shop, manager, boss):
    other = Client()
    other.force_login(manager)
    asked = other.get(f"/integrations/weixin-shop/{shop.pk}/credentials/")
    assert asked.status_code == 302
    assert asked["Location"].startswith("/confirm/")
    assert SECRET in boss.get(f"/integrations/weixin-shop/{shop.pk}/credentials/").content.decode()
    assert SECRET not in boss.get(f"/integrations/{shop.pk}/").content.decode()


def test_other_credentials_forget_the_token_that_was_fetched_with_the_old_ones(shop, boss):
    call_weixin(shop, "order/deliverycompanylist/get", {})
    boss.post(f"/integrations/weixin-shop/{shop.pk}/credentials/", GIVEN | {"secret": "another"})
    assert WeixinShop.objects.get().sealed_token == ""
    assert credentials_of(Connection.objects.get())["secret"] == "another"


def test_the_page_of_a_shop_has_the_address_to_copy_and_when_it_was_heard_of(shop, boss):
    push(shop, event("channels_ec_order_pay", "1"))
    settle()
    page = boss.get(f"/integrations/{shop.pk}/").content.decode()
    assert f"http://testserver/inbound/weixin-shop/{shop.pk}/" in page
    assert "data-copy" in page
    assert "10020050" in page
    seen = WeixinShop.objects.get()
    assert seen.pushed_at <= timezone.now()
    assert seen.pulled_at <= timezone.now()


def test_the_button_tries_the_connection_and_says_what_came_of_it(shop, boss, weixin):
    told = boss.post(f"/integrations/weixin-shop/{shop.pk}/try/", follow=True).content.decode()
    assert "已连上，微信列出 1 家快递" in told
    weixin.errors["*"] = [40125]
    WeixinShop.objects.update(sealed_token="")
    assert "40125" in boss.post(f"/integrations/weixin-shop/{shop.pk}/try/", follow=True).content.decode()
    weixin.errors["*"] = ["away"]
    assert "没有回应" in boss.post(f"/integrations/weixin-shop/{shop.pk}/try/", follow=True).content.decode()


@pytest.mark.parametrize("who", ["sales", "warehouse"])
def test_nobody_but_a_manager_comes_here(request, shop, who):
    client = Client()
    client.force_login(request.getfixturevalue(who))
    for path in ("add/", f"{shop.pk}/credentials/"):
        assert client.get(f"/integrations/weixin-shop/{path}").status_code == 403
    assert client.post(f"/integrations/weixin-shop/{shop.pk}/try/").status_code == 403


def test_two_shops_keep_apart_what_is_pushed_to_them(boss, shop):
    boss.post("/integrations/weixin-shop/add/", GIVEN | {"name": "二店", "token": "BBBBB"})
    second = Connection.objects.get(name="二店")
    # Signed with the first one's token.
    assert push(second, event("channels_ec_order_pay")).status_code == 403
