"""What is owed: until when, up to which limit, and what comes off it when goods come back."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from importlib import import_module

import pytest
import time_machine
from django.apps import apps
from django.utils import timezone

from orders.errors import GuardFailed
from orders.models import DebtReduction, Order, Payment, Refund
from orders.selectors.credit import credit_left, sum_owed_by
from orders.selectors.timeline import order_timeline
from orders.services.after_sales import CaseInput, CaseLine, approve_case, open_case
from orders.services.editing import edit_order
from orders.services.payments import record_payment
from orders.services.refunds import pay_refund
from orders.services.returns import inspect_return
from shopcomm.core.audiences import CUSTOMER
from shopcomm.core.configuration.models import ShopSettings
from tests.factories import CustomerFactory, integration, make_order, move

pytestmark = pytest.mark.django_db


@pytest.fixture
def dealer():
    return CustomerFactory(credit_limit=Decimal("1000.00"))


def on_account(dealer, *, status: str = "paid", **fields) -> Order:
    """An order of 398.00 that is owed, on its way to a status."""
    order = make_order(customer=dealer, on_credit=True, **fields)
    for step in {"paid": [], "delivered": ["picking", "shipped", "delivered"]}[status]:
        order = move(order, step)
    return Order.objects.get(pk=order.pk)


def bring_back(order: Order, pieces: int, kind: str = "return", wanted: str = ""):
    """A case of an order's only line that is agreed to, and its goods counted in when they have to come back."""
    line = CaseLine(order.lines.get().pk, pieces, wanted)
    case = open_case(actor=integration(), order_id=order.pk, wanted=CaseInput(kind, "damaged", [line]))
    case = approve_case(actor=integration(), case_id=case.pk)
    if kind != "refund":
        counted = {row.pk: (row.quantity, 0) for row in case.lines.all()}
        case = inspect_return(actor=integration(), case_id=case.pk, counted=counted)
    case.refresh_from_db()
    return case


@pytest.mark.parametrize(
    ("own", "shop", "due"),
    [
        (None, 30, date(2026, 12, 31)),
        (7, 30, date(2026, 12, 8)),
        (0, 30, date(2026, 12, 1)),
        (45, None, date(2027, 1, 15)),
        (None, None, None),
    ],
)
def test_a_debt_is_due_by_the_customers_term_or_else_the_shops(own, shop, due):
    ShopSettings.objects.update_or_create(pk=1, defaults={"credit_days": shop})
    dealer = CustomerFactory(credit_limit=Decimal("1000.00"), credit_days=own)
    with time_machine.travel("2026-12-01T02:00:00Z", tick=False):
        order = on_account(dealer)
    assert order.due_on == due


def test_a_debt_without_a_due_date_shows_none_anywhere(dealer, log_in, manager, phone_of):
    ShopSettings.objects.update_or_create(pk=1, defaults={"credit_days": None})
    order = on_account(dealer)
    pages = [
        log_in(manager).get(f"/orders/{order.number}/").content.decode(),
        phone_of(dealer).get(f"/my/orders/{order.number}/").content.decode(),
    ]
    for page in pages:
        assert "挂账待付" in page
        assert "None" not in page
        assert "前付清" not in page
    assert order_timeline(order)[-1].text == "挂账 ¥398.00，等待配货"


def test_returning_unpaid_goods_reduces_the_debt_without_a_refund(dealer):
    order = on_account(dealer, status="delivered")
    case = bring_back(order, 1)
    order.refresh_from_db()
    assert (case.state, order.balance, order.debt_reduced) == (
        "resolved",
        Decimal("199.00"),
        Decimal("199.00"),
    )
    assert (sum_owed_by(dealer), credit_left(dealer)) == (Decimal("199.00"), Decimal("801.00"))
    assert not Refund.objects.exists()
    assert DebtReduction.objects.get().case_id == case.pk
    told = [entry.text for entry in order_timeline(order, audience=CUSTOMER)]
    assert "退货抵减欠款 ¥199.00，尚欠 ¥199.00" in told


