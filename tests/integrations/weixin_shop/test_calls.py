"""How WeChat is called: one token for all, limits respected, errors shown, no secret written down."""

import logging
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection as database
from django.db import connections
from django.utils import timezone

from orders.models import Order
from shopcomm.core.database.named_locks import _number
from shopcomm.core.purging import purge_by_age
from shopcomm.core.sealing import unseal_text
from shopcomm.edge.integrations.models import Connection
from shopcomm.edge.integrations.weixin_shop.models import WeixinCall, WeixinDocument, WeixinShop
from shopcomm.edge.integrations.weixin_shop.services import tokens, wire
from shopcomm.edge.integrations.weixin_shop.services.client import call_weixin
from shopcomm.edge.integrations.weixin_shop.services.syncing import active_weixin_shops, sync_weixin_shop
from shopcomm.edge.integrations.weixin_shop.services.wire import WeixinAway, WeixinRefused
from tests.integrations.weixin_shop.conftest import (
    ORDER_ID,
    as_if_rested,
    document_of,
    event,
    look_again,
    push,
    settle,
)
from tests.integrations.weixin_shop.double import SECRET, weixin_order

pytestmark = pytest.mark.django_db
COURIERS = "order/deliverycompanylist/get"


# --- the token --------------------------------------------------------------------------------------
def test_one_token_serves_many_calls_and_is_kept_sealed(shop, weixin):
    for _time in range(3):
        call_weixin(shop, COURIERS, {})
    assert len(weixin.asked("stable_token")) == 1
    kept = WeixinShop.objects.get().sealed_token
    assert weixin.token not in kept
    assert unseal_text(kept) == weixin.token


def test_a_refused_token_is_fetched_anew_once_and_the_call_made_again(shop, weixin):
    call_weixin(shop, COURIERS, {})
    weixin.expire_token()
    assert call_weixin(shop, COURIERS, {})["company_list"]
    asked = weixin.asked("stable_token")
    # Another holder had it renewed: ours asks for the one that holds, and ends nobody else's.
    assert [each["force_refresh"] for each in asked] == [False, False]


def test_a_token_that_is_refused_although_it_is_the_one_that_holds_is_made_anew(shop, weixin):
    call_weixin(shop, COURIERS, {})
    weixin.errors[COURIERS] = [40001]
    assert call_weixin(shop, COURIERS, {})["company_list"]
    assert [each["force_refresh"] for each in weixin.asked("stable_token")] == [False, False, True]


def test_a_token_that_is_refused_twice_is_not_asked_for_again_and_again(shop, weixin):
    weixin.errors[COURIERS] = [40001, 40001]
    with pytest.raises(WeixinRefused) as refused:
        call_weixin(shop, COURIERS, {})
    assert (refused.value.code, len(weixin.asked(COURIERS))) == (40001, 2)


def test_a_token_that_is_about_to_run_out_is_replaced_before_it_does(shop, weixin):
    call_weixin(shop, COURIERS, {})
    WeixinShop.objects.update(token_until=timezone.now() + timedelta(minutes=1))
    call_weixin(shop, COURIERS, {})
    assert len(weixin.asked("stable_token")) == 2


def test_while_another_process_fetches_the_token_nobody_else_does(shop, weixin, monkeypatch):
    @contextmanager
    def taken(_name):
        yield False

    monkeypatch.setattr(tokens, "held_across_transactions", taken)
    with pytest.raises(WeixinAway):
        call_weixin(shop, COURIERS, {})
    assert weixin.calls == []


def test_neither_token_nor_secret_is_ever_logged_or_shown(shop, weixin, caplog):
    caplog.set_level(logging.DEBUG)
    weixin.errors["order/get"] = [48001, "away", 40001, 40001, 45009]
    push(shop, event("channels_ec_order_pay"))
    shown = []
    for _time in range(6):
        as_if_rested(shop)
        settle(1)
        shop.refresh_from_db()
        shown.append(shop.last_error + document_of(shop).error)
    assert len({*shown}) > 3
    for secret in ("token-1", "token-2", SECRET):
        assert secret not in caplog.text + "".join(shown)


