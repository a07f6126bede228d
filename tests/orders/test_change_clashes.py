"""A request is answered on the order as it is: what was agreed since stays, and what clashes somebody chooses."""

import re
from decimal import Decimal

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from orders.errors import ChangeClash, StaleVersion
from orders.models import ChangeRequest, Order, Status, TierPrice, Variant
from orders.policies.change_merging import Seen, merge_change, merge_items
from orders.selectors.change_requests import asked_changes
from orders.selectors.contacts import unmasked_fact
from orders.selectors.items import ItemInput
from orders.services.change_requests.consent import (
    PhoneConsent,
    edit_or_request_consent,
    record_phone_consent,
)
from orders.services.change_requests.request import accept_change, intercept_parcel, request_change
from orders.services.editing import edit_order
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

pytestmark = pytest.mark.django_db
State = ChangeRequest.State


@pytest.fixture(autouse=True)
def round_the_clock(db) -> None:
    WorkingInterval.objects.all().delete()


@pytest.fixture
def desk(db) -> Actor:
    return Actor.staff(StaffFactory(role="sales", display_name="小王"))


@pytest.fixture
def stockroom(db) -> Actor:
    return Actor.staff(StaffFactory(role="warehouse"))


def reloaded(order: Order) -> Order:
    return Order.objects.get(pk=order.pk)


def request_as_customer(order: Order, kind: str, data: dict) -> ChangeRequest:
    actor = Actor.customer(order.customer, order_id=order.pk)
    return request_change(actor=actor, order_id=order.pk, kind=kind, data=data)


def agreed_since(order: Order, **changes: object) -> Order:
    """Something else is agreed while the request waits."""
    return edit_order(
        actor=integration(), order_id=order.pk, version=None, changes=changes, agreed=True, seen=True
    )


def line_counts(order: Order) -> dict[str, int]:
    return dict(order.lines.values_list("sku", "quantity"))


def pieces(*rows: tuple[str, int]) -> list[dict]:
    return [{"sku": sku, "quantity": quantity} for sku, quantity in rows]


def test_an_older_request_for_fewer_pieces_clashes_with_pieces_added_since(desk):
    order = make_order(status=Status.PAID, items=[ItemInput(VariantFactory().sku, 5)])
    sku = order.lines.get().sku
    request = request_as_customer(order, "items", {"items": pieces((sku, 4))})
    agreed_since(order, items=pieces((sku, 8)))

    with pytest.raises(ChangeClash) as refusal:
        accept_change(actor=desk, request_id=request.pk)

    assert (refusal.value.code, refusal.value.status) == ("change_clash", 409)
    (clash,) = refusal.value.extra["clashes"]
    assert (clash["was"], clash["now"], clash["wanted"]) == ("×5 @199.00", "×8 @199.00", "×4")
    request.refresh_from_db()
    assert (request.state, line_counts(order), reloaded(order).total) == (State.OPEN, {sku: 8}, 1592)


def test_a_clash_is_accepted_only_with_the_version_and_prices_that_were_shown(desk):
    order = make_order(status=Status.PAID, items=[ItemInput(VariantFactory().sku, 5)])
    sku = order.lines.get().sku
    request = request_as_customer(order, "items", {"items": pieces((sku, 4))})
    seen = agreed_since(order, items=pieces((sku, 8))).version
    agreed_since(order, items=pieces((sku, 9)))

    with pytest.raises(StaleVersion):
        accept_change(actor=desk, request_id=request.pk, seen=Seen(seen))
    accept_change(actor=desk, request_id=request.pk, seen=Seen(reloaded(order).version))

    request.refresh_from_db()
    assert (request.state, line_counts(order), reloaded(order).total) == (State.ACCEPTED, {sku: 4}, 796)
    assert request.before["items"][0]["quantity"] == 9


def test_accepting_a_request_keeps_lines_it_does_not_touch(desk):
    mine, other, new = (VariantFactory().sku for _each in range(3))
    order = make_order(status=Status.PAID, items=[ItemInput(mine, 5), ItemInput(other, 2)])
    request = request_as_customer(order, "items", {"items": pieces((mine, 4), (other, 2))})
    agreed_since(order, items=pieces((mine, 5), (other, 6), (new, 1)))

    accept_change(actor=desk, request_id=request.pk)

    assert line_counts(order) == {mine: 4, other: 6, new: 1}


