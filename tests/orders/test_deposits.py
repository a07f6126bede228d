"""An order towards which some money came: no way it can go ends where nobody can do anything."""

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone

from messaging.services.notifications.timers import cancel_unpaid
from orders.errors import GuardFailed, NotAllowed
from orders.models import Order, Refund
from orders.selectors.due import deposits_to_decide, unpaid_too_long
from orders.selectors.timeline import order_timeline
from orders.services.deposits import release_deposit
from orders.services.editing import edit_order
from orders.services.payments import record_payment
from orders.services.refunds import pay_refund
from orders.tasks import expire_unpaid
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.audiences import CUSTOMER, SHOP
from shopcomm.core.configuration.models import ShopSettings
from tests.factories import integration, make_order, move

pytestmark = pytest.mark.django_db


def with_deposit(amount: str = "100.00", **fields) -> Order:
    return move(make_order(**fields), "paid", amount=amount, reference=f"D-{amount}")


def set_part_paid_rule(value: str) -> None:
    ShopSettings.objects.update_or_create(pk=1, defaults={"part_paid_orders": value})


def test_both_the_expiry_sweep_and_its_guard_spare_orders_with_a_deposit():
    """Each of the two places by itself: a sweep that lists it, and a move that lets it through."""
    paid, unpaid = with_deposit(), make_order()
    with time_machine.travel(timezone.now() + timedelta(days=3)):
        assert list(unpaid_too_long(timezone.now())) == [unpaid.pk]
        assert list(deposits_to_decide(timezone.now())) == [paid]
        with pytest.raises(GuardFailed) as refusal:
            move(paid, "cancelled", actor=Actor.system(), overdue=True)
        assert refusal.value.names == ["payment_captured"]
        assert expire_unpaid() == 1
        assert cancel_unpaid() == 0
    paid.refresh_from_db()
    assert paid.status == "pending_payment"


@pytest.mark.parametrize(
    ("what", "promised", "kept"),
    [("return", Decimal("100.00"), 0), ("keep", None, Decimal("100.00"))],
)
def test_the_sweep_cancels_part_paid_orders_by_the_shops_rule(what, promised, kept):
    set_part_paid_rule(what)
    order = with_deposit()
    with time_machine.travel(timezone.now() + timedelta(days=3)):
        assert expire_unpaid() == 1
    order.refresh_from_db()
    refund = Refund.objects.filter(order=order).first()
    assert (order.status, refund and refund.amount, order.deposit_kept) == ("cancelled", promised, kept)
    assert order.lines.get().variant.reserved == 0


def test_only_a_manager_can_keep_a_deposit_and_the_reason_is_recorded(as_actor):
    order = with_deposit()
    for role, reason, text in (
        ("sales", "客户违约", "只有经理可以决定不退定金"),
        ("manager", "", "不退定金要写明原因"),
    ):
        with pytest.raises(GuardFailed) as refusal:
            move(order, "cancelled", actor=as_actor(role), reason=reason, keep_deposit=True)
        assert str(refusal.value.extra["guards"][0]["text"]) == text
    order = move(order, "cancelled", actor=as_actor("manager"), reason="定制款已开工", keep_deposit=True)
    assert (order.status, order.deposit_kept, order.refunds.count()) == ("cancelled", Decimal("100.00"), 0)
    line = "取消订单，定金 ¥100.00 不退：定制款已开工"
    assert order_timeline(order, audience=CUSTOMER)[-1].text == line
    # What comes later is not part of it.
    record_payment(actor=integration(), order_id=order.pk, amount="298.00", reference="L-1")
    assert order.refunds.get().amount == Decimal("298.00")


def test_the_cancellation_form_offers_managers_to_keep_the_deposit(log_in, manager, sales):
    order = with_deposit(assigned_to=sales)
    path = f"/orders/{order.number}/to/cancelled/"
    assert "keep_deposit" not in log_in(sales).get(path).content.decode()
    assert "keep_deposit" in log_in(manager).get(path).content.decode()
    sent = {"version": order.version, "reason": "定制款已开工", "keep_deposit": "on"}
    assert log_in(manager).post(path, sent).status_code == 302
    order.refresh_from_db()
    assert (order.status, order.deposit_kept) == ("cancelled", Decimal("100.00"))


