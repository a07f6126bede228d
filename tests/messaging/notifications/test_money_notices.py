"""Money that is open is told to whoever has to pay it, to get it, or to see to it; once it is not, nobody is told."""

from datetime import date
from decimal import Decimal

import pytest

from messaging.models import Notification, NotificationRule, Trigger
from messaging.policies.notifications.triggers import event_types_for
from messaging.selectors.order_notices import notice_history
from messaging.services.notifications.explained import explain_notices
from messaging.services.notifications.rehearsal import rehearse_rule
from orders.models import Order
from orders.services.after_sales import CaseInput, CaseLine, approve_case, open_case
from orders.services.deposits import release_deposit
from orders.services.editing import edit_order
from orders.services.payments import record_payment
from orders.services.refunds import pay_refund
from orders.services.repayments import Slip, record_repayment
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.events.handlers import all_handlers
from tests.factories import CustomerFactory, integration, make_order, move
from tests.messaging.notifications.conftest import at
from tests.orders.test_debts import bring_back

pytestmark = pytest.mark.django_db


def price(order: Order, **changes: str) -> Order:
    edit_order(actor=integration(), order_id=order.pk, version=None, changes=changes, agreed=True)
    return Order.objects.get(pk=order.pk)


def told_of(order: Order) -> set[tuple[str, str]]:
    rows = Notification.objects.filter(order=order, state="sent")
    return set(rows.values_list("trigger", "recipient_kind"))


def words(order: Order, trigger: str, kind: str = "customer") -> str:
    return Notification.objects.get(order=order, trigger=trigger, recipient_kind=kind).body


@pytest.fixture
def paid(clock, customer, sales, manager, pass_on) -> Order:
    order = make_order(customer=customer, status="paid", assigned_to=sales)
    pass_on()
    return order


def test_an_edit_that_makes_a_paid_order_dearer_asks_the_customer_for_the_difference(paid, pass_on):
    price(paid, shipping_fee="278.00")
    pass_on()
    assert {("changed", "customer"), ("balance_due", "customer"), ("balance_due", "staff")} <= told_of(paid)
    assert "还需支付 ¥278.00" in words(paid, "balance_due")
    line = paid.conversation.messages.get(data__event="order.changed")
    assert "待付差额 ¥278.00" in line.body


def test_an_edit_that_makes_a_paid_order_cheaper_tells_both_sides_of_the_refund(paid, pass_on, manager):
    price(paid, discount="139.00")
    pass_on()
    assert "有 ¥139.00 要退还给您" in words(paid, "balance_to_return")
    notice = Notification.objects.get(order=paid, trigger="money_to_return")
    assert (notice.recipient_id, "有 ¥139.00 要退给客户" in notice.body) == (manager.pk, True)
    pay_refund(actor=integration(), refund_id=paid.refunds.get().pk)
    price(paid, note="只改备注")
    pass_on()
    assert Notification.objects.filter(order=paid, trigger="balance_to_return").count() == 1


def test_a_manager_is_told_of_every_kind_of_overpayment(clock, customer, manager, pass_on):
    much = move(make_order(customer=customer), "paid", amount="500.00", reference="W-1")
    late = make_order(customer=customer, status="cancelled")
    record_payment(actor=integration(), order_id=late.pk, amount="60.00", reference="W-2")
    deposit = move(make_order(customer=customer), "paid", amount="100.00", reference="W-3")
    move(deposit, "cancelled")
    pass_on()
    said = {each.order_id: each.body for each in Notification.objects.filter(trigger="money_to_return")}
    assert set(said) == {much.pk, late.pk, deposit.pk}
    assert all(
        amount in said[order.pk]
        for order, amount in ((much, "¥102.00"), (late, "¥60.00"), (deposit, "¥100.00"))
    )


def test_both_sides_are_told_of_a_released_deposit(clock, customer, manager, pass_on):
    deposit = move(make_order(customer=customer), "paid", amount="100.00", reference="W-9")
    boss = Actor.staff(manager)
    move(deposit, "cancelled", actor=boss, reason="违约", keep_deposit=True)
    pass_on()
    assert not Notification.objects.filter(order=deposit, trigger="money_to_return").exists()
    release_deposit(actor=boss, order_id=deposit.pk, reason="补了合同")
    pass_on()
    assert "有 ¥100.00 要退还给您" in words(deposit, "balance_to_return")
    assert "¥100.00" in words(deposit, "money_to_return", "staff")


def test_a_notice_of_money_names_the_currency_of_its_order(paid, pass_on):
    Order.objects.filter(pk=paid.pk).update(currency="USD")
    price(paid, discount="139.00")
    pass_on()
    assert "有 $139.00 要退还给您" in words(paid, "balance_to_return")


@pytest.fixture
def debt(clock, sales, manager, pass_on) -> Order:
    """398.00 on account, due on 1 December."""
    dealer = CustomerFactory(name="钱多多", credit_limit=Decimal("1000.00"), credit_days=7)
    order = make_order(customer=dealer, on_credit=True, assigned_to=sales)
    assert order.due_on == date(2026, 12, 1)
    pass_on()
    return order