def test_accepting_a_new_phone_keeps_a_street_changed_since(stockroom):
    order = make_order(status=Status.PICKING)
    request = request_as_customer(order, "address", {"phone": "13911112222"})
    agreed_since(order, street="文一西路 969 号")

    accept_change(actor=stockroom, request_id=request.pk)

    now = reloaded(order)
    assert (now.receiver_phone, now.street) == ("13911112222", "文一西路 969 号")


def test_a_requested_street_clashes_when_the_city_was_changed_since(stockroom):
    order = make_order(status=Status.PICKING)
    request = request_as_customer(order, "address", {"street": "体育场路 1 号"})
    agreed_since(order, province="浙江省", city="杭州市", district="余杭区")

    with pytest.raises(ChangeClash):
        accept_change(actor=stockroom, request_id=request.pk)
    (asked,) = asked_changes(order)
    assert {clash.label for clash in asked.clashes} == {"省", "市", "区县", "详细地址"}

    accept_change(actor=stockroom, request_id=request.pk, seen=Seen(reloaded(order).version))
    now = reloaded(order)
    assert (now.province, now.city, now.street) == (order.province, order.city, "体育场路 1 号")


def test_a_request_already_fulfilled_by_another_edit_is_closed(stockroom):
    order = make_order(status=Status.PICKING)
    request = request_as_customer(order, "address", {"street": "体育场路 1 号"})
    agreed_since(order, street="体育场路 1 号")

    accept_change(actor=stockroom, request_id=request.pk)

    request.refresh_from_db()
    assert (request.state, request.answer) == (State.VOID, "订单已经是这样，不用再改")
    assert move(order, "shipped", actor=integration()).status == Status.SHIPPED


@pytest.mark.parametrize("by", ["tap", "phone"])
def test_a_customers_consent_does_not_cover_changes_made_since_it_was_asked(desk, by):
    order = make_order(status=Status.PAID, items=[ItemInput(VariantFactory().sku, 5)])
    sku = order.lines.get().sku
    changes = {"items": pieces((sku, 4))}
    _order, asked = edit_or_request_consent(actor=desk, order_id=order.pk, version=None, changes=changes)
    assert asked is not None
    agreed_since(order, items=pieces((sku, 8)))

    def say_yes(**chosen: Seen) -> None:
        if by == "tap":
            accept_change(actor=Actor.customer(order.customer), request_id=asked.pk, **chosen)
        else:
            record_phone_consent(actor=desk, request_id=asked.pk, consent=PhoneConsent("吴丽华"), **chosen)

    with pytest.raises(ChangeClash):
        say_yes()
    asked.refresh_from_db()
    assert (asked.state, asked.consent, line_counts(order)) == (State.OPEN, {}, {sku: 8})
    say_yes(seen=Seen(reloaded(order).version))
    assert line_counts(order) == {sku: 4}


def test_an_interception_covers_only_the_requested_change(desk):
    boss = Actor.staff(StaffFactory(role="manager"))
    order = make_order(status=Status.PICKING)
    late = request_as_customer(order, "address", {"phone": "13911112222"})
    agreed_since(order, street="文一西路 969 号")
    move(order, "shipped", actor=boss, **parcel(), override="车要走了")

    request = intercept_parcel(actor=desk, request_id=late.pk)

    assert request.after == {"receiver_phone": "13911112222"}
    assert request.data["street"] == "文一西路 969 号"


def test_the_later_of_two_contradicting_requests_is_accepted_as_a_shown_clash(desk):
    order = make_order(status=Status.PAID)
    changes = {"street": "小王路 1 号"}
    _order, ours = edit_or_request_consent(actor=desk, order_id=order.pk, version=None, changes=changes)
    assert ours is not None
    request_as_customer(order, "address", {"street": "客户路 2 号"})
    assert reloaded(order).street == "客户路 2 号"

    with pytest.raises(ChangeClash):
        record_phone_consent(actor=desk, request_id=ours.pk, consent=PhoneConsent("张三"))
    seen = reloaded(order).version
    record_phone_consent(actor=desk, request_id=ours.pk, consent=PhoneConsent("张三"), seen=Seen(seen))

    assert reloaded(order).street == "小王路 1 号"
    assert order.change_requests.filter(state=State.ACCEPTED).count() == 2
    changed = DomainEvent.objects.filter(type="order.changed").order_by("id")
    assert [unmasked_fact(event).after["street"] for event in changed] == ["客户路 2 号", "小王路 1 号"]