def test_an_order_reduced_below_its_deposit_is_paid_and_the_rest_is_refundable():
    order = with_deposit("300.00")
    order = edit_order(actor=integration(), order_id=order.pk, version=None, changes={"discount": "150.00"})
    order.refresh_from_db()
    assert (order.status, order.total, order.balance) == ("paid", Decimal("248.00"), Decimal("-52.00"))
    assert order.refunds.get().amount == Decimal("52.00")
    assert order_timeline(order)[-1].text == "已付清，等待配货"
    pay_refund(actor=integration(), refund_id=order.refunds.get().pk)
    order.refresh_from_db()
    assert order.balance == 0


@pytest.mark.parametrize(
    ("left", "status"), [("0.50", "paid"), ("0.49", "paid"), ("0.51", "pending_payment")]
)
def test_a_deposit_below_one_yuan_can_pay_an_order_in_full(left, status):
    order = with_deposit("0.50")
    discount = str(order.total - Decimal(left))
    order = edit_order(actor=integration(), order_id=order.pk, version=None, changes={"discount": discount})

    assert (order.total, order.status) == (Decimal(left), status)


def test_an_order_without_payments_is_not_paid_by_becoming_free():
    order = make_order()
    changes = {"discount": str(order.total)}

    assert edit_order(actor=integration(), order_id=order.pk, version=None, changes=changes).status == (
        "pending_payment"
    )


def test_a_payment_during_a_full_refund_is_refunded_too(api):
    order = move(make_order(status="paid"), "refunding")
    body = {"to": "paid", "amount": "60.00", "reference": "M-1"}
    path = f"/api/v1/orders/{order.number}/transitions/"
    answer = api.post(path, body, content_type="application/json")
    assert (answer.status_code, answer.json()["status"]) == (200, "refunding")
    assert order.refunds.get().amount == Decimal("458.00")
    order = move(order, "refunded")
    assert (order.paid_amount, order.refunded_amount) == (Decimal("458.00"), Decimal("458.00"))


def test_rejecting_a_refund_leaves_payments_received_meanwhile_refundable(as_actor):
    order = move(make_order(status="paid"), "refunding")
    record_payment(actor=integration(), order_id=order.pk, amount="60.00", reference="M-2")
    order = move(order, "paid", reason="已发出", actor=as_actor("manager"))
    pending = order.refunds.get(state="approved")
    assert (order.status, pending.amount, pending.purpose) == ("paid", Decimal("60.00"), "difference")


def test_a_full_refund_request_can_be_granted_in_part(log_in, sales, as_actor):
    order = move(make_order(status="delivered", assigned_to=sales), "refunding")
    path = f"/orders/{order.number}/part-refund/"
    page = log_in(sales).get(f"/orders/{order.number}/").content.decode()
    assert path in page
    for amount in ("", "398.00", "-1", "x"):
        log_in(sales).post(path, {"amount": amount, "reason": "划痕", "form_key": f"k{amount}"})
    order.refresh_from_db()
    assert order.status == "refunding"
    for _again in range(2):
        log_in(sales).post(path, {"amount": "80.00", "reason": "划痕补偿", "form_key": "once"})
    order.refresh_from_db()
    part = order.refunds.get(state="approved")
    assert (order.status, part.amount, part.purpose) == ("delivered", Decimal("80.00"), "part")
    assert order_timeline(order)[-1].text == "改为部分退款 ¥80.00：划痕补偿"
    pay_refund(actor=as_actor("manager"), refund_id=part.pk, reference="P-1")
    order.refresh_from_db()
    assert (order.refunded_amount, order.balance) == (Decimal("80.00"), 0)


def test_a_partial_refund_without_a_reason_is_refused_and_books_nothing(log_in, manager):
    order = move(make_order(status="paid", assigned_to=manager), "refunding")
    path = f"/orders/{order.number}/part-refund/"
    told = log_in(manager).post(path, {"amount": "80.00", "reason": "   "}, follow=True).content.decode()
    order.refresh_from_db()
    assert (order.status, order.paid_amount, order.payments.count()) == ("refunding", Decimal("398.00"), 1)
    assert "请填写原因" in told


