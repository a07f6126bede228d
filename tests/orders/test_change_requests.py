"""A customer changes their mind: what the policy makes of it, who answers, and what keeps the parcel here."""

from datetime import timedelta

import pytest
from django.utils import timezone

from messaging.models import Message
from orders.errors import ChangeClash, ChangePending, GuardFailed, NotAllowed
from orders.models import ChangePolicy, ChangeRequest, Order, Status, WarehouseAlert
from orders.policies.change_merging import Seen
from orders.policies.change_policy import DEFAULTS, Outcome
from orders.selectors.change_requests import AskedChange
from orders.selectors.contacts import unmasked_fact
from orders.selectors.timeline import order_timeline
from orders.services.change_policy import set_policy
from orders.services.change_requests.request import (
    accept_change,
    decline_change,
    escalate_change,
    request_change,
    withdraw_change,
)
from orders.services.orders import ItemInput
from orders.tasks.sweeps import escalate_changes
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.audiences import CUSTOMER, SHOP
from shopcomm.core.configuration.models import ShopSettings, WorkingInterval
from shopcomm.core.events.models import DomainEvent
from tests.factories import (
    CustomerFactory,
    ProductFactory,
    StaffFactory,
    VariantFactory,
    integration,
    make_order,
    move,
    parcel,
)

pytestmark = pytest.mark.django_db
State = ChangeRequest.State
NEW_STREET = {"street": "文一西路 969 号"}


def request_as_customer(
    order: Order, kind: str = "address", data: dict | None = None, **fields
) -> ChangeRequest:
    """The order's own customer asks."""
    actor = Actor.customer(order.customer, order_id=order.pk)
    return request_change(actor=actor, order_id=order.pk, kind=kind, data=data or NEW_STREET, **fields)


def reloaded(order: Order) -> Order:
    return Order.objects.get(pk=order.pk)


@pytest.fixture(autouse=True)
def round_the_clock(db) -> None:
    """No shop hours: fifteen minutes are fifteen minutes."""
    WorkingInterval.objects.all().delete()


@pytest.fixture
def desk(db) -> Actor:
    return Actor.staff(StaffFactory(role="sales"))


@pytest.fixture
def stockroom(db) -> Actor:
    return Actor.staff(StaffFactory(role="warehouse"))


@pytest.fixture
def boss(db) -> Actor:
    return Actor.staff(StaffFactory(role="manager"))


@pytest.mark.parametrize("status", [Status.PENDING_PAYMENT, Status.PAID])
def test_before_picking_a_new_address_is_applied_at_once(status):
    order = make_order(status=status)

    request = request_as_customer(order)

    assert request.state == State.ACCEPTED
    assert reloaded(order).street == NEW_STREET["street"]
    assert reloaded(order).version == order.version + 1


def test_during_picking_a_change_needs_the_warehouse_and_blocks_shipping(stockroom):
    order = make_order(status=Status.PICKING)

    request = request_as_customer(order)

    assert (request.state, request.handler) == (State.OPEN, "warehouse")
    assert reloaded(order).street == order.street
    with pytest.raises(ChangePending) as refusal:
        move(order, "shipped", actor=stockroom)
    told = refusal.value.extra["request"]
    assert (told["id"], told["handler"], told["after"]) == (request.pk, "warehouse", NEW_STREET)
    assert 0 < told["seconds_left"] <= 15 * 60

    accept_change(actor=stockroom, request_id=request.pk)
    move(order, "shipped", actor=stockroom)

    shipment = reloaded(order).shipments.get()
    assert NEW_STREET["street"] in shipment.label_address
    assert not WarehouseAlert.objects.filter(order=order, acknowledged_at=None).exists()


def test_a_declined_change_gives_a_reason_and_ships_to_the_old_address(stockroom):
    order = make_order(status=Status.PICKING)
    request = request_as_customer(order)
    with pytest.raises(GuardFailed):
        decline_change(actor=stockroom, request_id=request.pk, reason=" ")

    decline_change(actor=stockroom, request_id=request.pk, reason="车已经在装了")
    move(order, "shipped", actor=stockroom)

    assert order.street in reloaded(order).shipments.get().label_address
    line = Message.objects.filter(conversation=order.conversation, body__contains="车已经在装了").get()
    assert not line.internal