@pytest.fixture
def new_bag(db) -> Variant:
    return VariantFactory(price=Decimal("259.00"), on_hand=50)


def reprice(bag: Variant, price: str) -> None:
    """The list alone; nothing happens to any order."""
    Variant.objects.filter(pk=bag.pk).update(price=Decimal(price))


def wish_for(order: Order, bag: Variant, quantity: int = 1) -> ChangeRequest:
    """The customer wants another bag added, which somebody has to agree to."""
    line = order.lines.get()
    request = request_as_customer(
        order, "items", {"items": pieces((line.sku, line.quantity), (bag.sku, quantity))}
    )
    assert request.state == State.OPEN
    return request


def test_a_requested_line_costs_its_shown_price_unless_a_price_clash_was_confirmed(desk, new_bag):
    order = make_order(status=Status.PAID, items=[ItemInput(VariantFactory().sku, 2)])
    request, version = wish_for(order, new_bag), reloaded(order).version
    assert asked_changes(order)[0].clashes == []
    reprice(new_bag, "300.00")

    with pytest.raises(ChangeClash) as refusal:
        accept_change(actor=desk, request_id=request.pk)

    (clash,) = refusal.value.extra["clashes"]
    assert (clash["was"], clash["now"], clash["wanted"]) == ("259.00", "300.00", "259.00")
    assert (reloaded(order).total, reloaded(order).version) == (398, version)
    (asked,) = asked_changes(order)
    assert [each.sentence for each in asked.clashes] == [
        f"{new_bag.product.name} {new_bag.spec} 的单价：提出时 259.00，现在 300.00，申请 259.00"
    ]
    accept_change(actor=desk, request_id=request.pk, seen=Seen(version, asked.prices))
    assert reloaded(order).total == 398 + 259


def test_a_clash_confirmed_at_an_outdated_price_is_shown_again(desk, new_bag):
    order = make_order(status=Status.PAID, items=[ItemInput(VariantFactory().sku, 2)])
    request = wish_for(order, new_bag)
    reprice(new_bag, "300.00")
    seen = Seen(reloaded(order).version, asked_changes(order)[0].prices)
    reprice(new_bag, "199.00")

    for stale in (seen, Seen(seen.version)):
        with pytest.raises(ChangeClash) as refusal:
            accept_change(actor=desk, request_id=request.pk, seen=stale)
        assert refusal.value.extra["clashes"][0]["now"] == "199.00"
    assert reloaded(order).total == 398


def test_a_price_that_returned_to_its_old_value_is_no_clash(desk, new_bag):
    order = make_order(status=Status.PAID, items=[ItemInput(VariantFactory().sku, 2)])
    request = wish_for(order, new_bag)
    reprice(new_bag, "300.00")
    reprice(new_bag, "259.00")

    accept_change(actor=desk, request_id=request.pk)

    assert (reloaded(order).total, asked_changes(order)[0].clashes) == (398 + 259, [])


def test_a_changed_tier_price_is_a_clash_too(desk, new_bag):
    dealer = CustomerFactory(tier="wholesale")
    step = TierPrice.objects.create(variant=new_bag, min_quantity=10, price=Decimal("149.00"))
    order = make_order(customer=dealer, status=Status.PAID, items=[ItemInput(VariantFactory().sku, 2)])
    request = wish_for(order, new_bag, 12)
    TierPrice.objects.filter(pk=step.pk).update(min_quantity=20)

    with pytest.raises(ChangeClash) as refusal:
        accept_change(actor=desk, request_id=request.pk)
    (clash,) = refusal.value.extra["clashes"]
    assert (clash["was"], clash["now"]) == ("149.00", "259.00")

    (asked,) = asked_changes(order)
    accept_change(actor=desk, request_id=request.pk, seen=Seen(reloaded(order).version, asked.prices))
    assert reloaded(order).total == 398 + 12 * 149


