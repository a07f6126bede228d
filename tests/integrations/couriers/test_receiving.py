"""A push is verified over what was signed, stored as it came, answered as its service wants, and applied by a task once."""

import hashlib
import json
import random
from datetime import UTC, datetime

import pytest
from django.test import Client
from standardwebhooks import Webhook

from orders.models import Shipment, Status
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.events.models import DomainEvent
from shopcomm.core.sealing import unseal_values
from shopcomm.edge.integrations.couriers.models import TrackedParcel, TrackingPush
from shopcomm.edge.integrations.couriers.services.accounts import (
    Wanted,
    change_account,
    create_account,
    renew_account_secret,
    set_account_state,
)
from shopcomm.edge.integrations.couriers.services.following import follow_parcel
from shopcomm.edge.integrations.couriers.services.receiving import retry_push
from shopcomm.edge.integrations.couriers.tasks import apply_pushes
from tests.integrations.couriers.conftest import KEY, SALT, order_of
from tests.integrations.couriers.ways import (
    ROWS,
    kuaidi100_push,
    kuaidi100_row,
    seventeen_event,
    seventeen_push,
    signed_form,
)

pytestmark = pytest.mark.django_db
DOOR = "/api/v1/inbound/tracking/kuaidi100/"
TAKEN = {"result": True, "returnCode": "200", "message": "成功"}
SYSTEM = Actor.system()


def post(push: dict, salt: str = SALT, **changed: str):
    return Client().post(DOOR, signed_form(push, salt) | changed)


def states(shipment: Shipment) -> list[str]:
    rows = DomainEvent.objects.filter(order_id=shipment.order_id, type="shipment.updated").order_by("pk")
    return [row.fact.state for row in rows if row.fact.state]


def test_a_signed_push_is_answered_at_once_and_applied_by_the_task(kuaidi100, ship) -> None:
    shipment = ship()
    answer = post(kuaidi100_push(shipment.tracking_number))
    assert (answer.status_code, answer.json()) == (200, TAKEN)
    assert not shipment.nodes.exists()
    assert json.loads(TrackingPush.objects.get().body) == kuaidi100_push(shipment.tracking_number)

    assert apply_pushes() == 1

    shipment.refresh_from_db()
    assert (shipment.state, order_of(shipment).status) == ("signed", Status.DELIVERED)
    assert shipment.signed_at == datetime(2026, 11, 24, 9, 31, 57, tzinfo=UTC)
    assert [node.text for node in shipment.nodes.all()] == [row[2] for row in ROWS]
    assert states(shipment) == ["collected", "in_transit", "out_for_delivery", "in_transit", "signed"]


@pytest.mark.parametrize("changed", [{"sign": "0" * 32}, {"sign": ""}, {"param": "{}"}, {"param": ""}])
def test_a_push_that_is_not_signed_by_the_service_is_stored_nowhere(kuaidi100, ship, changed) -> None:
    answer = post(kuaidi100_push(ship().tracking_number), **changed)
    assert (answer.status_code, answer.json()["result"]) == (401, False)
    assert not TrackingPush.objects.exists()


def test_a_wrong_salt_is_refused_and_a_lower_case_signature_is_taken(kuaidi100, ship) -> None:
    push = kuaidi100_push(ship().tracking_number)
    assert post(push, "another").status_code == 401
    assert post(push, "").status_code == 401
    form = signed_form(push, SALT)
    assert Client().post(DOOR, form | {"sign": form["sign"].lower()}).json() == TAKEN


def test_the_rule_of_the_signature_is_the_documented_one(kuaidi100) -> None:
    # `printf '%s' '{"lastResult":{"nu":"1"}}pepper0815' | md5sum`
    form = {"param": '{"lastResult":{"nu":"1"}}', "sign": "A5DFB701E108C99BDBA9ADBDA4108DEC"}
    assert Client().post(DOOR, form).json() == TAKEN