def test_a_new_address_for_a_shipped_parcel_is_handed_to_the_courier(desk):
    order = make_order(status=Status.SHIPPED)

    request = request_as_customer(order)
    assert (request.state, request.handler) == (State.OPEN, "courier")
    accept_change(actor=desk, request_id=request.pk)

    assert reloaded(order).street == NEW_STREET["street"]
    assert order.street in reloaded(order).shipments.get().label_address


@pytest.mark.parametrize(
    ("status", "kind", "data", "reason"),
    [
        (Status.DELIVERED, "address", NEW_STREET, "包裹已离开"),
        (Status.SHIPPED, "cancel", {"reason": "不要了"}, "请申请退款"),
        (Status.CANCELLED, "note", {"note": "要发票"}, "不能再改"),
    ],
)
def test_a_change_that_is_too_late_is_declined_with_an_alternative(status, kind, data, reason):
    order = make_order(status=status)

    request = request_as_customer(order, kind, data)

    assert request.state == State.DECLINED
    assert reason in request.answer


def test_a_change_of_lines_is_routed_by_what_it_does_to_them():
    product = ProductFactory()
    black, brown = (VariantFactory(product=product, color=color) for color in ("黑色", "棕色"))
    order = make_order(status=Status.PICKING, items=[ItemInput(black.sku, 2)])

    def handler(*items: dict) -> str:
        request = request_as_customer(order, "items", {"items": list(items)})
        return request.handler or str(request.state)

    assert handler({"sku": brown.sku, "quantity": 2}) == "warehouse"
    assert handler({"sku": black.sku, "quantity": 1}) == "warehouse"
    assert handler({"sku": black.sku, "quantity": 3}) == "declined"
    assert (
        handler({"sku": black.sku, "quantity": 2}, {"sku": VariantFactory().sku, "quantity": 1}) == "declined"
    )


def test_changing_the_colour_reserves_the_new_variant_and_releases_the_old(desk):
    product = ProductFactory()
    black, brown = (VariantFactory(product=product, color=color, on_hand=5) for color in ("黑色", "棕色"))
    order = make_order(status=Status.PAID, items=[ItemInput(black.sku, 2)])
    request = request_as_customer(
        order, "items", {"items": [{"sku": brown.sku, "quantity": 2, "unit_price": "0.01"}]}
    )
    assert (request.handler, reloaded(order).total) == ("sales", order.total)

    accept_change(actor=desk, request_id=request.pk)

    black.refresh_from_db()
    brown.refresh_from_db()
    assert (black.available, brown.available) == (5, 3)
    assert reloaded(order).total == order.total


def test_a_cancellation_during_picking_needs_the_warehouse_and_becomes_a_refund(stockroom):
    order = make_order(status=Status.PICKING)
    request = request_as_customer(order, "cancel", {"reason": "买错了"})
    assert reloaded(order).status == Status.PICKING

    accept_change(actor=stockroom, request_id=request.pk)

    assert reloaded(order).status == Status.REFUNDING
    assert reloaded(order).refunds.get().reason == "买错了"


def test_an_urgent_request_needs_sales_and_does_not_block_shipping(desk, stockroom):
    order = make_order(status=Status.PICKING)
    request = request_as_customer(order, "urgent", {})
    assert (request.handler, reloaded(order).urgent) == ("sales", False)

    move(order, "shipped", actor=stockroom)

    request.refresh_from_db()
    assert (request.state, reloaded(order).urgent) == (State.VOID, False)
    other = make_order(status=Status.PAID)
    assert request_change(actor=desk, order_id=other.pk, kind="urgent", data={}).state == State.ACCEPTED
    assert reloaded(other).urgent