def test_a_debt_is_reminded_on_its_due_date_and_when_overdue(debt, clock, pass_on):
    days = {}
    for moment in (
        "2026-11-30 12:00",
        "2026-12-01 08:50",
        "2026-12-01 10:00",
        "2026-12-02 10:00",
        "2026-12-09 10:00",
    ):
        clock.move_to(at(moment))
        pass_on()
        rows = Notification.objects.filter(order=debt, state="sent", trigger__startswith="debt_")
        days[moment] = sorted(rows.values_list("trigger", "recipient_kind"))
    due = [("debt_due", "customer"), ("debt_due", "staff")]
    late = [("debt_overdue", "customer"), ("debt_overdue", "staff"), ("debt_overdue", "staff")]
    assert days["2026-11-30 12:00"] == days["2026-12-01 08:50"] == []
    assert days["2026-12-01 10:00"] == due
    assert days["2026-12-02 10:00"] == due + late
    assert len(days["2026-12-09 10:00"]) == 7
    assert (
        "已在 2026-12-01 到期，还有 ¥398.00 没有付"
        in Notification.objects.filter(order=debt, trigger="debt_overdue", recipient_kind="customer")
        .first()
        .body
    )


def test_a_debt_without_a_due_date_is_never_reminded(clock, sales, manager, pass_on):
    dealer = CustomerFactory(credit_limit=Decimal("1000.00"), no_due_date=True)
    order = make_order(customer=dealer, on_credit=True, assigned_to=sales)
    for moment in ("2026-12-25 10:00", "2026-12-26 10:00"):
        clock.move_to(at(moment))
        pass_on()
    assert order.due_on is None
    assert not Notification.objects.filter(trigger__startswith="debt_").exists()


def test_a_return_of_unpaid_goods_is_announced_as_a_reduced_debt(debt, pass_on):
    for step in ("picking", "shipped", "delivered"):
        move(debt, step)
    bring_back(debt, 1)
    pass_on()
    assert ("debt_reduced", "customer") in told_of(debt)
    assert "¥199.00" in words(debt, "debt_reduced")


def test_the_planner_handles_every_event_that_a_rule_can_be_triggered_by():
    (planner,) = [each for each in all_handlers() if each.name.endswith("plan_notifications")]
    assert {type_ for trigger in Trigger for type_ in event_types_for(trigger)} - planner.types == set()


def test_a_repaid_debt_is_not_reminded_and_its_waiting_reminders_are_dropped(debt, clock, pass_on):
    NotificationRule.objects.filter(trigger="debt_due").update(steps=[1])
    clock.move_to(at("2026-12-01 01:00"))
    pass_on()
    assert Notification.objects.filter(trigger="debt_due", state="waiting").count() == 2
    record_repayment(actor=integration(), customer=debt.customer, slip=Slip("398.00", reference="B-1"))
    clock.move_to(at("2026-12-02 10:00"))
    pass_on()
    assert set(Notification.objects.filter(trigger="debt_due").values_list("reason", flat=True)) == {
        "taken_back"
    }
    assert not Notification.objects.filter(trigger="debt_overdue").exists()


def test_debt_reminders_can_be_rehearsed_and_explained(debt, clock, pass_on):
    clock.move_to(at("2026-12-03 10:00"))
    rule = NotificationRule.objects.get(key="debt_overdue")
    shown = rehearse_rule(rule, now=at("2026-12-03 10:00"))
    assert [(each.occasion.order, each.occasion.happened_at) for each in shown.notices] == [
        (debt, at("2026-12-02 09:00"))
    ]
    assert any("挂账到期" in each.text for each in explain_notices(debt, notice_history(debt)))


def test_a_manager_is_told_of_every_kind_of_promised_refund(clock, customer, manager, pass_on):
    actor = Actor.staff(manager)
    claimed, asked, partly = (make_order(customer=customer, status="delivered") for _ in range(3))
    line = claimed.lines.get()
    wanted = CaseInput("refund", "missing", [CaseLine(line.pk, 1)])
    case = open_case(actor=actor, order_id=claimed.pk, wanted=wanted)
    pass_on()
    assert not Notification.objects.filter(trigger="money_to_return").exists()
    approve_case(actor=actor, case_id=case.pk)
    for order in (asked, partly):
        move(order, "refunding", actor=actor, reason="不想要了")
    pass_on()
    part = {"reason": "少了一个扣子", "amount": "30.00"}
    move(Order.objects.get(pk=partly.pk), "delivered", actor=actor, **part)
    pass_on()

    told = Notification.objects.filter(trigger="money_to_return", recipient_id=manager.pk)
    said = [(each.order_id, each.body) for each in told.order_by("pk")]
    amounts = [(claimed, "¥199.00"), (asked, "¥398.00"), (partly, "¥398.00"), (partly, "¥30.00")]
    assert [order_id for order_id, _body in said] == [order.pk for order, _amount in amounts]
    assert all(amount in body for (_id, body), (_order, amount) in zip(said, amounts, strict=True))
    # The customer is told of their money once, by the refund itself.
    assert not Notification.objects.filter(trigger="balance_to_return").exists()