def test_the_same_push_again_is_answered_alike_and_applied_once(kuaidi100, ship) -> None:
    shipment = ship()
    for _again in range(3):
        assert post(kuaidi100_push(shipment.tracking_number)).json() == TAKEN
        apply_pushes()
    assert TrackingPush.objects.count() == 1
    assert (states(shipment).count("signed"), shipment.nodes.count()) == (1, len(ROWS))


@pytest.mark.parametrize("seed", range(4))
def test_pushes_that_come_shuffled_leave_the_same_way_and_state(kuaidi100, ship, seed) -> None:
    shipment = ship()
    rows = [kuaidi100_row(*row) for row in ROWS]
    # What it pushes as the parcel goes: each time the whole way until then.
    codes = {"签收": "3", "派件": "5", "揽收": "1", "在途": "0"}
    pushes = [
        kuaidi100_push(shipment.tracking_number, rows[place:], codes[rows[place]["status"]])
        for place in range(len(rows))
    ]
    random.Random(seed).shuffle(pushes)
    for push in pushes:
        post(push)
        apply_pushes()
    shipment.refresh_from_db()
    assert (shipment.state, order_of(shipment).status) == ("signed", Status.DELIVERED)
    assert [node.text for node in shipment.nodes.all()] == [row[2] for row in ROWS]


def test_a_code_decides_and_words_do_not(kuaidi100, ship) -> None:
    shipment = ship()
    row = kuaidi100_row("2026-11-24 17:00:00", "疑难", "收件人不在，无法签收")
    post(kuaidi100_push(shipment.tracking_number, [row], "2"))
    apply_pushes()
    shipment.refresh_from_db()
    assert (shipment.state, order_of(shipment).status) == ("problem", Status.SHIPPED)


def test_a_name_of_a_state_that_is_no_code_is_parked_with_what_is_known_applied_and_can_be_mapped(
    kuaidi100, ship
) -> None:
    shipment = ship()
    rows = [
        kuaidi100_row("2026-11-24 17:00:00", "无法签收", "客户不在"),
        kuaidi100_row("2026-11-24 09:00:00", "揽收", "已揽收"),
    ]
    post(kuaidi100_push(shipment.tracking_number, rows, "99"))
    apply_pushes()
    shipment.refresh_from_db()
    push = TrackingPush.objects.get()
    assert (push.state, shipment.state) == ("parked", "collected")
    assert "无法签收" in push.reason
    assert "99" in push.reason

    wanted = Wanted(
        "快递100", codes="无法签收 = 疑难件\n99 = problem", address=kuaidi100.configuration["address"]
    )
    change_account(account_id=kuaidi100.pk, wanted=wanted)
    retry_push(push_id=push.pk)
    apply_pushes()
    shipment.refresh_from_db()
    push.refresh_from_db()
    assert (push.state, shipment.state) == ("applied", "problem")


def test_an_advanced_code_of_a_scan_goes_before_its_name(kuaidi100, ship) -> None:
    shipment = ship()
    row = kuaidi100_row("2026-11-24 17:00:00", "签收", "客户拒收", statusCode="203")
    post(kuaidi100_push(shipment.tracking_number, [row], "203"))
    apply_pushes()
    shipment.refresh_from_db()
    assert shipment.state == "refused"


def test_a_parcel_abroad_is_delivered_by_its_second_leg_only(kuaidi100, ship) -> None:
    shipment = ship(carrier="ems", number="EA473124829CN")
    here = [kuaidi100_row("2026-11-20 10:00:00", "签收", "已交航空公司", statusCode="3")]
    there = {
        "state": "0",
        "nu": "EA473124829CN",
        "data": [kuaidi100_row("2026-11-22 10:00:00", "在途", "Arrived")],
    }
    post(kuaidi100_push(shipment.tracking_number, here, "3", destResult=there))
    apply_pushes()
    shipment.refresh_from_db()
    assert (shipment.state, order_of(shipment).status) == ("in_transit", Status.SHIPPED)

    there["data"].insert(0, kuaidi100_row("2026-11-25 10:00:00", "签收", "Delivered"))
    post(kuaidi100_push(shipment.tracking_number, here, "3", destResult=there | {"state": "3"}))
    apply_pushes()
    assert order_of(shipment).status == Status.DELIVERED


