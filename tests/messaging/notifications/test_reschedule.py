"""What was held is looked at once more: nobody is asked for what is done, and other hours mean another moment."""

from datetime import time, timedelta
from decimal import Decimal

import pytest

from messaging.models import Conversation, Delivery, Notification, NotificationRule, StockWatch
from messaging.services.conversations import open_enquiry
from messaging.services.notifications.back_in_stock import notify_waiting_customers, watch_stock
from messaging.services.notifications.matters import skip_reason
from messaging.services.notifications.rehearsal import rehearse_rule
from messaging.services.notifications.release import release_due
from messaging.services.notifications.rules import save_rule
from messaging.services.notifications.waiting import reschedule_after_changed_hours
from messaging.services.subscriptions import set_notice_preferences
from orders.models import Order
from orders.services.after_sales import CaseInput, CaseLine, open_case, withdraw_case
from orders.services.change_requests.request import accept_change, request_change, withdraw_change
from orders.services.editing import edit_order
from orders.services.payments import record_payment
from orders.services.refunds import pay_refund
from orders.services.stock import set_stock
from orders.services.urges import urge_order
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Customer
from shopcomm.core.configuration.models import CalendarDay, ShopSettings, WorkingInterval
from shopcomm.core.events.relay import relay
from tests.factories import CustomerFactory, StaffFactory, VariantFactory, integration, make_order, move
from tests.messaging.notifications.conftest import at, states

pytestmark = pytest.mark.django_db
NIGHT, MORNING = at("2026-11-24 23:00"), at("2026-11-25 09:00")


@pytest.fixture(autouse=True)
def asleep(shop_rules: None) -> None:
    """Whoever the rules tell waits for the morning."""
    NotificationRule.objects.update(outside="wait")


@pytest.fixture
def seller(sales):
    StaffFactory(role="warehouse")
    return sales


def about(trigger: str) -> list[tuple[str, str]]:
    rows = Notification.objects.filter(trigger=trigger, recipient_kind="staff").order_by("pk")
    return list(rows.values_list("state", "reason"))


def ask_change(order: Order, kind: str = "urgent", **data):
    return request_change(
        actor=Actor.customer(order.customer), order_id=order.pk, kind=kind, data=data or {"urgent": True}
    )


def picked(customer, seller) -> Order:
    return make_order(customer=customer, status="picking", assigned_to=seller)


@pytest.mark.parametrize(
    ("end", "told"),
    [
        (lambda asked: None, ("sent", "outside_hours")),
        (
            lambda asked: withdraw_change(actor=Actor.customer(asked.order.customer), request_id=asked.pk),
            ("dropped", "taken_back"),
        ),
        (lambda asked: accept_change(actor=integration(), request_id=asked.pk), ("dropped", "taken_back")),
    ],
)
def test_a_change_request_voided_before_nine_sends_no_notice_at_nine(clock, customer, seller, end, told):
    order = picked(customer, seller)
    clock.move_to(NIGHT)
    asked = ask_change(
        order,
        "address",
        name="吴丽华",
        phone="13800138000",
        province="广东省",
        city="广州市",
        district="白云区",
        street="机场路 90 号",
    )
    assert asked.state == "open"
    relay()
    (before,) = set(about("change_for_warehouse") + about("change_for_sales"))
    assert before == ("waiting", "outside_hours")
    clock.move_to(at("2026-11-25 08:56"))
    end(asked)
    clock.move_to(MORNING)
    release_due()
    assert set(about("change_for_warehouse") + about("change_for_sales")) == {told}


def test_a_case_withdrawn_at_night_sends_no_notice_in_the_morning(clock, customer, seller):
    order = make_order(customer=customer, status="delivered", assigned_to=seller)
    clock.move_to(NIGHT)
    wanted = CaseInput("return", "damaged", [CaseLine(order.lines.get().pk, 1)])
    buyer = Actor.customer(customer)
    case = open_case(actor=buyer, order_id=order.pk, wanted=wanted)
    withdraw_case(actor=buyer, case_id=case.pk)
    relay()
    clock.move_to(MORNING)
    release_due()
    assert about("after_sales_for_sales") == [("dropped", "taken_back")]


def test_an_urge_for_a_parcel_shipped_at_night_sends_no_notice_in_the_morning(clock, customer, seller):
    gone, here = picked(customer, seller), picked(customer, seller)
    clock.move_to(NIGHT)
    for order in (gone, here):
        urge_order(actor=Actor.customer(customer), order_id=order.pk)
    move(gone, "shipped")
    relay()
    clock.move_to(MORNING)
    release_due()
    assert about("urged") == [("dropped", "taken_back"), ("sent", "outside_hours")]


