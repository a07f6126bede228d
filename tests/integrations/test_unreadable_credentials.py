"""SECRET_KEY was changed and its old value is gone: each way says so, asks to be told again later, and takes new credentials."""

import json

import pytest
from django.test import Client

from shopcomm.edge.integrations.couriers.models import CourierAccount
from shopcomm.edge.integrations.couriers.services.accounts import Wanted, create_account
from shopcomm.edge.integrations.jushuitan.pulling import add_jushuitan_account, pull_jushuitan
from shopcomm.edge.integrations.models import Connection
from shopcomm.edge.integrations.services.connections import credentials_of, join_platform
from shopcomm.edge.integrations.webhooks_in.sources import webhook_source
from shopcomm.edge.integrations.weixin_shop.services.shops import WeixinCredentials, add_weixin_shop
from shopcomm.edge.integrations.weixin_shop.services.syncing import sync_weixin_shop
from shopcomm.edge.integrations.youzan.codes import KIND as YOUZAN
from tests.factories import PASSWORD
from tests.integrations.conformance.drivers.webhook import signed_order

pytestmark = pytest.mark.django_db
UNREADABLE = "sealed under a key that nobody has"
WEIXIN = {"app_id": "wx1", "secret": "s", "token": "t", "aes_key": "A" * 43}
JUSHUITAN = {"app_key": "k", "app_secret": "s", "access_token": "t"}


@pytest.fixture
def boss(manager) -> Client:
    """A manager who has just given their password."""
    client = Client()
    client.force_login(manager)
    client.post("/confirm/", {"password": PASSWORD, "next": "/integrations/"})
    return client


def unreadable(connection: Connection) -> Connection:
    Connection.objects.filter(pk=connection.pk).update(sealed_credentials=UNREADABLE)
    return connection


def youzan() -> Connection:
    return unreadable(join_platform(kind=YOUZAN, name="有赞", statuses={}, credentials={"client_id": "i"}))


def weixin() -> Connection:
    return unreadable(add_weixin_shop(name="小店", given=WeixinCredentials(**WEIXIN)))


def jushuitan() -> Connection:
    return unreadable(add_jushuitan_account(name="聚水潭", credentials=JUSHUITAN))


@pytest.mark.parametrize(
    ("path", "make", "given"),
    [
        ("youzan", youzan, {"client_id": "new", "client_secret": "new"}),
        ("jushuitan", jushuitan, JUSHUITAN),
        ("weixin-shop", weixin, WEIXIN),
    ],
    ids=["youzan", "jushuitan", "weixin"],
)
def test_the_form_of_a_platform_opens_empty_and_takes_new_ones(boss, path, make, given):
    connection = make()
    page = f"/integrations/{path}/{connection.pk}/credentials/"
    assert boss.get(page).status_code == 200
    assert boss.post(page, given).status_code == 302
    connection.refresh_from_db()
    assert credentials_of(connection) == given


def test_the_secret_of_a_webhook_can_be_replaced(boss):
    connection = unreadable(webhook_source())
    page = f"/integrations/sources/{connection.pk}/secret/"
    assert boss.get(page).status_code == 200
    boss.post(f"{page}renew/")
    connection.refresh_from_db()
    assert list(credentials_of(connection)) == ["secret"]


def test_a_tracking_service_asks_for_its_credentials_and_takes_them(boss):
    account = create_account(adapter="17track", wanted=Wanted("17TRACK", credentials={"key": "old"}))
    CourierAccount.objects.update(sealed_credentials=UNREADABLE)
    page = f"/integrations/couriers/{account.pk}/"
    settings = f"{page}settings/"
    assert boss.get(f"{page}secret/").url == settings
    assert boss.post(settings, {"name": "17TRACK"}).status_code == 422
    assert boss.post(settings, {"name": "17TRACK", "credential_key": "new"}).status_code == 302
    assert boss.get(f"{page}secret/").status_code == 200


def test_what_is_pushed_meanwhile_is_to_be_sent_again():
    webhook_source("erp")
    unreadable(webhook_source("unreadable"))
    pushes = {
        "/api/v1/inbound/orders/": {"external_id": "1"},
        f"/inbound/youzan/{youzan().pk}/": {"type": "trade_TradePaid", "msg": "{}", "sign": "x"},
        f"/inbound/weixin-shop/{weixin().pk}/": {"Encrypt": "x"},
    }
    for path, body in pushes.items():
        sent = Client().post(path, json.dumps(body), content_type="application/json")
        assert (path, sent.status_code) == (path, 503)


def test_a_source_that_cannot_be_read_keeps_no_other_from_being_heard():
    unreadable(webhook_source("a source before the other"))
    assert signed_order(webhook_source("erp"), {"external_id": "1"}).status_code == 201


def test_what_is_asked_says_on_the_connection_why_it_is_not():
    shop, account = weixin(), jushuitan()
    sync_weixin_shop(shop.pk)
    pull_jushuitan(account.pk)
    for connection in (shop, account):
        connection.refresh_from_db()
        assert "SECRET_KEY" in connection.last_error