def test_a_manager_may_override_an_open_change_with_a_reason(boss, stockroom):
    order = make_order(status=Status.PICKING)
    request = request_as_customer(order)
    for actor, data in ((stockroom, {"override": "车要走了"}), (boss, {})):
        with pytest.raises(ChangePending):
            move(order, "shipped", actor=actor, **parcel(), **data)

    move(order, "shipped", actor=boss, **parcel(), override="客户电话同意")

    request.refresh_from_db()
    assert (request.state, request.answer) == (State.VOID, "该订单已发货，修改申请已失效")
    said = Message.objects.filter(conversation=order.conversation)
    assert said.filter(body__contains="已发货，修改申请已失效").exists()
    # Why is the shop's own affair: its people read it, the customer never does.
    assert not said.filter(internal=False, body__contains="客户电话同意").exists()
    mine, theirs = (order_timeline(reloaded(order), audience=side) for side in (SHOP, CUSTOMER))
    assert any("客户电话同意" in entry.text for entry in mine)
    assert not any("客户电话同意" in entry.text for entry in theirs)


def test_a_part_shipment_voids_only_requests_about_the_shipped_goods(boss):
    going, staying = VariantFactory(), VariantFactory()
    items = [ItemInput(going.sku, 3), ItemInput(staying.sku, 3)]
    order = make_order(status=Status.PICKING, items=items)
    fewer_of_both = request_as_customer(
        order, "items", {"items": [{"sku": going.sku, "quantity": 1}, {"sku": staying.sku, "quantity": 2}]}
    )
    haste = request_as_customer(order, "urgent", {})
    elsewhere = request_as_customer(order, "address")
    first = [{"sku": going.sku, "quantity": 2}]

    move(order, "shipped", actor=boss, **parcel(), lines=first, override="先发一箱")

    states = [(State(request.state)) for request in map(fresh_request, (fewer_of_both, haste, elsewhere))]
    assert states == [State.VOID, State.OPEN, State.OPEN]
    fewer_of_the_rest = request_as_customer(
        order, "items", {"items": [{"sku": going.sku, "quantity": 3}, {"sku": staying.sku, "quantity": 1}]}
    )
    second = [{"sku": going.sku, "quantity": 1}]
    move(order, "shipped", actor=boss, **parcel(), lines=second, override="再发一箱")
    assert fresh_request(fewer_of_the_rest).state == State.OPEN
    accept_change(actor=boss, request_id=elsewhere.pk)
    accept_change(actor=boss, request_id=fewer_of_the_rest.pk)
    assert reloaded(order).street == NEW_STREET["street"]
    assert order.lines.get(sku=staying.sku).quantity == 1


def fresh_request(request: ChangeRequest) -> ChangeRequest:
    return ChangeRequest.objects.get(pk=request.pk)


def test_a_request_key_counts_once_and_a_newer_request_replaces_the_older():
    order = make_order(status=Status.PICKING)

    first = request_as_customer(order, key="k1")
    assert request_as_customer(order, key="k1") == first
    second = request_as_customer(order, data={"street": "体育场路 1 号"}, key="k2")

    first.refresh_from_db()
    assert (first.state, second.state) == (State.VOID, State.OPEN)


def test_the_later_of_two_different_requests_is_accepted_knowingly_and_both_are_kept(desk, stockroom):
    order = make_order(status=Status.PICKING)
    customers = request_as_customer(order)
    other = {"street": "体育场路 1 号"}
    ours = request_change(actor=desk, order_id=order.pk, kind="address", data=other, source_message_seq=7)

    accept_change(actor=stockroom, request_id=ours.pk)
    with pytest.raises(ChangeClash):
        accept_change(actor=stockroom, request_id=customers.pk)
    accept_change(actor=stockroom, request_id=customers.pk, seen=Seen(reloaded(order).version))

    assert reloaded(order).street == NEW_STREET["street"]
    assert order.change_requests.filter(state=State.ACCEPTED).count() == 2
    streets = [
        unmasked_fact(event).after
        for event in DomainEvent.objects.filter(type="order.changed").order_by("id")
    ]
    assert streets == [other, NEW_STREET]