def test_a_balance_settled_at_night_sends_no_money_notice_in_the_morning(clock, customer, seller, manager):
    dearer = make_order(customer=customer, status="paid", assigned_to=seller)
    clock.move_to(NIGHT)
    edit_order(
        actor=integration(),
        order_id=dearer.pk,
        version=None,
        changes={"shipping_fee": "30.00"},
        agreed=True,
    )
    record_payment(
        actor=integration(), order_id=dearer.pk, amount="30.00", method="transfer", reference="N-1"
    )
    cheaper = make_order(customer=customer, status="paid", assigned_to=seller)
    edit_order(
        actor=integration(), order_id=cheaper.pk, version=None, changes={"discount": "10.00"}, agreed=True
    )
    pay_refund(actor=Actor.staff(manager), refund_id=cheaper.refunds.get().pk, reference="N-2")
    relay()
    clock.move_to(MORNING)
    release_due()
    assert about("balance_due") == [("dropped", "taken_back")]
    assert about("money_to_return") == [("dropped", "taken_back")]
    assert Decimal(Order.objects.get(pk=dearer.pk).balance) == 0


def test_stock_refilled_at_night_sends_no_low_stock_alert_in_the_morning(clock, seller):
    VariantFactory(sku="LOW-9", threshold=5, on_hand=6)
    clock.move_to(NIGHT)
    set_stock(actor=Actor.system(), sku="LOW-9", delta=-3)
    set_stock(actor=Actor.system(), sku="LOW-9", delta=30)
    relay()
    clock.move_to(MORNING)
    release_due()
    assert about("stock_low") == [("dropped", "taken_back")]


@pytest.fixture
def waiting_for_goods(clock, customer) -> Conversation:
    """A customer who asked for two pieces of what came in at night, when nobody is told."""
    VariantFactory(sku="BACK-9", on_hand=0)
    talk = open_enquiry(actor=Actor.system(), customer=customer, subject="")
    watch_stock(conversation_id=talk.pk, sku="BACK-9", quantity=2)
    clock.move_to(NIGHT)
    set_stock(actor=Actor.system(), sku="BACK-9", delta=9)
    relay()
    return talk


def told_of_goods() -> list[tuple[str, str]]:
    rows = Notification.objects.filter(trigger="back_in_stock").order_by("pk")
    return list(rows.values_list("state", "body"))


def test_restocked_goods_gone_by_morning_are_not_announced_and_watchers_keep_their_place(
    clock, waiting_for_goods
):
    later = open_enquiry(actor=Actor.system(), customer=waiting_for_goods.customer, subject="")
    watch_stock(conversation_id=later.pk, sku="BACK-9")
    set_stock(actor=Actor.system(), sku="BACK-9", delta=-8)
    clock.move_to(MORNING)
    release_due()
    assert told_of_goods() == [("dropped", "")]
    # One piece is not enough for whoever came first, and nobody behind them is served before.
    assert notify_waiting_customers() == 0

    set_stock(actor=Actor.system(), sku="BACK-9", delta=2)
    assert notify_waiting_customers() == 2
    release_due()
    assert [state for state, _body in told_of_goods()] == ["dropped", "sent", "sent"]
    assert Notification.objects.filter(state="sent", conversation=waiting_for_goods).count() == 1


def test_restocked_goods_partly_sold_at_night_are_announced_with_the_remaining_quantity(
    clock, waiting_for_goods
):
    set_stock(actor=Actor.system(), sku="BACK-9", delta=-6)
    clock.move_to(MORNING)
    release_due()
    ((state, body),) = told_of_goods()
    assert (state, "现有 3 件" in body) == ("sent", True)


def test_a_customer_who_watches_a_variant_again_has_one_place_in_the_queue(clock, waiting_for_goods):
    watch_stock(conversation_id=waiting_for_goods.pk, sku="BACK-9", quantity=5)
    set_stock(actor=Actor.system(), sku="BACK-9", delta=-9)
    clock.move_to(MORNING)
    release_due()
    assert StockWatch.objects.filter(told_at=None).count() == 1


def test_a_late_delivery_is_skipped_when_its_notice_is_obsolete(clock, customer, seller):
    order = picked(customer, seller)
    urge_order(actor=Actor.customer(customer), order_id=order.pk)
    relay()
    release_due()
    notice = Notification.objects.get(trigger="urged")
    late = Delivery.objects.create(notification=notice, channel="push", due_at=at("2026-11-24 12:00"))
    assert skip_reason(late, at("2026-11-24 12:00")) == ""
    move(order, "shipped")
    late = Delivery.objects.get(pk=late.pk)
    assert skip_reason(late, at("2026-11-24 12:00")) == "情况已经改变"