def test_a_return_reduces_the_debt_first_and_refunds_the_rest(dealer):
    order = on_account(dealer, status="delivered")
    record_payment(actor=integration(), order_id=order.pk, amount="300.00", reference="R-1")
    bring_back(order, 1)
    order.refresh_from_db()
    refund = Refund.objects.get()
    assert (order.debt_reduced, refund.amount, order.balance) == (98, Decimal("101.00"), 0)
    pay_refund(actor=integration(), refund_id=refund.pk)
    order.refresh_from_db()
    assert (order.balance, order.refunded_amount) == (0, Decimal("101.00"))


def test_returning_all_unpaid_goods_clears_the_debt_without_a_zero_refund(dealer):
    order = on_account(dealer, status="delivered")
    bring_back(order, 2)
    order.refresh_from_db()
    assert (order.status, order.balance, sum_owed_by(dealer)) == ("delivered", 0, 0)
    assert not Refund.objects.exists()


def test_an_exchange_of_unpaid_goods_moves_the_debt_to_the_replacement(dealer):
    order = on_account(dealer, status="delivered")
    sku = order.lines.get().sku
    case = bring_back(order, 1, "exchange", sku)
    order.refresh_from_db()
    other = case.replacement
    other.refresh_from_db()
    assert (other.status, other.on_account, other.due_on) == ("paid", True, order.due_on)
    assert (order.balance, other.balance, sum_owed_by(dealer)) == (199, 199, 398)
    assert case.state == "resolved"


def test_an_edit_cannot_raise_a_debt_beyond_the_credit_limit(dealer):
    order = on_account(dealer)

    def freight(amount: str) -> Order:
        return edit_order(
            actor=integration(),
            order_id=order.pk,
            version=None,
            changes={"shipping_fee": amount},
            agreed=True,
        )

    with pytest.raises(GuardFailed) as refusal:
        freight("602.01")
    assert refusal.value.names == ["credit_exceeded"]
    assert freight("602.00").balance == Decimal("1000.00")
    assert freight("10.00").balance == Decimal("408.00")


def test_cancelling_an_unpaid_debt_mentions_no_zero_refund(dealer, phone_of, log_in, manager):
    from messaging.models import Notification
    from shopcomm.core.events.relay import relay

    order = on_account(dealer)
    relay()
    Notification.objects.all().delete()
    order = move(order, "refunding")
    pages = [phone_of(dealer).get(f"/my/orders/{order.number}/").content.decode()]
    pages.append(log_in(manager).get(f"/orders/{order.number}/").content.decode())
    order = move(order, "refunded")
    pages.append(phone_of(dealer).get(f"/my/orders/{order.number}/").content.decode())
    pages.append(log_in(manager).get(f"/orders/{order.number}/").content.decode())
    relay()
    assert all("¥0.00" not in page for page in pages)
    assert all("退款处理中" not in page for page in pages)
    told = Notification.objects.filter(order=order, recipient_kind="customer")
    assert [row.trigger for row in told] == ["cancelled"]


@pytest.mark.parametrize("hour", [3, 17])
def test_the_migration_turns_payments_on_account_into_debts(hour):
    # By noon and by midnight of Shanghai: the day is the shop's, not that of Greenwich.
    with time_machine.travel(datetime(2026, 12, 1, hour, tzinfo=UTC)):
        becomes_a_debt()


def becomes_a_debt() -> None:
    """Twice in one order, partly refunded, and called off since: three orders of before."""
    step = import_module("orders.migrations.0016_debts_and_repayments")
    twice, part, over = (
        make_order(status="paid"),
        make_order(status="delivered"),
        make_order(status="refunded"),
    )
    for order, amounts in ((twice, [200, 198]), (part, [398]), (over, [398])):
        order.payments.all().delete()
        for amount in amounts:
            Payment.objects.create(
                order=order,
                amount=amount,
                method="on_account",
                received_at=timezone.now() - timedelta(days=3),
            )
    Order.objects.filter(pk=part.pk).update(refunded_amount=1)
    step.make_debts(apps, None)
    for order in (twice, part, over):
        order.refresh_from_db()
    assert (twice.on_account, twice.paid_amount, twice.balance) == (True, 0, 398)
    assert twice.due_on == timezone.localdate() + timedelta(days=27)
    assert (part.on_account, part.paid_amount, part.balance) == (True, 1, 397)
    assert (over.on_account, over.paid_amount) == (False, 398)
    Order.objects.filter(pk=twice.pk).update(paid_amount=198)
    step.count_anew(apps, None)
    twice.refresh_from_db()
    assert twice.balance == 398
