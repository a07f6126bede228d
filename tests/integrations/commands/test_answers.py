"""A change of an order that another system keeps: asked of that system, and closed by its answer."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from messaging.models import Message
from orders.errors import ChangePending, NotAllowed
from orders.models import ChangeKind, ChangeRequest, Order, Status
from orders.services.change_requests.request import (
    accept_change,
    decline_change,
    request_change,
    withdraw_change,
)
from shopcomm.core.accounts.actors import Actor
from shopcomm.edge.integrations.commands.services.keeping import change_keeping
from shopcomm.edge.integrations.keeping import Keeping
from shopcomm.edge.integrations.models import Connection, InboundRecord
from shopcomm.edge.integrations.services import applying
from shopcomm.edge.integrations.services.receiving import store_record
from shopcomm.edge.integrations.tasks import apply_inbound
from tests.factories import make_order, move
from tests.integrations.commands.asking import NEW_STREET, answer_to, commands
from tests.outside_orders import outside_order, part_of

pytestmark = pytest.mark.django_db
State = ChangeRequest.State
Records = InboundRecord.State
DAY = (timezone.localdate() + timedelta(days=30)).isoformat()


def street_of(order: Order) -> str:
    return Order.objects.values_list("street", flat=True).get(pk=order.pk)


def lines_in_chat(order: Order, *, internal: bool = False) -> list[str]:
    found = Message.objects.filter(conversation__order=order, kind="event", internal=internal)
    return list(found.order_by("seq").values_list("body", flat=True))


def test_what_a_customer_asks_waits_for_the_system_that_keeps_the_order(
    kept: Order, asked: ChangeRequest
) -> None:
    assert (asked.state, asked.handler, asked.system) == (State.OPEN, "outside", "our-erp")
    assert street_of(kept) == "机场路 88 号"
    (event,) = commands()
    command = event.fact.command  # type: ignore[attr-defined]
    assert command["external_id"] == "EXT-1"
    assert (command["request"], command["order"], command["kind"]) == (asked.pk, kept.number, "address")
    assert command["order_version"] == kept.version
    assert command["data"]["address"] | {"phone": "", "street": ""} == {
        "name": "吴丽华", "phone": "", "province": "广东省", "city": "广州市", "district": "白云区", "street": "",
    }  # fmt: skip
    assert command["masked"] is True
    assert NEW_STREET not in str(event.data)


@pytest.mark.parametrize(
    ("kind", "data", "wanted"),
    [
        ("note", {"note": "放前台"}, {"note": "放前台"}),
        ("urgent", {"urgent": True}, {"urgent": True}),
        ("cancel", {"reason": "不要了"}, {"reason": "不要了"}),
        ("delivery_date", {"deliver_on": DAY}, {"deliver_on": DAY}),
    ],
)
def test_every_kind_of_wish_goes_to_the_other_system_and_nothing_is_changed_here(
    kept: Order, kind: str, data: dict[str, Any], wanted: dict[str, Any]
) -> None:
    asked = request_change(actor=Actor.customer(kept.customer), order_id=kept.pk, kind=kind, data=data)
    assert (asked.state, asked.handler) == (State.OPEN, "outside")
    (event,) = commands()
    assert event.fact.command["data"] == wanted  # type: ignore[attr-defined]
    kept.refresh_from_db()
    assert (kept.status, kept.urgent, kept.note, kept.deliver_on) == (Status.PAID, False, "", None)


def test_goods_are_asked_for_by_sku_and_count(kept: Order, sku: str) -> None:
    request_change(
        actor=Actor.customer(kept.customer),
        order_id=kept.pk,
        kind="items",
        data={"items": [{"sku": sku, "quantity": 1}]},
    )
    (event,) = commands()
    assert event.fact.command["data"] == {"items": [{"sku": sku, "quantity": 1}]}  # type: ignore[attr-defined]


def test_nothing_leaves_while_the_other_system_has_not_answered(kept: Order, asked: ChangeRequest) -> None:
    move(kept, Status.PICKING)
    with pytest.raises(ChangePending) as refused:
        move(kept, Status.SHIPPED)
    assert refused.value.extra["request"]["waits_for"] == "our-erp"


def test_an_accepted_change_is_made_and_the_customer_is_told(
    kept: Order, asked: ChangeRequest, answer
) -> None:
    record = answer(accepted=True)
    assert (record.state, record.order_id) == (Records.APPLIED, kept.pk)
    asked.refresh_from_db()
    assert (asked.state, asked.answered_by, street_of(kept)) == (State.ACCEPTED, "our-erp", NEW_STREET)
    assert any(NEW_STREET in line for line in lines_in_chat(kept))


def test_a_refused_change_is_not_made_and_the_customer_reads_the_reason(
    kept: Order, asked: ChangeRequest, answer
) -> None:
    record = answer(accepted=False, reason="已经出库")
    asked.refresh_from_db()
    assert (record.state, asked.state, asked.answer) == (Records.APPLIED, State.DECLINED, "已经出库")
    assert street_of(kept) == "机场路 88 号"
    assert any("已经出库" in line for line in lines_in_chat(kept))


def test_a_refusal_without_a_reason_says_that_there_is_none(asked: ChangeRequest, answer) -> None:
    answer(accepted=False)
    asked.refresh_from_db()
    assert (asked.state, asked.answer) == (State.DECLINED, "对方系统没有说明原因")


@pytest.mark.parametrize("accepted", [True, False])
def test_the_same_answer_again_changes_nothing(kept: Order, answer, accepted: bool) -> None:
    answer(accepted=accepted, reason="不行")
    kept.refresh_from_db()
    before = (kept.version, lines_in_chat(kept))
    again = answer(accepted=accepted, reason="不行")
    kept.refresh_from_db()
    assert again.state == Records.UNCHANGED
    assert (kept.version, lines_in_chat(kept)) == before


@pytest.mark.parametrize("first", [True, False])
def test_an_answer_that_contradicts_the_first_is_shown_beside_the_order(
    kept: Order, asked: ChangeRequest, answer, first: bool
) -> None:
    answer(accepted=first)
    late = answer(accepted=not first)
    asked.refresh_from_db()
    assert (late.state, late.reason) == (Records.CONFLICT, "change_answered")
    assert asked.state == (State.ACCEPTED if first else State.DECLINED)
    assert any("请和对方核对" in line for line in lines_in_chat(kept, internal=True))


def test_an_acceptance_of_what_was_withdrawn_is_a_conflict_and_a_refusal_of_it_is_nothing(
    kept: Order, asked: ChangeRequest, answer
) -> None:
    withdraw_change(actor=Actor.customer(kept.customer), request_id=asked.pk)
    assert answer(accepted=False).state == Records.UNCHANGED
    assert answer(accepted=True).state == Records.CONFLICT
    assert street_of(kept) == "机场路 88 号"


def test_an_answer_to_nothing_known_is_parked_with_its_reason(
    kept: Order, asked: ChangeRequest, tell
) -> None:
    unknown = tell(answer_to(asked, accepted=True, request=asked.pk + 1000))
    assert (unknown.state, unknown.reason) == (Records.PARKED, "request_unknown")
    without = tell({"type": "order.change_answered", "data": {"external_id": "EXT-1", "request": asked.pk}})
    assert (without.state, without.reason) == (Records.PARKED, "unreadable")
    assert "accepted" in without.detail
    asked.refresh_from_db()
    assert asked.state == State.OPEN


def test_an_answer_for_the_request_of_another_order_is_parked(
    kept: Order, asked: ChangeRequest, tell, sku
) -> None:
    tell(outside_order(sku, "paid", external_id="EXT-2"))
    assert tell(answer_to(asked, accepted=True, external_id="EXT-2")).reason == "request_unknown"
    assert tell(answer_to(asked, accepted=True, external_id="EXT-9")).reason == "order_unknown"
    asked.refresh_from_db()
    assert asked.state == State.OPEN


def address_at(sku: str, minute: int, street: str) -> dict[str, Any]:
    """The order as the other system has it so many minutes after noon, with this street."""
    whole = outside_order(sku, "paid", minute=minute)
    whole["address"] |= {"street": street}
    return whole


def test_a_yes_that_the_other_system_has_overtaken_itself_ends_the_request_and_leaves_the_order_as_it_is(
    kept: Order, asked: ChangeRequest, answer, tell, sku: str
) -> None:
    assert tell(address_at(sku, 90, "解放路 3 号")).state == Records.APPLIED
    assert answer(accepted=True).state == Records.APPLIED
    asked.refresh_from_db()
    assert (asked.state, street_of(kept)) == (State.DECLINED, "解放路 3 号")
    assert any("接受以后又改过" in line for line in lines_in_chat(kept))


def test_the_other_system_decides_as_asked_although_it_has_changed_the_same_thing_before(
    kept: Order, asked: ChangeRequest, answer, tell, sku: str
) -> None:
    assert tell(address_at(sku, 5, "解放路 3 号")).state == Records.APPLIED
    assert answer(accepted=True).state == Records.APPLIED
    asked.refresh_from_db()
    assert (asked.state, street_of(kept)) == (State.ACCEPTED, NEW_STREET)
    # The same once more, after it has changed it again.
    assert tell(address_at(sku, 90, "三元里大道 5 号")).state == Records.APPLIED
    assert answer(accepted=True).state == Records.UNCHANGED
    assert street_of(kept) == "三元里大道 5 号"


def test_an_order_that_shows_what_was_asked_for_after_another_change_counts_as_accepted(
    kept: Order, asked: ChangeRequest, answer, tell, sku: str
) -> None:
    assert tell(address_at(sku, 5, "解放路 3 号")).state == Records.APPLIED
    assert tell(address_at(sku, 6, NEW_STREET)).state == Records.APPLIED
    asked.refresh_from_db()
    assert (asked.state, street_of(kept)) == (State.ACCEPTED, NEW_STREET)
    assert answer(accepted=True).state == Records.UNCHANGED


def test_what_comes_from_the_other_system_itself_does_not_go_back_as_a_command(
    kept: Order, tell, sku: str
) -> None:
    whole = outside_order(sku, "paid", minute=5)
    whole["address"] |= {"street": "解放路 3 号"}
    assert tell(whole).state == Records.APPLIED
    assert (commands(), street_of(kept)) == ([], "解放路 3 号")


def test_an_order_that_shows_what_was_asked_for_counts_as_accepted(
    kept: Order, asked: ChangeRequest, tell, sku: str
) -> None:
    whole = outside_order(sku, "picking", minute=5)
    whole["address"] |= {"street": NEW_STREET}
    assert tell(whole).state == Records.APPLIED
    asked.refresh_from_db()
    kept.refresh_from_db()
    assert (asked.state, kept.street, kept.status) == (State.ACCEPTED, NEW_STREET, Status.PICKING)
    assert len(commands()) == 1


def test_a_cancelled_order_counts_as_the_cancellation_that_was_asked_for(kept: Order, tell, sku: str) -> None:
    asked = request_change(
        actor=Actor.customer(kept.customer),
        order_id=kept.pk,
        kind=ChangeKind.CANCEL,
        data={"reason": "不要了"},
    )
    assert tell(outside_order(sku, "refunding", minute=5)).state == Records.APPLIED
    asked.refresh_from_db()
    kept.refresh_from_db()
    assert (asked.state, kept.status) == (State.ACCEPTED, Status.REFUNDING)


def test_a_parcel_that_left_the_other_systems_stockroom_is_gone_and_the_request_is_void(
    kept: Order, asked: ChangeRequest, answer, tell, sku: str
) -> None:
    parcels = [{"carrier": "shunfeng", "tracking_number": "SF1234567890"}]
    record = tell(outside_order(sku, "shipped", minute=5, shipments=parcels))
    asked.refresh_from_db()
    kept.refresh_from_db()
    assert (record.state, kept.status, asked.state) == (Records.APPLIED, Status.SHIPPED, State.VOID)
    assert any("该订单已发货" in line for line in lines_in_chat(kept))
    assert answer(accepted=True).state == Records.CONFLICT


def test_a_parcel_that_left_with_the_address_that_was_asked_for_closes_the_request_as_accepted(
    kept: Order, asked: ChangeRequest, tell, sku: str
) -> None:
    parcels = [{"carrier": "shunfeng", "tracking_number": "SF1234567890"}]
    whole = outside_order(sku, "shipped", minute=5, shipments=parcels)
    whole["address"] |= {"street": NEW_STREET}
    tell(whole)
    asked.refresh_from_db()
    kept.refresh_from_db()
    assert (asked.state, kept.status) == (State.ACCEPTED, Status.SHIPPED)
    assert NEW_STREET in kept.shipments.get().label_address


def test_what_left_elsewhere_leaves_the_stockroom_nothing_to_look_at(
    kept: Order, asked: ChangeRequest, answer, tell, sku: str
) -> None:
    move(kept, Status.PICKING)
    answer(accepted=True)
    assert kept.alerts.filter(acknowledged_at=None).count() == 1
    with pytest.raises(ChangePending):
        move(kept, Status.SHIPPED)
    parcels = [{"carrier": "shunfeng", "tracking_number": "SF1234567890"}]
    tell(part_of(outside_order(sku, "shipped", minute=5, shipments=parcels), "status", "shipments"))
    kept.refresh_from_db()
    assert (kept.status, kept.alerts.filter(acknowledged_at=None).count()) == (Status.SHIPPED, 0)
    assert NEW_STREET in kept.shipments.get().label_address


def test_what_the_other_system_changes_by_itself_is_decided_and_the_stockroom_has_to_see_it(
    kept: Order, tell, sku: str
) -> None:
    move(kept, Status.PICKING)
    whole = outside_order(sku, "picking", minute=5)
    whole["address"] |= {"street": "解放路 3 号"}
    assert tell(whole).state == Records.APPLIED
    assert (street_of(kept), kept.alerts.filter(acknowledged_at=None).count()) == ("解放路 3 号", 1)
    assert not kept.change_requests.filter(state=State.OPEN).exists()
    with pytest.raises(ChangePending):
        move(kept, Status.SHIPPED)


def test_a_later_wish_takes_the_place_of_the_earlier_one_and_the_other_system_is_told(
    kept: Order, asked: ChangeRequest
) -> None:
    customer = Actor.customer(kept.customer)
    newer = request_change(actor=customer, order_id=kept.pk, kind="address", data={"street": "解放路 3 号"})
    asked.refresh_from_db()
    assert (asked.state, newer.state) == (State.WITHDRAWN, State.OPEN)
    assert [event.fact.command["request"] for event in commands()] == [asked.pk, newer.pk]  # type: ignore[attr-defined]


def test_people_decide_in_the_place_of_the_other_system_only_where_a_manager_allows_it(
    kept: Order, asked: ChangeRequest, source: Connection, sales, warehouse
) -> None:
    seller = Actor.staff(sales)
    with pytest.raises(NotAllowed):
        accept_change(actor=seller, request_id=asked.pk)
    with pytest.raises(NotAllowed):
        decline_change(actor=seller, request_id=asked.pk, reason="不行")
    change_keeping(connection_id=source.pk, wanted=Keeping(decides=True, by_hand=True))
    with pytest.raises(NotAllowed):
        accept_change(actor=Actor.staff(warehouse), request_id=asked.pk)
    assert accept_change(actor=seller, request_id=asked.pk).state == State.ACCEPTED
    assert street_of(kept) == NEW_STREET


def test_a_request_may_always_be_taken_back(kept: Order, asked: ChangeRequest, sales) -> None:
    assert withdraw_change(actor=Actor.staff(sales), request_id=asked.pk).state == State.WITHDRAWN
    move(kept, Status.PICKING)
    move(kept, Status.SHIPPED)


def test_a_connection_that_does_not_decide_leaves_everything_as_it_was(
    kept: Order, source: Connection
) -> None:
    change_keeping(connection_id=source.pk, wanted=Keeping())
    asked = request_change(
        actor=Actor.customer(kept.customer), order_id=kept.pk, kind="address", data={"street": NEW_STREET}
    )
    assert (asked.state, asked.handler, commands()) == (State.ACCEPTED, "", [])


def test_the_shops_own_orders_never_become_commands(source: Connection) -> None:
    order = make_order(status=Status.PAID)
    asked = request_change(
        actor=Actor.customer(order.customer), order_id=order.pk, kind="address", data={"street": NEW_STREET}
    )
    assert (asked.state, commands()) == (State.ACCEPTED, [])


def test_a_change_that_the_order_is_past_is_refused_at_once(kept: Order, tell) -> None:
    for status in (Status.PICKING, Status.SHIPPED, Status.DELIVERED):
        move(kept, status)
    asked = request_change(
        actor=Actor.customer(kept.customer), order_id=kept.pk, kind="note", data={"note": "放前台"}
    )
    assert (asked.state, asked.handler) == (State.OPEN, "outside")
    late = request_change(
        actor=Actor.customer(kept.customer), order_id=kept.pk, kind="address", data={"street": NEW_STREET}
    )
    assert late.state == State.DECLINED


def test_an_answer_applied_again_after_a_worker_died_changes_nothing_more(
    kept: Order, asked: ChangeRequest, source: Connection, monkeypatch
) -> None:
    class WorkerDied(BaseException):
        pass

    def die(*_given: object) -> None:
        raise WorkerDied

    record, _made = store_record(connection=source, message_id="a1", body=answer_to(asked, accepted=True))
    with monkeypatch.context() as patched:
        patched.setattr(applying, "_settle", die)
        with pytest.raises(WorkerDied):
            applying.apply_record(record.pk)
    kept.refresh_from_db()
    assert (kept.street, InboundRecord.objects.get(pk=record.pk).state) == (NEW_STREET, Records.RECEIVED)
    apply_inbound()
    record.refresh_from_db()
    version = kept.version
    kept.refresh_from_db()
    assert (record.state, kept.version) == (Records.UNCHANGED, version)
