"""Parcels are subscribed when they leave, asked about when nothing is pushed, and left alone when it is over."""

import json
import logging
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from orders.models import Order, Shipment, Status
from shopcomm.core.events.relay import relay
from shopcomm.edge.integrations.couriers.adapters import kuaidi100 as adapter
from shopcomm.edge.integrations.couriers.adapters.base import Access, Asked, Outcome
from shopcomm.edge.integrations.couriers.adapters.kuaidi100 import Kuaidi100
from shopcomm.edge.integrations.couriers.models import CourierAccount, TrackedParcel
from shopcomm.edge.integrations.couriers.policies import asked_again_in, subscription_pause
from shopcomm.edge.integrations.couriers.services.accounts import Wanted, create_account
from shopcomm.edge.integrations.couriers.services.following import follow_open_parcels, follow_parcel
from shopcomm.edge.integrations.couriers.tasks import follow_parcels
from tests.integrations.couriers.conftest import CUSTOMER, KEY, SALT, answered
from tests.integrations.couriers.ways import ROWS, kuaidi100_result, kuaidi100_row
from tests.integrations.webhooks_out.receiver import Reply

pytestmark = pytest.mark.django_db
SUBSCRIBED = answered({"result": True, "returnCode": "200", "message": "提交成功"})
QUERY = "/poll/query.do"


def refused(code: str, message: str) -> Reply:
    return answered({"result": False, "returnCode": code, "message": message})


def tracked() -> TrackedParcel:
    return TrackedParcel.objects.get()


def after(**span: float) -> None:
    """Let so much time pass for what is due."""
    TrackedParcel.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    CourierAccount.objects.update(rests_until=None)
    if span:
        Shipment.objects.update(shipped_at=timezone.now() - timedelta(**span))


def test_a_parcel_that_leaves_is_subscribed_with_our_address_and_salt(
    kuaidi100, service, ship, settings
) -> None:
    settings.PUBLIC_URL = "https://shop.example.com"
    service.answers["/poll"] = SUBSCRIBED
    shipment = ship()
    relay()
    assert follow_parcels() == 1
    form = service.form("/poll")
    assert form["schema"] == "json"
    assert json.loads(form["param"]) == {
        "company": "yuantong",
        "number": "YT8812345678901",
        "key": KEY,
        "parameters": {
            "callbackurl": "https://shop.example.com/api/v1/inbound/tracking/kuaidi100/",
            "salt": SALT,
            "resultv2": "4",
        },
    }
    assert tracked().state == "subscribed"
    shipment.refresh_from_db()
    assert shipment.watched_since is not None
    # Once.
    relay()
    assert follow_parcels() == 0


@pytest.mark.parametrize(
    ("carrier", "number"), [("shunfeng", "SF1234567890123"), ("zhongtong", "75123456789012")]
)
def test_couriers_that_want_the_phone_get_its_last_four_digits_and_no_more(
    kuaidi100, service, ship, carrier, number
) -> None:
    service.answers["/poll"] = SUBSCRIBED
    ship(carrier, number)
    relay()
    follow_parcels()
    assert json.loads(service.form("/poll")["param"])["parameters"]["phone"] == "8000"
    assert "13800138000" not in service.asked("/poll")[0].body.decode()


def test_a_parcel_of_an_unnamed_courier_is_subscribed_for_the_service_to_find_out(
    kuaidi100, service, ship
) -> None:
    service.answers["/poll"] = SUBSCRIBED
    ship("other", "88001")
    relay()
    follow_parcels()
    param = json.loads(service.form("/poll")["param"])
    assert (param["company"], param["parameters"]["autoCom"]) == ("", "1")


def test_a_repeated_subscription_counts_as_one(kuaidi100, service, ship) -> None:
    service.answers["/poll"] = refused("501", "重复订阅")
    ship()
    relay()
    follow_parcels()
    assert tracked().state == "subscribed"


def test_a_parcel_nothing_is_pushed_of_is_asked_about_signed_as_documented(kuaidi100, service, ship) -> None:
    service.answers |= {
        "/poll": SUBSCRIBED,
        QUERY: answered(kuaidi100_result("YT8812345678901", [kuaidi100_row(*row) for row in ROWS], "3")),
    }
    shipment = ship()
    relay()
    follow_parcels()
    after(hours=7)
    assert follow_parcels() == 1
    form = service.form(QUERY)
    assert form["customer"] == CUSTOMER
    assert form["sign"] == adapter._md5(form["param"] + KEY + CUSTOMER).decode()
    assert json.loads(form["param"])["num"] == "YT8812345678901"
    assert Order.objects.get(pk=shipment.order_id).status == Status.DELIVERED
    # It has arrived: nobody asks any more.
    after()
    assert follow_parcels() == 0
    assert (tracked().state, tracked().ended) == ("over", "arrived")