def test_a_customer_has_a_limited_number_of_changes_for_an_order():
    order = make_order()
    ShopSettings.objects.update_or_create(pk=1, defaults={"customer_changes_per_order": 2})
    for number in (1, 2):
        request_as_customer(order, data={"street": f"体育场路 {number} 号"})
        # What is so already uses up nothing.
        request_as_customer(order, data={"street": f"体育场路 {number} 号"})
        request_as_customer(order, "note", {"note": ""})

    with pytest.raises(GuardFailed) as refusal:
        request_as_customer(order)
    assert refusal.value.names == ["change_limit"]


def test_only_its_customer_can_withdraw_a_request():
    order = make_order(status=Status.PICKING)
    request = request_as_customer(order)
    with pytest.raises(NotAllowed):
        withdraw_change(actor=Actor.customer(CustomerFactory()), request_id=request.pk)

    withdraw_change(actor=Actor.customer(order.customer), request_id=request.pk)

    request.refresh_from_db()
    assert request.state == State.WITHDRAWN
    move(order, "shipped")


def test_each_request_can_be_answered_only_by_its_handler(desk, stockroom):
    for_warehouse = request_as_customer(make_order(status=Status.PICKING))
    for_sales = request_as_customer(make_order(status=Status.PAID), "urgent", {})
    for actor, request in ((desk, for_warehouse), (stockroom, for_sales)):
        with pytest.raises(NotAllowed):
            accept_change(actor=actor, request_id=request.pk)

    decline_change(actor=desk, request_id=for_sales.pk, reason="今天发不完")
    with pytest.raises(GuardFailed) as refusal:
        accept_change(actor=desk, request_id=for_sales.pk)
    assert refusal.value.names == ["change_answered"]


def test_an_unanswered_request_is_escalated_to_managers_and_never_accepted(time_machine):
    order = make_order(status=Status.PICKING)
    request = request_as_customer(order)
    assert request.answer_by == request.asked_at + timedelta(minutes=15)

    time_machine.move_to(request.answer_by + timedelta(seconds=1))
    assert (escalate_changes(), escalate_changes()) == (1, 0)
    request.refresh_from_db()
    assert (request.state, bool(request.escalated_at)) == (State.OPEN, True)

    time_machine.move_to(request.answer_by + timedelta(hours=24))
    escalate_change(request_id=request.pk, now=timezone.now())
    request.refresh_from_db()
    assert (request.state, reloaded(order).street) == (State.EXPIRED, order.street)


def test_a_change_to_the_same_value_writes_no_event():
    order = make_order(status=Status.PICKING)

    request = request_as_customer(order, data={"street": order.street})

    assert request.state == State.ACCEPTED
    assert reloaded(order).version == order.version


def test_managers_can_change_the_policy_except_for_its_fixed_cells():
    set_policy({(Status.PAID, "address"): Outcome.SALES, (Status.DELIVERED, "address"): Outcome.APPLY})

    assert ChangePolicy.objects.count() == 1
    assert request_as_customer(make_order(status=Status.PAID)).handler == "sales"
    assert request_as_customer(make_order(status=Status.DELIVERED)).state == State.DECLINED
    set_policy({(Status.PAID, "address"): DEFAULTS[Status.PAID, "address"]})
    assert not ChangePolicy.objects.exists()


def test_requests_of_an_integration_follow_the_policy_and_its_accepted_ones_apply_at_once():
    order = make_order(status=Status.PAID, items=[ItemInput(VariantFactory().sku, 2)])
    sku = order.lines.get().sku

    more = request_change(
        actor=integration(), order_id=order.pk, kind="items", data={"items": [{"sku": sku, "quantity": 3}]}
    )

    assert more.state == State.ACCEPTED
    assert order.lines.get().quantity == 3


@pytest.mark.parametrize(
    ("minutes", "said"),
    [(None, ""), (0, "1 分钟"), (14, "15 分钟"), (119, "2 小时"), (718, "11 小时 59 分钟")],
)
def test_the_time_left_to_answer_is_shown_in_words(minutes, said):
    assert AskedChange(ChangeRequest(), [], minutes, True).left_text == said
