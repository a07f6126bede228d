"""聚水潭 is read by when orders were changed: a signed form, page after page, each order once."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from orders.models import Order, Status
from orders.services.editing import edit_order
from shopcomm.edge.integrations.jushuitan.client import BEIJING, jushuitan_signature
from shopcomm.edge.integrations.jushuitan.models import JushuitanAccount
from shopcomm.edge.integrations.jushuitan.pulling import add_jushuitan_account
from shopcomm.edge.integrations.jushuitan.tasks import pull_jushuitan_accounts
from shopcomm.edge.integrations.models import Connection, InboundRecord
from shopcomm.edge.integrations.tasks import apply_inbound
from tests.factories import PASSWORD, VariantFactory, integration, make_address
from tests.integrations.jushuitan.double import GIVEN, JushuitanDouble

pytestmark = pytest.mark.django_db


@pytest.fixture
def jushuitan(settings) -> Iterator[JushuitanDouble]:
    double = JushuitanDouble()
    settings.JUSHUITAN_API_URL = double.url
    yield double
    double.close()


@pytest.fixture
def account(db: None, jushuitan: JushuitanDouble) -> Connection:
    return add_jushuitan_account(name="聚水潭", credentials=GIVEN)


@pytest.fixture
def sku() -> str:
    return VariantFactory(on_hand=1000).sku


def listed(sku: str, number: int = 70_000_001, status: str = "WaitConfirm", **fields: Any) -> dict[str, Any]:
    """An order as the list answers it, changed just now."""
    return {
        "o_id": number,
        "so_id": f"TB{number}",
        "status": status,
        "modified": f"{timezone.now().astimezone(BEIJING):%Y-%m-%d %H:%M:%S}",
        "receiver_name": "吴丽华",
        "receiver_mobile": "13800138000",
        "receiver_state": "广东省",
        "receiver_city": "广州市",
        "receiver_district": "白云区",
        "receiver_address": "机场路 88 号",
        "buyer_message": "请周一前发",
        "remark": "",
        "freight": "10.00",
        "pay_amount": "388.00",
        "paid_amount": "388.00",
        "pays": [{"pay_id": 1, "outer_pay_id": "4200001", "amount": "388.00"}],
        "items": [
            {"sku_id": sku, "qty": 2, "price": "199.00", "item_status": "WaitConfirm"},
            {"sku_id": "GONE", "qty": 1, "price": "5.00", "item_status": "Cancelled"},
        ],
    } | fields


def read_again() -> None:
    """The clock has come round: read, and apply what came."""
    JushuitanAccount.objects.update(pulled_at=None, rests_until=None)
    pull_jushuitan_accounts()
    apply_inbound()


def test_the_signature_is_md5_over_the_secret_and_all_fields_by_name():
    # md5("secretaccess_tokentapp_keykcharsetutf-8")
    fields = {"charset": "utf-8", "app_key": "k", "access_token": "t", "sign": "is not part of it"}
    assert jushuitan_signature("secret", fields) == "9fbdf4bb0786a5bdb0121ec3a3d5e87d"


def test_an_order_is_here_with_its_goods_money_address_and_words(account, jushuitan, sku):
    jushuitan.orders = [listed(sku)]
    read_again()
    order = Order.objects.get()
    assert (order.external_id, order.status) == ("聚水潭:70000001", Status.PAID)
    assert [str(sum) for sum in (order.total, order.discount, order.shipping_fee)] == [
        "388.00",
        "20.00",
        "10.00",
    ]
    assert [(line.sku, line.quantity) for line in order.lines.all()] == [(sku, 2)]
    assert (order.note, order.payments.get().reference) == ("TB70000001；请周一前发", "4200001")


def test_an_order_that_is_listed_again_and_again_makes_one_record(account, jushuitan, sku):
    jushuitan.orders = [listed(sku)]
    for _time in range(3):
        read_again()
    assert (InboundRecord.objects.count(), Order.objects.count()) == (1, 1)


def test_every_page_of_the_list_is_read(account, jushuitan, sku):
    jushuitan.orders = [listed(sku, 70_000_000 + place) for place in range(5)]
    jushuitan.page_size = 2
    read_again()
    assert Order.objects.count() == 5
    assert [each["page_index"] for each in jushuitan.asked] == [1, 2, 3]


def test_after_a_long_time_away_it_is_read_in_windows_of_seven_days(account, jushuitan):
    account.cursor = str(int((timezone.now() - timedelta(days=20)).timestamp()))
    account.save()
    read_again()
    spans = [
        tuple(datetime.fromisoformat(each[name]) for name in ("modified_begin", "modified_end"))
        for each in jushuitan.asked
    ]
    assert len(spans) == 3
    assert all(end - begin <= timedelta(days=7) for begin, end in spans)
    assert all(later[0] <= earlier[1] for earlier, later in pairwise(spans))


def test_a_shipped_order_has_its_parcel(account, jushuitan, sku):
    jushuitan.orders = [listed(sku)]
    read_again()
    parcel = {"l_id": "SF1234567890123", "logistics_company": "顺丰速运"}
    jushuitan.orders = [listed(sku, status="Sent", **parcel)]
    read_again()
    order = Order.objects.get()
    sent = order.shipments.get()
    assert (order.status, sent.carrier, sent.tracking_number) == (
        Status.SHIPPED,
        "shunfeng",
        "SF1234567890123",
    )


def test_what_was_changed_here_is_not_taken_back_when_another_part_changes_there(account, jushuitan, sku):
    jushuitan.orders = [listed(sku)]
    read_again()
    order = Order.objects.get()
    moved = make_address(street="机场路 99 号").columns()
    edit_order(actor=integration(), order_id=order.pk, version=None, changes=moved)
    jushuitan.orders = [listed(sku, remark="送礼")]
    read_again()
    order.refresh_from_db()
    assert (order.street, order.note) == ("机场路 99 号", "TB70000001；请周一前发；送礼")


@pytest.mark.parametrize("status", ["Merged", "Split", "Question", "SomethingNew"])
def test_a_status_that_only_a_person_can_settle_waits_for_one(account, jushuitan, sku, status):
    jushuitan.orders = [listed(sku, status=status)]
    read_again()
    assert (InboundRecord.objects.get().reason, Order.objects.count()) == ("status_unknown", 0)


@pytest.mark.parametrize("error", ["away", 100, 199])
def test_an_error_is_shown_puts_it_off_and_loses_nothing(account, jushuitan, sku, error):
    jushuitan.orders = [listed(sku)]
    jushuitan.errors = [error]
    pull_jushuitan_accounts()
    pull_jushuitan_accounts()
    account.refresh_from_db()
    assert account.failing_since is not None
    assert (Order.objects.count(), account.cursor) == (0, "")
    assert GIVEN["app_secret"] not in account.last_error
    assert GIVEN["access_token"] not in account.last_error
    read_again()
    account.refresh_from_db()
    assert (Order.objects.count(), account.last_error) == (1, "")


def test_a_paused_account_is_left_alone(account, jushuitan):
    Connection.objects.update(state=Connection.State.PAUSED)
    read_again()
    assert jushuitan.asked == []


def test_it_is_read_as_often_as_the_operator_wants(account, jushuitan):
    for _time in range(3):
        pull_jushuitan_accounts()
    assert len(jushuitan.asked) == 1


def test_a_manager_joins_an_account_and_is_told_that_nobody_has_tried_it_live(manager):
    boss = Client()
    boss.force_login(manager)
    boss.post("/confirm/", {"password": PASSWORD, "next": "/integrations/"})
    assert "未在真实服务上验证" in boss.get("/integrations/jushuitan/add/").content.decode()
    boss.post("/integrations/jushuitan/add/", GIVEN | {"name": "聚水潭"})
    made = Connection.objects.get()
    page = boss.get(f"/integrations/{made.pk}/").content.decode()
    assert "未在真实服务上验证" in page
    assert GIVEN["access_token"] not in page