def test_a_parcel_that_was_pushed_of_lately_is_not_asked_about(kuaidi100, service, ship) -> None:
    service.answers["/poll"] = SUBSCRIBED
    ship()
    relay()
    follow_parcels()
    TrackedParcel.objects.update(heard_at=timezone.now())
    after()
    assert follow_parcels() == 0
    assert service.asked(QUERY) == []


def test_a_parcel_whose_subscription_is_refused_is_asked_about_instead(kuaidi100, service, ship) -> None:
    service.answers |= {
        "/poll": refused("701", "拒绝订阅的快递公司"),
        QUERY: refused("500", "查询无结果，请隔段时间再查"),
    }
    ship()
    relay()
    follow_parcels()
    assert (tracked().state, tracked().error) == ("polled", "701 拒绝订阅的快递公司")
    follow_parcels()
    assert len(service.asked(QUERY)) == 1
    assert tracked().due_at > timezone.now() + timedelta(hours=5)


def test_trouble_of_the_moment_is_tried_again_later_and_later(kuaidi100, service, ship) -> None:
    service.answers["/poll"] = refused("500", "服务器错误")
    ship()
    relay()
    pauses = []
    for _again in range(4):
        follow_parcels()
        pauses.append(tracked().due_at - timezone.now())
        after()
    assert tracked().state == "waiting"
    assert pauses == sorted(pauses)
    assert pauses[-1] > timedelta(minutes=40)
    assert len(service.asked("/poll")) == 4


def test_a_service_that_hangs_up_is_left_alone_as_a_whole(kuaidi100, service, ship) -> None:
    for number in range(5):
        ship(number=f"YT88123456789{number:02}")
    relay()
    service.http.close()
    assert follow_parcels() == 1
    kuaidi100.refresh_from_db()
    assert kuaidi100.error == "no answer"
    assert kuaidi100.rests_until > timezone.now()
    assert follow_parcels() == 0
    assert TrackedParcel.objects.filter(claimed_until__isnull=False).count() == 0


def test_an_account_that_is_not_in_order_rests_and_no_key_is_kept_or_logged(
    kuaidi100, service, ship, caplog
) -> None:
    caplog.set_level(logging.DEBUG)
    service.answers["/poll"] = refused("600", f"您不是合法的订阅者，key={KEY} salt={SALT}")
    ship()
    relay()
    follow_parcels()
    kuaidi100.refresh_from_db()
    assert "600" in kuaidi100.error
    assert kuaidi100.rests_until > timezone.now() + timedelta(minutes=50)
    kept = [
        kuaidi100.error,
        kuaidi100.sealed_credentials,
        str(kuaidi100.configuration),
        tracked().error,
        caplog.text,
    ]
    assert [text for text in kept if KEY in text or SALT in text] == []


def test_parcels_that_have_grown_old_are_retired_and_never_asked_about_again(
    kuaidi100, service, ship, settings
) -> None:
    settings.TRACKING_DAYS = 30
    service.answers["/poll"] = SUBSCRIBED
    ship()
    relay()
    follow_parcels()
    after(days=31)
    assert follow_parcels() == 0
    assert (tracked().state, tracked().ended) == ("over", "too old")
    assert follow_open_parcels(kuaidi100) == 0


def test_the_older_a_parcel_the_less_often_it_is_asked_about() -> None:
    ages = [timedelta(hours=1), timedelta(days=5), timedelta(days=20)]
    assert [asked_again_in(age) for age in ages] == [timedelta(hours=hours) for hours in (6, 12, 24)]
    assert subscription_pause(1, 0.5) == timedelta(minutes=1)
    assert subscription_pause(99, 1.0) == timedelta(hours=12) * 1.2


def test_a_shop_without_a_service_follows_nothing_and_a_new_one_takes_over_what_is_under_way(
    service, ship
) -> None:
    ship()
    relay()
    assert not TrackedParcel.objects.exists()
    service.answers["/poll"] = SUBSCRIBED
    wanted = Wanted("快递100", credentials={"key": KEY}, address=service.address)
    account = create_account(adapter="kuaidi100", wanted=wanted)
    assert (follow_open_parcels(account), follow_open_parcels(account)) == (1, 0)
    follow_parcels()
    assert tracked().state == "subscribed"