def test_a_corrected_courier_is_shown_and_the_parcel_stays_with_the_one_that_was_written(
    kuaidi100, ship
) -> None:
    shipment = ship()
    follow_parcel(shipment.pk)
    row = kuaidi100_row("2026-11-24 09:00:00", "揽收", "已揽收")
    post(kuaidi100_push(shipment.tracking_number, [row], "1", autoCheck="1", comOld="yuantong", comNew="ems"))
    apply_pushes()
    shipment.refresh_from_db()
    assert (shipment.carrier, shipment.state) == ("yuantong", "collected")
    assert TrackedParcel.objects.get().suggested_carrier == "ems"


def test_of_two_couriers_with_the_same_number_the_named_one_is_meant(kuaidi100, ship) -> None:
    other, meant = ship("zhongtong", "75123456789012"), ship("yuantong", "75123456789012")
    assert post(kuaidi100_push("75123456789012", comOld="yuantong")).json() == TAKEN
    apply_pushes()
    assert (meant.nodes.count(), other.nodes.count()) == (len(ROWS), 0)


@pytest.mark.parametrize("last", [None, {}, [], "x", {"nu": None}, {"nu": {"a": 1}}])
def test_a_push_without_a_parcel_is_parked_and_breaks_nothing(kuaidi100, last) -> None:
    assert post(kuaidi100_push("1") | {"lastResult": last}).json() == TAKEN
    apply_pushes()
    assert TrackingPush.objects.get().state == "parked"


@pytest.mark.parametrize("data", [None, "x", [None, 7, {}], [{"time": "gestern", "context": None}]])
def test_scans_that_are_none_are_left_out(kuaidi100, ship, data) -> None:
    shipment = ship()
    push = kuaidi100_push(shipment.tracking_number)
    push["lastResult"] |= {"data": data, "state": "0"}
    post(push)
    apply_pushes()
    assert TrackingPush.objects.get().state == "applied"
    assert not shipment.nodes.exists()


def test_a_scan_without_words_is_kept(kuaidi100, ship) -> None:
    shipment = ship()
    row = kuaidi100_row("2026-11-24 09:00:00", "揽收", "")
    del row["context"]
    post(kuaidi100_push(shipment.tracking_number, [row], "1"))
    apply_pushes()
    assert shipment.nodes.get().text == "已揽收"


def test_what_comes_before_the_parcel_is_written_down_waits_for_it(kuaidi100, ship) -> None:
    post(kuaidi100_push("YT8812345678901"))
    apply_pushes()
    assert TrackingPush.objects.get().state == "unmatched"
    shipment = ship()
    follow_parcel(shipment.pk)
    assert apply_pushes() == 1
    assert order_of(shipment).status == Status.DELIVERED


def test_a_replaced_salt_is_taken_for_as_long_as_parcels_are_subscribed_with_it(
    kuaidi100, ship, time_machine
) -> None:
    shipment = ship()
    renew_account_secret(account_id=kuaidi100.pk)
    kuaidi100.refresh_from_db()
    assert post(kuaidi100_push(shipment.tracking_number)).json() == TAKEN
    assert post(kuaidi100_push("2"), unseal_values(kuaidi100.sealed_credentials)["salt"]).json() == TAKEN
    time_machine.move_to(datetime(2027, 12, 1, tzinfo=UTC))
    assert post(kuaidi100_push("3")).status_code == 401


def test_an_account_that_is_stopped_has_the_service_come_again(kuaidi100, ship) -> None:
    set_account_state(account_id=kuaidi100.pk, active=False)
    answer = post(kuaidi100_push(ship().tracking_number))
    assert (answer.status_code, answer.json()["result"]) == (503, False)


