"""What the shop wants to change of a paid order, and the customer's word for it; and what ships first."""

import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal
from threading import Barrier

import pytest
from django.db import connection
from django.utils import timezone

from messaging.models import Message
from orders.errors import ChangePending, ConsentNeeded, GuardFailed, NotAllowed, OrderError, StaleVersion
from orders.models import ChangeRequest, Order, Status
from orders.selectors.items import ItemInput
from orders.services.change_requests.consent import (
    PhoneConsent,
    edit_or_request_consent,
    record_phone_consent,
)
from orders.services.change_requests.request import (
    accept_change,
    decline_change,
    intercept_parcel,
    request_change,
    withdraw_change,
)
from orders.services.editing import edit_order
from orders.services.transitions import transition_order
from orders.tasks.sweeps import escalate_changes
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.configuration.models import WorkingInterval
from shopcomm.core.events.models import DomainEvent
from tests.factories import (
    CustomerFactory,
    StaffFactory,
    VariantFactory,
    integration,
    make_order,
    move,
    parcel,
)
from tests.orders.test_change_races import together

pytestmark = pytest.mark.django_db
State = ChangeRequest.State
STREET = {"street": "体育场路 1 号"}


def reloaded(order: Order) -> Order:
    return Order.objects.get(pk=order.pk)


@pytest.fixture(autouse=True)
def round_the_clock(db) -> None:
    WorkingInterval.objects.all().delete()


@pytest.fixture
def desk(db) -> Actor:
    return Actor.staff(StaffFactory(role="sales", display_name="小王"))


@pytest.fixture
def boss(db) -> Actor:
    return Actor.staff(StaffFactory(role="manager"))


@pytest.fixture
def stockroom(db) -> Actor:
    return Actor.staff(StaffFactory(role="warehouse"))


def customer_of(order: Order) -> Actor:
    return Actor.customer(order.customer, order_id=order.pk)


def edit_as_shop(order: Order, actor: Actor, **changes: object) -> ChangeRequest:
    """The shop edits what was agreed, and so asks."""
    _order, asked = edit_or_request_consent(
        actor=actor, order_id=order.pk, version=reloaded(order).version, changes=changes
    )
    assert asked is not None
    return asked


@pytest.mark.parametrize("role", ["sales", "manager"])
@pytest.mark.parametrize("changes", [STREET, {"discount": "10"}, {"shipping_fee": "5"}, {"items": None}])
def test_the_shop_cannot_change_goods_price_or_address_of_a_paid_order_without_consent(role, changes):
    order = make_order(status=Status.PAID)
    changes = {"items": [{"sku": order.lines.get().sku, "quantity": 1}]} if "items" in changes else changes
    actor = Actor.staff(StaffFactory(role=role))

    with pytest.raises(ConsentNeeded):
        edit_order(actor=actor, order_id=order.pk, version=None, changes=changes)
    asked = edit_as_shop(order, actor, **changes)

    assert (asked.state, asked.handler) == (State.OPEN, "customer")
    assert (reloaded(order).street, reloaded(order).total) == (order.street, order.total)


def test_unpaid_orders_notes_urgency_and_assignee_need_no_consent(desk):
    unpaid, paid = make_order(), make_order(status=Status.PAID)

    _order, asked = edit_or_request_consent(actor=desk, order_id=unpaid.pk, version=1, changes=STREET)
    assert (asked, reloaded(unpaid).street) == (None, STREET["street"])
    changes = {"note": "轻放", "urgent": True, "assigned_to": desk.id}
    assert edit_or_request_consent(actor=desk, order_id=paid.pk, version=2, changes=changes)[1] is None
    assert (reloaded(paid).note, reloaded(paid).urgent) == ("轻放", True)


def test_a_customers_consent_applies_the_change_and_the_event_records_who_consented(desk):
    order = make_order(status=Status.PAID)
    asked = edit_as_shop(order, desk, **STREET)

    for _repeat in range(2):
        accept_change(actor=customer_of(order), request_id=asked.pk)

    asked.refresh_from_db()
    assert (asked.state, reloaded(order).street) == (State.ACCEPTED, STREET["street"])
    event = DomainEvent.objects.get(type="order.changed")
    assert (event.actor_name, event.data["request_id"]) == ("小王", asked.pk)
    assert (event.data["consent"]["by"], event.data["consent"]["who"]) == ("tap", order.customer.name)