def held_order(clock, customer) -> Order:
    clock.move_to(NIGHT)
    order = make_order(customer=customer)
    relay()
    reschedule_after_changed_hours()
    assert moment(order) == MORNING
    return order


def moment(order: Order):
    return Notification.objects.get(order=order, trigger="order_confirmed").send_at


def test_changing_working_hours_reschedules_held_notices(clock, customer, told):
    order = held_order(clock, customer)
    WorkingInterval.objects.update(opens=time(8))
    assert (reschedule_after_changed_hours(), moment(order)) == (1, at("2026-11-25 08:00"))
    CalendarDay.objects.create(day=at("2026-11-25 00:00").date(), kind="holiday")
    assert (reschedule_after_changed_hours(), moment(order)) == (1, at("2026-11-26 08:00"))
    assert reschedule_after_changed_hours() == 0
    WorkingInterval.objects.all().delete()
    CalendarDay.objects.all().delete()
    assert (reschedule_after_changed_hours(), moment(order)) == (1, NIGHT)
    release_due()
    assert told(order) == ["order_confirmed"]


def test_changing_quiet_hours_reschedules_the_held_notices_of_that_person(clock, customer):
    order, other = held_order(clock, customer), make_order(customer=CustomerFactory())
    relay()
    rest = {"quiet_from": time(8), "quiet_to": time(11)}
    set_notice_preferences(actor=Actor.customer(customer), muted=[], **rest)
    assert (moment(order), moment(other)) == (at("2026-11-25 11:00"), MORNING)
    set_notice_preferences(actor=Actor.customer(customer), muted=[], quiet_from=None, quiet_to=None)
    assert moment(order) == MORNING


def test_changing_a_customers_time_zone_reschedules_their_held_notices(clock, customer):
    order = held_order(clock, customer)
    set_notice_preferences(actor=Actor.customer(customer), muted=[], quiet_from=time(8), quiet_to=time(11))
    reschedule_after_changed_hours()
    assert moment(order) == at("2026-11-25 11:00")
    # Two hours behind: when the shop opens it is seven there.
    Customer.objects.filter(pk=customer.pk).update(time_zone="Asia/Urumqi")
    assert (reschedule_after_changed_hours(), moment(order)) == (1, MORNING)


def test_a_rule_that_no_longer_waits_for_hours_releases_its_held_notices(clock, customer, manager, rule):
    order = held_order(clock, customer)
    confirmed = rule("order_confirmed")
    confirmed.outside = "send"
    words = {(each.language, each.channel): each.body for each in confirmed.templates.all()}
    save_rule(actor=Actor.staff(manager), rule=confirmed, templates=words)
    assert moment(order) == NIGHT


def test_raising_the_budget_releases_held_notices(clock, customer):
    ShopSettings.objects.update(customer_daily_budget=1)
    make_order(customer=customer)
    held = make_order(customer=customer)
    relay()
    release_due()
    reschedule_after_changed_hours()
    assert moment(held) == at("2026-11-25 10:00")
    ShopSettings.objects.update(customer_daily_budget=2)
    clock.shift(timedelta(minutes=5))
    assert reschedule_after_changed_hours() == 1
    release_due()
    assert states(held)["order_confirmed"] == ("sent", "over_budget")


def test_a_rehearsal_applies_the_budget_and_shows_until_when_notices_are_held(
    clock, customer, rule, log_in, manager
):
    ShopSettings.objects.update(customer_daily_budget=2)
    for minute in (0, 10, 20):
        clock.move_to(at(f"2026-11-24 10:{minute:02}"))
        make_order(customer=customer)
    clock.move_to(at("2026-11-25 12:00"))
    found = rehearse_rule(rule("order_confirmed"), at("2026-11-25 12:00"))
    assert (found.total, found.held, found.over_budget) == (3, 1, 1)
    assert [each.decision.send_at for each in found.notices] == [
        at("2026-11-25 10:00"),
        at("2026-11-24 10:10"),
        at("2026-11-24 10:00"),
    ]
    page = log_in(manager).get(f"/rules/{rule('order_confirmed').pk}/rehearsal/").text
    assert "推迟到 11-25 10:00" in page
    assert "1 条因为超过客户每天的条数" in page


def test_a_rehearsal_counts_notices_of_other_rules_and_never_holds_shipping_notices(clock, customer, rule):
    ShopSettings.objects.update(customer_daily_budget=1)
    make_order(customer=customer, status="shipped")
    relay()
    release_due()
    clock.shift(timedelta(minutes=10))
    make_order(customer=customer)
    now = at("2026-11-24 12:00")
    assert rehearse_rule(rule("order_confirmed"), now).over_budget >= 1
    assert rehearse_rule(rule("shipped"), now).over_budget == 0