# --- limits and errors ------------------------------------------------------------------------------
def test_a_used_up_quota_stops_all_calls_for_a_while_and_loses_nothing(shop, weixin, sku):
    weixin.orders[ORDER_ID] = weixin_order(ORDER_ID, sku)
    push(shop, event("channels_ec_order_pay"))
    weixin.errors["order/get"] = [45009]
    settle()
    calls = len(weixin.calls)
    settle()
    assert (len(weixin.calls), active_weixin_shops()) == (calls, [])
    shop.refresh_from_db()
    assert "45009" in shop.last_error
    assert shop.failing_since is not None
    first = WeixinShop.objects.get().rests_until - timezone.now()
    assert 290 < first.total_seconds() <= 300
    as_if_rested(shop)
    settle()
    shop.refresh_from_db()
    assert (Order.objects.count(), shop.last_error, WeixinShop.objects.get().rests) == (1, "", 0)


def test_pauses_grow_with_each_failure_and_end_with_the_first_success(shop, weixin):
    weixin.errors["*"] = ["away"] * 20
    pauses = []
    for _time in range(10):
        as_if_rested(shop)
        settle(1)
        pauses.append((WeixinShop.objects.get().rests_until - timezone.now()).total_seconds())
    assert [round(each, -1) for each in pauses[:4]] == [10, 20, 40, 80]
    assert 1790 < max(pauses) <= 1800
    weixin.errors.clear()
    as_if_rested(shop)
    settle(1)
    assert WeixinShop.objects.get().rests == 0


def test_a_missing_right_is_shown_on_the_connection(shop, weixin):
    weixin.errors["order/list/get"] = [48001]
    settle(1)
    shop.refresh_from_db()
    assert "48001" in shop.last_error


def test_an_order_that_weixin_does_not_know_holds_up_no_other(shop, weixin, sku):
    weixin.orders[ORDER_ID] = weixin_order(ORDER_ID, sku)
    push(shop, event("channels_ec_order_pay", "1"))
    push(shop, event("channels_ec_order_pay"))
    settle()
    assert Order.objects.count() == 1
    lost = document_of(shop, "1")
    assert lost.failures == 1
    assert lost.error.startswith("10020050")
    assert lost.due_at > timezone.now()


def test_an_order_that_is_never_given_is_left_in_the_end_and_stays_to_be_seen(shop, weixin):
    push(shop, event("channels_ec_order_pay", "1"))
    for _time in range(8):
        WeixinDocument.objects.update(due_at=timezone.now())
        settle(1)
    lost = document_of(shop, "1")
    assert (lost.failures, len(weixin.asked("order/get"))) == (6, 6)
    assert lost.error != ""


def test_an_answer_that_cannot_be_read_holds_up_no_other(shop, weixin, sku):
    weixin.orders[ORDER_ID] = weixin_order(ORDER_ID, sku)
    weixin.orders["1"] = {"order_id": "1", "update_time": 0, "order_detail": {"delivery_info": []}}
    for each in ("1", ORDER_ID):
        look_again(shop, each)
    settle()
    assert Order.objects.count() == 1
    assert document_of(shop, "1").error != ""


def test_while_another_process_serves_the_shop_nobody_else_does(shop, weixin, sku):
    weixin.orders[ORDER_ID] = weixin_order(ORDER_ID, sku)
    push(shop, event("channels_ec_order_pay"))
    other = connections.create_connection("default")
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_number(f"weixin:{shop.pk}")])
    assert sync_weixin_shop(shop.pk) is False
    assert weixin.calls == []
    # A process that dies lets go with its connection.
    other.close()
    settle()
    assert Order.objects.count() == 1


def test_what_was_told_long_ago_goes_and_what_was_not_taken_stays(joined, shop):
    order = joined()
    for state in ("done", "void", "failed", "pending"):
        WeixinCall.objects.create(
            connection=shop,
            order=order,
            external_id=ORDER_ID,
            kind="note",
            key=state,
            state=state,
            due_at=timezone.now() + timedelta(days=1),
            finished_at=None if state == "pending" else timezone.now() - timedelta(days=91),
        )
    purge_by_age()
    assert set(WeixinCall.objects.values_list("state", flat=True)) == {"failed", "pending"}


def test_a_paused_connection_is_left_alone(shop, weixin):
    Connection.objects.update(state=Connection.State.PAUSED)
    settle(1)
    assert weixin.calls == []


@pytest.mark.django_db(transaction=True)
def test_no_call_is_made_inside_a_transaction(joined, monkeypatch):
    inside = []
    call = wire.call_outbound

    def watched(*given, **more):
        inside.append(database.in_atomic_block)
        return call(*given, **more)

    monkeypatch.setattr(wire, "call_outbound", watched)
    joined()
    assert inside
    assert not any(inside)