def test_an_edit_applies_free_fields_and_asks_consent_for_the_rest_in_one_request(desk):
    order = make_order(status=Status.PAID)
    line = order.lines.get()

    asked = edit_as_shop(
        order, desk, note="轻放", discount="20", items=[ItemInput(line.sku, 1, Decimal("180"))], **STREET
    )

    assert reloaded(order).note == "轻放"
    assert set(asked.after) == {"items", "discount", "total", "street"}
    assert (asked.before["total"], asked.after["total"]) == ("398.00", "160.00")
    accept_change(actor=customer_of(order), request_id=asked.pk)
    now = reloaded(order)
    assert (now.total, now.street, now.lines.get().unit_price) == (160, STREET["street"], 180)
    assert order.refunds.get().amount == Decimal("238.00")


def test_consent_during_picking_still_needs_warehouse_acceptance(desk, stockroom):
    order = make_order(status=Status.PICKING)
    asked = edit_as_shop(order, desk, **STREET)
    with pytest.raises(ChangePending) as refusal:
        move(order, "shipped", actor=stockroom)
    told = refusal.value.extra["request"]
    assert (told["handler"], told["waits_for"]) == ("customer", "客户")
    assert "等待客户处理，还剩" in str(refusal.value.detail)

    asked = accept_change(actor=customer_of(order), request_id=asked.pk)
    assert (asked.state, asked.handler, reloaded(order).street) == (State.OPEN, "warehouse", order.street)
    with pytest.raises(ChangePending):
        move(order, "shipped", actor=stockroom)
    accept_change(actor=stockroom, request_id=asked.pk)
    move(order, "shipped", actor=stockroom)

    assert STREET["street"] in reloaded(order).shipments.get().label_address
    assert DomainEvent.objects.get(type="order.changed").data["consent"]["by"] == "tap"


def test_consent_by_phone_is_recorded_with_who_when_and_by_whom(desk):
    order = make_order(status=Status.PAID)
    asked = edit_as_shop(order, desk, **STREET)
    with pytest.raises(GuardFailed):
        record_phone_consent(actor=desk, request_id=asked.pk, consent=PhoneConsent(" "))
    later = timezone.now() + timedelta(hours=1)
    with pytest.raises(GuardFailed):
        record_phone_consent(actor=desk, request_id=asked.pk, consent=PhoneConsent("张三", later))

    for _repeat in range(2):
        record_phone_consent(actor=desk, request_id=asked.pk, consent=PhoneConsent("张三", note="改送公司"))

    assert reloaded(order).street == STREET["street"]
    consent = DomainEvent.objects.get(type="order.changed").data["consent"]
    assert (consent["by"], consent["who"], consent["note"], consent["recorded_by"]) == (
        "phone", "张三", "改送公司", "小王",
    )  # fmt: skip
    assert Message.objects.filter(
        conversation=order.conversation, body__contains="张三已在电话中同意"
    ).exists()


def test_nobody_else_can_consent_for_the_customer(desk, boss, stockroom):
    order = make_order(status=Status.PAID)
    asked = edit_as_shop(order, desk, **STREET)

    for actor in (desk, boss, stockroom, integration(), Actor.customer(CustomerFactory())):
        with pytest.raises(NotAllowed):
            accept_change(actor=actor, request_id=asked.pk)
    for actor in (stockroom, customer_of(order)):
        with pytest.raises(NotAllowed):
            record_phone_consent(actor=actor, request_id=asked.pk, consent=PhoneConsent("张三"))
    with pytest.raises(NotAllowed):
        withdraw_change(actor=customer_of(order), request_id=asked.pk)
    assert reloaded(order).street == order.street