@pytest.mark.parametrize("by", ["tap", "phone"])
def test_a_customers_consent_covers_only_the_price_that_was_shown(desk, stockroom, new_bag, by):
    """Another colour, which the warehouse has to agree to as well."""
    black = VariantFactory(product=new_bag.product, price=Decimal("199.00"))
    order = make_order(status=Status.PICKING, items=[ItemInput(black.sku, 2)])
    changes = {"items": pieces((new_bag.sku, 2))}
    _order, asked = edit_or_request_consent(actor=desk, order_id=order.pk, version=None, changes=changes)
    assert asked is not None
    assert asked.after["total"] == "518.00"
    reprice(new_bag, "300.00")

    def say_yes(**chosen: Seen) -> None:
        if by == "tap":
            accept_change(actor=Actor.customer(order.customer), request_id=asked.pk, **chosen)
        else:
            record_phone_consent(actor=desk, request_id=asked.pk, consent=PhoneConsent("吴丽华"), **chosen)

    with pytest.raises(ChangeClash):
        say_yes()
    say_yes(seen=Seen(reloaded(order).version, asked_changes(order)[0].prices))
    # What both have agreed to needs nobody's second look at the list.
    reprice(new_bag, "320.00")
    assert asked_changes(order)[0].clashes == []
    accept_change(actor=stockroom, request_id=asked.pk)
    assert reloaded(order).total == 518


def test_the_accept_button_shows_and_sends_the_changed_price(client, log_in, sales, new_bag):
    order = make_order(status=Status.PAID, items=[ItemInput(VariantFactory().sku, 2)], assigned_to=sales)
    changes = {"items": pieces((order.lines.get().sku, 2), (new_bag.sku, 1))}
    _order, asked = edit_or_request_consent(
        actor=Actor.staff(sales), order_id=order.pk, version=None, changes=changes
    )
    assert asked is not None
    path = f"/orders/changes/{asked.pk}/phone/"
    assert reverse("orders:answer-change", args=[asked.pk, "phone"]) == path
    reprice(new_bag, "300.00")
    page = log_in(sales).get(f"/orders/{order.number}/").content.decode()
    assert "的单价：提出时 259.00，现在 300.00" in page
    fields = dict(re.findall(r'name="(seen|seen_prices)"\s+value="(\w+)"', page))

    assert client.post(path, {"who": "吴丽华"}, headers={"X-Fragment": "1"}).status_code == 409
    assert client.post(path, {"who": "吴丽华"} | fields, headers={"X-Fragment": "1"}).status_code == 200
    asked.refresh_from_db()
    assert asked.consent["who"] == "吴丽华"


def test_a_line_removed_meanwhile_returns_at_its_agreed_price(desk, new_bag):
    order = make_order(
        status=Status.PAID, items=[ItemInput(VariantFactory().sku, 1), ItemInput(new_bag.sku, 5)]
    )
    other = order.lines.first().sku
    request = request_as_customer(order, "items", {"items": pieces((other, 1), (new_bag.sku, 4))})
    agreed_since(order, items=pieces((other, 1)))
    reprice(new_bag, "300.00")

    accept_change(actor=desk, request_id=request.pk, seen=Seen(reloaded(order).version))

    assert reloaded(order).total == 199 + 4 * 259


ROWS = st.dictionaries(st.sampled_from("ABCD"), st.integers(1, 4), min_size=1).map(
    lambda held: [{"sku": sku, "quantity": count, "unit_price": "1.00"} for sku, count in held.items()]
)


def as_counts(rows: list[dict]) -> dict[str, int]:
    return {row["sku"]: row["quantity"] for row in rows}


@given(was=ROWS, now=ROWS, wanted=ROWS)
def test_a_three_way_merge_loses_no_change_of_either_side_without_a_clash(was, now, wanted):
    merged, clashes = merge_items(was, now, wanted)

    old, held, asked, got = (as_counts(rows) for rows in (was, now, wanted, merged))
    clashing = {clash.sku for clash in clashes}
    for sku in "ABCD":
        a, b, c = old.get(sku), held.get(sku), asked.get(sku)
        assert (sku in clashing) == (a not in (b, c) and b != c)
        assert got.get(sku) == (b if c == a else c)


@given(
    st.sampled_from(["甲", "乙"]), st.sampled_from(["甲", "乙", "丙"]), st.sampled_from(["甲", "乙", "丙"])
)
def test_a_merge_takes_a_field_from_the_only_side_that_changed_it(was, now, wanted):
    merged = merge_change({"note": wanted}, {"note": was} if was != wanted else {}, {"note": now})

    assert merged.data["note"] == (now if wanted == was else wanted)
    assert bool(merged.clashes) == (len({was, now, wanted}) == 3)