@pytest.mark.django_db(transaction=True)
def test_services_are_spoken_with_outside_of_any_transaction(kuaidi100, service, ship) -> None:
    service.answers["/poll"] = SUBSCRIBED
    ship()
    relay()
    open_ = []
    service.http.answer = lambda _got: (open_.append(busy_transactions()), SUBSCRIBED)[1]
    follow_parcels()
    assert open_ == [0]


def busy_transactions() -> int:
    """How many sessions of this database, but the asking one, are in a transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
            "AND state LIKE 'idle in transaction%'"
        )
        found = cursor.fetchone()[0]
    connection.close()
    return found


def test_many_parcels_are_claimed_at_once(kuaidi100, service, ship, django_assert_max_num_queries) -> None:
    service.answers["/poll"] = SUBSCRIBED
    numbers = [f"YT88123456789{number:02}" for number in range(10)]
    for number in numbers:
        ship(number=number)
    relay()
    # A call, what is expected of the parcel, and what was said: a handful of statements for each.
    with django_assert_max_num_queries(20 + 10 * 8):
        assert follow_parcels() == 10


def test_seventeen_track_registers_with_the_courier_code_that_was_entered(service, ship) -> None:
    service.answers["/register"] = answered(
        {"code": 0, "data": {"accepted": [{"number": "SF1234567890123"}], "rejected": []}}
    )
    wanted = Wanted(
        "17TRACK", credentials={"key": KEY}, address=service.address, carriers="shunfeng = 100012"
    )
    create_account(adapter="17track", wanted=wanted)
    ship("shunfeng", "SF1234567890123")
    relay()
    follow_parcels()
    (got,) = service.asked("/register")
    assert got.headers["17token"] == KEY
    assert json.loads(got.body) == [{"number": "SF1234567890123", "carrier": 100012, "param": "8000"}]
    assert tracked().state == "subscribed"


def test_seventeen_track_that_knows_a_number_already_counts_as_registered_and_is_asked(
    seventeen, service, ship
) -> None:
    known = {"number": "1", "error": {"code": -18019901, "message": "already registered"}}
    service.answers["/register"] = answered({"code": 0, "data": {"accepted": [], "rejected": [known]}})
    event = {
        "time_utc": "2026-11-24T01:00:00Z",
        "description": "Picked up",
        "sub_status": "InTransit_PickedUp",
    }
    info = {
        "latest_status": {"status": "InTransit", "sub_status": "InTransit_PickedUp"},
        "tracking": {"providers": [{"events": [event]}]},
    }
    found = {"number": "YT8812345678901", "track_info": info}
    service.answers["/gettrackinfo"] = answered({"code": 0, "data": {"accepted": [found], "rejected": []}})
    shipment = ship()
    relay()
    follow_parcels()
    after(hours=7)
    follow_parcels()
    shipment.refresh_from_db()
    assert (tracked().state, shipment.state) == ("subscribed", "collected")
    assert shipment.nodes.get().scanned_at == datetime(2026, 11, 24, 1, tzinfo=UTC)


def test_a_parcel_that_breaks_holds_up_no_other(kuaidi100, service, ship, monkeypatch) -> None:
    broken, fine = ship(number="YT8812345678901"), ship(number="YT8812345678902")
    subscribe = Kuaidi100.subscribe

    def sometimes(self: Kuaidi100, parcel: Asked, access: Access) -> Outcome:
        if parcel.number == broken.tracking_number:
            raise KeyError("no rule foresees this")
        return subscribe(self, parcel, access)

    monkeypatch.setattr(Kuaidi100, "subscribe", sometimes)
    service.answers["/poll"] = SUBSCRIBED
    for parcel in (broken, fine):
        follow_parcel(parcel.pk)
    follow_parcels()

    states = dict(TrackedParcel.objects.values_list("shipment", "state"))
    assert states == {broken.pk: "waiting", fine.pk: "subscribed"}
    later = TrackedParcel.objects.get(shipment=broken)
    assert (later.claimed_until, later.failures, later.error) == (None, 1, "KeyError")
    assert later.due_at > timezone.now()


def test_a_parcel_that_leaves_costs_a_shop_without_a_service_one_statement(
    ship, django_assert_num_queries
) -> None:
    parcel = ship()
    with django_assert_num_queries(1):
        assert follow_parcel(parcel.pk) is None