def test_a_declined_consent_leaves_the_order_unchanged_and_shippable(desk, stockroom):
    order = make_order(status=Status.PICKING)
    asked = edit_as_shop(order, desk, **STREET)

    decline_change(actor=customer_of(order), request_id=asked.pk, reason="")

    asked.refresh_from_db()
    assert (asked.state, asked.answer) == (State.DECLINED, "客户不同意")
    move(order, "shipped", actor=stockroom)
    assert order.street in reloaded(order).shipments.get().label_address


def test_an_unanswered_consent_is_escalated_then_expires_and_is_never_accepted(desk, time_machine):
    order = make_order(status=Status.PAID)
    asked = edit_as_shop(order, desk, **STREET)

    time_machine.move_to(asked.answer_by + timedelta(seconds=1))
    assert escalate_changes() == 1
    time_machine.move_to(asked.answer_by + timedelta(hours=24, seconds=1))
    escalate_changes()

    asked.refresh_from_db()
    assert (asked.state, reloaded(order).street) == (State.EXPIRED, order.street)


def test_a_change_made_from_a_customers_message_needs_no_consent_and_links_the_message(desk):
    order = make_order(status=Status.PAID)

    asked = request_change(actor=desk, order_id=order.pk, kind="address", data=STREET, source_message_seq=3)

    assert (asked.state, asked.source_message_seq, reloaded(order).street) == (
        State.ACCEPTED,
        3,
        STREET["street"],
    )
    assert request_change(
        actor=desk, order_id=order.pk, kind="address", data={"street": "别处 2 号"}
    ).handler == ("customer")


def test_an_integration_consents_for_the_customer_unless_it_says_otherwise():
    order = make_order(status=Status.PAID)

    shops = request_change(
        actor=integration(), order_id=order.pk, kind="address", data=STREET, shops_wish=True
    )
    assert (shops.state, shops.handler) == (State.OPEN, "customer")
    theirs = request_change(
        actor=integration(), order_id=order.pk, kind="address", data={"street": "新街 1 号"}
    )
    assert (theirs.state, reloaded(order).street) == (State.ACCEPTED, "新街 1 号")


def test_consent_is_not_requested_for_an_impossible_change(desk):
    order = make_order(status=Status.PICKING)
    few = VariantFactory(on_hand=1)
    line = order.lines.get()
    with pytest.raises(OrderError):
        edit_as_shop(make_order(status=Status.PAID), desk, items=[ItemInput(few.sku, 2)])

    more = edit_as_shop(order, desk, items=[ItemInput(line.sku, line.quantity + 1)])

    assert (more.state, "请另下一单" in more.answer) == (State.DECLINED, True)


def test_a_newer_consent_request_replaces_the_older(desk):
    order = make_order(status=Status.PAID)
    first, second = edit_as_shop(order, desk, **STREET), edit_as_shop(order, desk, street="新街 1 号")

    first.refresh_from_db()
    assert (first.state, second.state) == (State.VOID, State.OPEN)
    with pytest.raises(GuardFailed):
        accept_change(actor=customer_of(order), request_id=first.pk)


def test_shipping_voids_an_open_consent_and_offers_interception_to_both_sides(boss, desk):
    order = make_order(status=Status.PICKING)
    late = request_change(actor=customer_of(order), order_id=order.pk, kind="address", data=STREET)
    move(order, "shipped", actor=boss, **parcel(), override="车要走了")

    late.refresh_from_db()
    assert late.state == State.VOID
    shipped = DomainEvent.objects.get(type="order.shipped")
    assert shipped.data["override"] == "车要走了"
    line = Message.objects.filter(conversation=order.conversation, body__contains="修改申请已失效").get()
    assert not line.internal
    asked = [intercept_parcel(actor=who, request_id=late.pk) for who in (customer_of(order), desk)]

    assert asked[0] == asked[1]
    assert (asked[0].handler, asked[0].data["street"]) == ("courier", STREET["street"])
    accept_change(actor=desk, request_id=asked[0].pk)
    assert reloaded(order).street == STREET["street"]