def test_an_order_with_a_balance_ships_only_where_the_shop_allows_it(as_actor):
    order = make_order(status="picking")
    edit_order(
        actor=integration(), order_id=order.pk, version=None, changes={"shipping_fee": "78.00"}, agreed=True
    )
    ShopSettings.objects.update_or_create(pk=1, defaults={"ship_with_balance": False})
    for actor in (as_actor("warehouse"), as_actor("manager")):
        with pytest.raises(GuardFailed) as refusal:
            move(order, "shipped", actor=actor)
        assert refusal.value.names == ["balance_due"]
    order = move(order, "shipped", actor=as_actor("manager"), override="老客户，月底一起结")
    assert order.status == "shipped"
    why = "（差额 ¥78.00 未付，仍发货：老客户，月底一起结）"
    assert order_timeline(order)[-1].text.endswith(why)
    assert "老客户" not in order_timeline(order, audience=CUSTOMER)[-1].text
    rest = make_order(status="picking")
    assert move(rest, "shipped", actor=as_actor("warehouse")).status == "shipped"


def kept_deposit(as_actor, **fields) -> Order:
    boss = as_actor("manager")
    return move(with_deposit(**fields), "cancelled", actor=boss, reason="违约", keep_deposit=True)


def test_a_kept_deposit_can_be_released_with_a_reason_and_paid_out(as_actor):
    order = kept_deposit(as_actor)
    version = order.version
    order = release_deposit(actor=as_actor("manager"), order_id=order.pk, reason="客户补了合同")
    refund = order.refunds.get()
    assert (order.deposit_kept, order.version, order.status) == (0, version + 1, "cancelled")
    assert (refund.amount, refund.state, refund.purpose) == (Decimal("100.00"), "approved", "cancelled")
    for audience in (SHOP, CUSTOMER):
        told = order_timeline(order, audience=audience)[-1].text
        assert told == "定金 ¥100.00 改为退还，等待退款：客户补了合同"
    line = order.conversation.messages.last()
    assert (line.data["event"], line.internal) == ("order.deposit_released", False)
    pay_refund(actor=as_actor("manager"), refund_id=refund.pk, reference="T-1")
    order.refresh_from_db()
    assert (order.refunded_amount, order.paid_amount) == (Decimal("100.00"), Decimal("100.00"))


def test_releasing_a_deposit_requires_a_manager_a_kept_deposit_and_a_reason(as_actor):
    order, other = kept_deposit(as_actor), make_order(status="paid")
    with pytest.raises(NotAllowed):
        release_deposit(actor=as_actor("sales"), order_id=order.pk, reason="求情")
    for pk, reason, name in ((order.pk, " ", "reason_required"), (other.pk, "x", "no_deposit_kept")):
        with pytest.raises(GuardFailed) as refusal:
            release_deposit(actor=as_actor("manager"), order_id=pk, reason=reason)
        assert refusal.value.names == [name]
    order.refresh_from_db()
    assert (order.deposit_kept, order.refunds.count()) == (Decimal("100.00"), 0)


def test_the_release_deposit_form_sent_twice_releases_once(as_actor, log_in, manager, sales, phone_of):
    order = kept_deposit(as_actor, assigned_to=sales)
    path, page = f"/orders/{order.number}/deposit/", f"/orders/{order.number}/"
    assert path not in log_in(sales).get(page).text
    assert log_in(sales).post(path, {"reason": "x"}).status_code == 403
    boss = log_in(manager)
    assert path in boss.get(page).text
    for _again in range(2):
        assert boss.post(path, {"reason": "补了合同", "form_key": "one"}).status_code == 302
    order.refresh_from_db()
    assert (order.deposit_kept, order.refunds.get().amount) == (0, Decimal("100.00"))
    for shown in (boss.get(page).text, phone_of(order.customer).get(f"/my/orders/{order.number}/").text):
        assert "<span>定金不退</span>" not in shown
        assert "<dt>定金不退</dt>" not in shown
        assert "待退" in shown