def test_unknown_services_and_those_that_push_nothing_have_no_door(db) -> None:
    create_account(adapter="demo", wanted=Wanted("演示快递"))
    for name in ("demo", "nobody"):
        assert Client().post(f"/api/v1/inbound/tracking/{name}/", {}).status_code == 404


def test_a_push_that_is_too_long_is_refused_unread(kuaidi100) -> None:
    answer = Client().post(
        DOOR, data="param=" + "x" * (1024 * 1024), content_type="application/x-www-form-urlencoded"
    )
    assert answer.status_code == 413


# --- 17TRACK -------------------------------------------------------------------------------------
def post_seventeen(push: dict, key: str = KEY):
    body = json.dumps(push).encode()
    sign = hashlib.sha256(body + b"/" + key.encode()).hexdigest()
    return Client().post(
        "/api/v1/inbound/tracking/17track/", body, "application/json", headers={"sign": sign}
    )


def test_seventeen_track_is_verified_read_and_answered(seventeen, ship) -> None:
    shipment = ship("shunfeng", "SF1234567890123")
    events = [
        seventeen_event("2026-11-24T09:00:00.1234567Z", "Delivered_Other", "Delivered"),
        seventeen_event("2026-11-24T02:00:00Z", "OutForDelivery_Other", None),
        seventeen_event("2026-11-22T02:00:00Z", "InTransit_PickedUp", "Picked up"),
    ]
    push = seventeen_push(shipment.tracking_number, events, "Delivered")
    assert post_seventeen(push, "wrong").status_code == 401
    assert post_seventeen(push).status_code == 200
    apply_pushes()
    shipment.refresh_from_db()
    assert states(shipment) == ["collected", "out_for_delivery", "signed"]
    assert shipment.signed_at == datetime(2026, 11, 24, 9, 0, 0, 123456, tzinfo=UTC)
    assert order_of(shipment).status == Status.DELIVERED


def test_seventeen_tracks_first_leg_is_no_delivery_and_no_shipment_is_no_fault(seventeen, ship) -> None:
    shipment = ship("ems", "EA473124829CN")
    push = seventeen_push(
        "EA473124829CN", [seventeen_event("2026-11-20T02:00:00Z", "Delivered_Other")], "InTransit"
    )
    post_seventeen(push)
    empty = seventeen_push("EA473124829CN", [], "NotFound")
    empty["data"]["track_info"] = None
    post_seventeen(empty)
    apply_pushes()
    shipment.refresh_from_db()
    assert (shipment.state, order_of(shipment).status) == ("in_transit", Status.SHIPPED)
    assert set(TrackingPush.objects.values_list("state", flat=True)) == {"applied"}


# --- generic JSON ---------------------------------------------------------------------------------
def test_any_system_may_push_json_signed_like_a_webhook(db, ship) -> None:
    account = create_account(
        adapter="generic", wanted=Wanted("自家车队", slug="our-fleet", codes="DONE = 已签收")
    )
    shipment = ship("other", "FLEET-1")
    said = {
        "tracking_number": "fleet-1",
        "scans": [
            {"time": "2026-11-24T10:00:00.1234567+08:00", "state": "DONE", "text": "货到付款"},
            {"time": "2026-11-24 08:00:00", "state": "collected", "place": "广东,广州市"},
        ],
    }
    body, now = json.dumps(said, ensure_ascii=False), datetime.now(UTC)
    signature = Webhook(unseal_values(account.sealed_credentials)["secret"]).sign("msg_1", now, body)
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signature,
    }
    door = "/api/v1/inbound/tracking/our-fleet/"
    assert Client().post(door, body, "application/json").status_code == 401
    answer = Client().post(door, body, "application/json", headers=headers)
    assert (answer.status_code, answer.json()) == (200, {"ok": True})
    apply_pushes()
    shipment.refresh_from_db()
    assert (shipment.state, [node.place for node in shipment.nodes.all()]) == ("signed", ["", "广东,广州市"])