def test_answered_or_foreign_requests_cannot_be_intercepted(desk):
    order = make_order(status=Status.PAID)
    done = request_change(actor=customer_of(order), order_id=order.pk, kind="address", data=STREET)
    move(order, "shipped")
    with pytest.raises(GuardFailed):
        intercept_parcel(actor=desk, request_id=done.pk)
    with pytest.raises(NotAllowed):
        intercept_parcel(actor=Actor.customer(CustomerFactory()), request_id=done.pk)


def test_shipping_voids_an_open_price_request_that_does_not_block_it(desk, stockroom):
    order = make_order(status=Status.PICKING)
    asked = edit_as_shop(order, desk, discount="10")

    move(order, "shipped", actor=stockroom)

    asked.refresh_from_db()
    assert (asked.kind, asked.state, reloaded(order).total) == ("price", State.VOID, order.total)


def test_a_later_delivery_date_needs_warehouse_acceptance_during_picking(stockroom):
    day = timezone.localdate() + timedelta(days=5)
    order = make_order(status=Status.PAID, deliver_on=day)
    assert order.deliver_on == day
    later = {"deliver_on": (day + timedelta(days=1)).isoformat()}
    request_change(actor=customer_of(order), order_id=order.pk, kind="delivery_date", data=later)
    assert reloaded(order).deliver_on == day + timedelta(days=1)
    move(order, "picking")

    asked = request_change(
        actor=customer_of(order), order_id=order.pk, kind="delivery_date", data={"deliver_on": ""}
    )

    assert (asked.handler, asked.after) == ("warehouse", {"deliver_on": None})
    with pytest.raises(ChangePending):
        move(order, "shipped", actor=stockroom)
    accept_change(actor=stockroom, request_id=asked.pk)
    assert reloaded(order).deliver_on is None


@pytest.mark.parametrize("day", ["2020-01-01", "morgen", date(2999, 1, 1)])
def test_an_invalid_delivery_date_is_refused(day):
    order = make_order()
    with pytest.raises(GuardFailed):
        request_change(
            actor=customer_of(order), order_id=order.pk, kind="delivery_date", data={"deliver_on": str(day)}
        )


def test_a_price_change_cannot_be_requested_directly(desk):
    order = make_order(status=Status.PAID)
    for actor in (customer_of(order), desk):
        with pytest.raises(GuardFailed):
            request_change(actor=actor, order_id=order.pk, kind="price", data={"discount": "10"})


@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(200)
def test_concurrent_consent_and_shipping_never_leave_a_stale_label() -> None:
    """On real connections: the manager ships all the same while the customer agrees."""
    boss, desk = (Actor.staff(StaffFactory(role=role)) for role in ("manager", "sales"))
    sku, dice, left = VariantFactory(on_hand=500).sku, random.Random(7), 0
    orders = [make_order(status=Status.PAID, items=[ItemInput(sku, 1)]) for _ in range(60)]
    asked = [edit_as_shop(order, desk, **STREET) for order in orders]

    def ship(order: Order, version: int) -> None:
        with suppress(ChangePending, StaleVersion):
            transition_order(
                actor=boss, order_id=order.pk, to="shipped", version=version, data=parcel(override="车要走了")
            )

    def tap(order: Order, request: ChangeRequest) -> None:
        with suppress(GuardFailed):
            accept_change(actor=customer_of(order), request_id=request.pk)

    with ThreadPoolExecutor(2, initializer=connection.ensure_connection) as pool:
        for order, request in zip(orders, asked, strict=True):
            version = reloaded(order).version
            together(
                pool,
                dice.randint(-8, 8),
                lambda o=order, r=request: tap(o, r),
                lambda o=order, v=version: ship(o, v),
            )
            now, request = reloaded(order), ChangeRequest.objects.get(pk=request.pk)
            agreed = request.state == State.ACCEPTED
            assert agreed == (now.street == STREET["street"])
            assert agreed == (now.status == Status.PAID)
            if not agreed:
                assert (now.status, request.state) == (Status.SHIPPED, State.VOID)
                assert now.address in now.shipments.get().label_address
            left += not agreed
        done = Barrier(2)
        for job in [pool.submit(lambda: (done.wait(20), connection.close())) for _ in range(2)]:
            job.result(30)
    assert 0 < left < len(orders)
