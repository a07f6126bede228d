"""One sum for many debts, a customer's account, and who has to see to what money."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from orders.errors import GuardFailed, NotAllowed
from orders.models import Order, Payment, Refund, Repayment
from orders.selectors.credit import sum_owed_by
from orders.selectors.money_tasks import money_tasks
from orders.selectors.statements import statement_of
from orders.services.after_sales import CaseInput, CaseLine, approve_case, open_case
from orders.services.editing import edit_order
from orders.services.locks import lock_orders
from orders.services.payments import record_payment
from orders.services.refunds import pay_refund
from orders.services.repayments import Slip, record_repayment, spread_payment
from tests.factories import CustomerFactory, integration, make_order, move
from tests.orders.test_concurrency import at_once

pytestmark = pytest.mark.django_db
money = st.decimals("0.01", "5000", places=2)


@pytest.fixture
def dealer():
    return CustomerFactory(name="钱多多", phone="+8613600002222", credit_limit=Decimal("5000.00"))


def debts_of(dealer, count: int = 3, **fields) -> list[Order]:
    """Orders of 398.00 each on account, a day apart, the oldest first; placed in the other order."""
    now = timezone.now()
    made = [
        make_order(customer=dealer, on_credit=True, placed_at=now - timedelta(days=days), **fields)
        for days in range(1, count + 1)
    ]
    return made[::-1]


def record_repayment_of(dealer, amount: str, reference: str = "", actor=None) -> Repayment:
    slip = Slip(amount, reference=reference)
    return record_repayment(actor=actor or integration(), customer=dealer, slip=slip)


@given(money, st.lists(money, min_size=1, max_size=6))
def test_a_repayment_is_spread_completely_and_fills_each_debt_before_the_next(amount, owed):
    parts = spread_payment(amount, owed)
    assert sum(parts) == amount
    filled = [part >= debt for part, debt in zip(parts, owed, strict=True)]
    # Once one is not filled, nothing goes to those behind it.
    assert all(not any(parts[index + 1 :]) for index, full in enumerate(filled) if not full)
    assert all(part <= debt for part, debt in zip(parts[:-1], owed[:-1], strict=True))


def test_a_repayment_pays_the_oldest_order_first(dealer):
    oldest, middle, newest = debts_of(dealer)
    repayment = record_repayment_of(dealer, "500.00", "B-1")
    balances = [Order.objects.get(pk=each.pk).balance for each in (oldest, middle, newest)]
    assert balances == [0, Decimal("296.00"), Decimal("398.00")]
    parts = [(each.order_id, each.amount) for each in repayment.payments.order_by("pk")]
    assert parts == [(oldest.pk, Decimal("398.00")), (middle.pk, Decimal("102.00"))]
    assert sum_owed_by(dealer) == Decimal("694.00")


def test_a_repayment_beyond_all_debts_is_booked_and_the_rest_refundable(dealer):
    *_others, newest = debts_of(dealer, 2)
    record_repayment_of(dealer, "800.00", "B-2")
    refund = Refund.objects.get()
    assert (refund.order_id, refund.amount, refund.state) == (newest.pk, Decimal("4.00"), "approved")


def test_an_invalid_repayment_is_refused_and_a_repeated_voucher_is_booked_once(dealer, as_actor):
    order = debts_of(dealer, 1)[0]
    with pytest.raises(NotAllowed):
        record_repayment_of(dealer, "1.00", "B-3", as_actor("sales"))
    for amount, reference, names in (
        ("0", "B-3", ["amount_invalid"]),
        ("x", "", ["amount_invalid", "voucher_required"]),
        ("1.00", "", ["voucher_required"]),
    ):
        with pytest.raises(GuardFailed) as refusal:
            record_repayment_of(dealer, amount, reference, as_actor("manager"))
        assert refusal.value.names == names
    record_payment(actor=integration(), order_id=order.pk, amount="10.00", reference="SEEN")
    with pytest.raises(GuardFailed) as refusal:
        record_repayment_of(dealer, "1.00", "SEEN")
    assert refusal.value.names == ["payment_seen"]
    assert record_repayment_of(dealer, "388.00", "B-4").pk == record_repayment_of(dealer, "388.00", "B-4").pk
    with pytest.raises(GuardFailed) as refusal:
        record_payment(actor=integration(), order_id=order.pk, amount="1.00", reference="B-4")
    assert refusal.value.names == ["payment_seen"]
    with pytest.raises(GuardFailed) as refusal:
        record_repayment_of(dealer, "1.00", "B-5")
    assert refusal.value.names == ["nothing_owed"]
    assert Order.objects.get().paid_amount == Decimal("398.00")


def test_a_long_voucher_number_is_cut_to_the_column_width(dealer):
    debts_of(dealer, 1)

    assert record_repayment_of(dealer, "1.00", " " + "7" * 90).reference == "7" * 80


@pytest.mark.django_db(transaction=True)
def test_a_voucher_recorded_ten_times_concurrently_is_booked_once():
    dealer = CustomerFactory(credit_limit=Decimal("5000.00"))
    debts_of(dealer, 3)
    results = at_once([lambda: record_repayment_of(dealer, "1000.00", "B-6")] * 10)
    assert not [each for each in results if isinstance(each, Exception)]
    assert (Repayment.objects.count(), sum_owed_by(dealer)) == (1, Decimal("194.00"))


@pytest.mark.django_db(transaction=True)
def test_a_voucher_recorded_concurrently_for_orders_and_as_repayment_is_booked_once():
    dealer = CustomerFactory(credit_limit=Decimal("5000.00"))
    debts_of(dealer, 1)
    unpaid, late = make_order(), make_order(status="cancelled")
    slip = {"amount": "398.00", "reference": "B-9"}
    ways = [
        lambda: record_repayment_of(dealer, "398.00", "B-9"),
        lambda: move(unpaid, "paid", **slip),
        lambda: record_payment(actor=integration(), order_id=late.pk, **slip),
    ]
    results = at_once(ways * 4)
    refused = [each for each in results if isinstance(each, Exception)]
    assert {type(each): each.names for each in refused} == {GuardFailed: ["payment_seen"]}
    assert Repayment.objects.count() + Payment.objects.filter(repayment=None).count() == 1


def test_a_debt_cancelled_while_a_repayment_waits_for_its_lock_gets_none_of_it(dealer, monkeypatch):
    oldest, newest = debts_of(dealer, 2)

    def after_the_other(ids):
        move(move(oldest, "refunding"), "refunded")
        return lock_orders(ids)

    monkeypatch.setattr("orders.services.repayments.lock_orders", after_the_other)
    repayment = record_repayment_of(dealer, "300.00", "B-10")
    assert [each.order_id for each in repayment.payments.all()] == [newest.pk]
    assert not Refund.objects.filter(state="approved").exists()


def test_a_repayment_skips_an_order_that_is_being_refunded(dealer):
    oldest, newest = debts_of(dealer, 2)
    move(oldest, "refunding")
    repayment = record_repayment_of(dealer, "300.00", "B-12")
    assert [each.order_id for each in repayment.payments.all()] == [newest.pk]
    assert oldest.refunds.get().amount == 0


def test_a_repayment_over_the_api_shows_in_the_api_account(api, dealer):
    oldest, newest = debts_of(dealer, 2)
    body = {"phone": "13600002222", "amount": "500.00", "method": "alipay", "reference": "B-7"}
    answer = api.post("/api/v1/repayments/", body, content_type="application/json")
    assert answer.status_code == 201
    assert answer.json()["payments"] == [
        {"number": oldest.number, "amount": "398.00", "balance": "0.00"},
        {"number": newest.number, "amount": "102.00", "balance": "296.00"},
    ]
    account = api.get("/api/v1/statements/", {"phone": "+8613600002222"}).json()
    assert (account["opening"], account["closing"], account["owed"]) == ("0.00", "296.00", "296.00")
    assert [(row["due"], row["paid"]) for row in account["entries"]] == [
        ("398.00", "0.00"),
        ("398.00", "0.00"),
        ("0.00", "398.00"),
        ("0.00", "102.00"),
    ]
    assert api.get("/api/v1/statements/", {"phone": "+8613600009999"}).status_code == 404
    assert api.get("/api/v1/statements/", {"phone": "1"}).status_code == 400
    again = api.post(
        "/api/v1/repayments/", body | {"reference": "", "amount": "0"}, content_type="application/json"
    )
    assert again.status_code == 422


def test_an_order_placed_on_account_over_the_api_shows_its_open_sum(api, dealer, variant):
    body = {
        "customer": {"name": "钱多多", "phone": "13600002222"},
        "items": [{"sku": variant.sku, "quantity": 2}],
        "address": {
            "name": "钱",
            "phone": "13600002222",
            "province": "广东省",
            "city": "广州市",
            "street": "1 号",
        },
        "on_account": True,
    }
    answer = api.post("/api/v1/orders/", body, content_type="application/json").json()
    assert (answer["status"], answer["on_account"], answer["balance"]) == ("paid", True, "398.00")
    assert answer["due_on"] == (timezone.localdate() + timedelta(days=30)).isoformat()
    body["items"] = [{"sku": variant.sku, "quantity": 30}]
    refused = api.post("/api/v1/orders/", body, content_type="application/json")
    assert (refused.status_code, refused.json()["guards"][0]["name"]) == (422, "credit_exceeded")
    assert Order.objects.count() == 1


def test_sales_can_place_an_order_on_account_in_the_order_form(log_in, sales, dealer, variant):
    form = {
        "phone": "13600002222", "name": "钱多多", "source": "wechat", "tier": "retail", "sku": variant.sku,
        "quantity": "2", "unit_price": "", "province": "广东省", "city": "广州市", "street": "1 号", "on_account": "on",
    }  # fmt: skip
    page = log_in(sales).post("/orders/new/", form)
    order = Order.objects.get()
    assert (page.status_code, order.status, order.on_account, order.assigned_to) == (302, "paid", True, sales)


def test_the_account_lists_everything_that_changed_the_amount_due(dealer, as_actor):
    with time_machine.travel("2026-09-01T02:00:00Z"):
        make_order(customer=dealer, on_credit=True)
    with time_machine.travel("2026-11-02T02:00:00Z"):
        order = make_order(customer=dealer, on_credit=True)
        for step in ("picking", "shipped", "delivered"):
            order = move(order, step)
        record_payment(actor=integration(), order_id=order.pk, amount="300.00", reference="R-1")
        lines = [CaseLine(order.lines.get().pk, 1)]
        case = open_case(actor=integration(), order_id=order.pk, wanted=CaseInput("refund", "damaged", lines))
        approve_case(actor=integration(), case_id=case.pk)
        pay_refund(actor=integration(), refund_id=Refund.objects.get().pk)
        move(make_order(customer=dealer), "paid", amount="50.00", reference="D-1")
        kept = move(make_order(customer=dealer), "paid", amount="20.00", reference="D-2")
        move(kept, "cancelled", actor=as_actor("manager"), reason="违约", keep_deposit=True)
        make_order(customer=dealer)
        move(move(make_order(customer=dealer, status="paid"), "refunding"), "refunded")
    with time_machine.travel("2026-11-20T02:00:00Z"):
        account = statement_of(integration(), dealer, since=date(2026, 11, 1), until=date(2026, 11, 30))
    rows = [(entry.text, entry.due, entry.paid) for entry in account.entries]
    assert account.opening == Decimal("398.00")
    assert ("退货抵减欠款", Decimal("-98.00"), 0) in rows
    assert ("售后退款", Decimal("-101.00"), Decimal("-101.00")) in rows
    assert ("定金不退", Decimal("20.00"), 0) in rows
    open_ = [each for each in Order.objects.all() if each.status not in ("cancelled", "refunded")]
    assert account.closing == sum(each.balance for each in open_ if each.status != "pending_payment") + 348
    assert account.entries[-1].balance == account.closing
    assert (account.owed, account.overdue) == (Decimal("398.00"), Decimal("398.00"))


def test_the_money_list_shows_overdue_debts_first_and_other_open_sums(dealer, as_actor, log_in, manager):
    other = CustomerFactory(name="孙早", credit_limit=Decimal("5000.00"))
    with time_machine.travel(timezone.now() - timedelta(days=40)):
        make_order(customer=dealer, on_credit=True)
        deposit = move(make_order(customer=other), "paid", amount="50.00", reference="D-1")
    make_order(customer=other, on_credit=True)
    dearer = make_order(status="paid")
    edit_order(
        actor=integration(), order_id=dearer.pk, version=None, changes={"shipping_fee": "78"}, agreed=True
    )
    much = move(make_order(), "paid", amount="500.00", reference="W-1")
    tasks = money_tasks(as_actor("manager"))
    assert [(each.name, each.overdue, each.days_late) for each in tasks.debtors] == [
        ("钱多多", Decimal("398.00"), 10),
        ("孙早", 0, 0),
    ]
    assert [(each.number, each.open) for each in tasks.differences] == [(dearer.number, Decimal("78.00"))]
    assert [(each.order_id, each.amount) for each in tasks.to_return] == [(much.pk, Decimal("102.00"))]
    assert tasks.deposits == [deposit]
    page = log_in(manager).get("/orders/debts/").content.decode()
    for text in ("钱多多", "逾期 10 天", dearer.number, much.number, deposit.number, "¥102.00"):
        assert text in page
    late = log_in(manager).get("/orders/debts/?late=1").content.decode()
    assert "钱多多" in late
    assert "孙早</a>" not in late


def test_a_statement_hides_orders_of_colleagues_and_says_so(dealer, log_in, sales, other_sales, warehouse):
    long_ago = timezone.now() - timedelta(days=9)
    make_order(customer=dealer, on_credit=True, assigned_to=sales)
    path = f"/orders/debts/{dealer.pk}/"
    assert log_in(other_sales).get(path).status_code == 404
    assert log_in(warehouse).get(path).status_code == 403
    hidden = make_order(customer=dealer, on_credit=True, assigned_to=other_sales, placed_at=long_ago)
    record_repayment_of(dealer, "17.50", "B-11")
    page = log_in(sales).get(path).content.decode()
    assert "还有 1 张订单由别的同事负责" in page
    assert hidden.number not in page
    assert "17.50" not in page
    assert "17.50" in log_in(other_sales).get(path).content.decode()
    assert 'action="/orders/debts/' not in page


def test_a_repayment_form_sent_twice_is_booked_once(dealer, log_in, manager):
    order = debts_of(dealer, 1)[0]
    path = f"/orders/debts/{dealer.pk}/"
    sent = {"amount": "100.00", "method": "cash", "form_key": "one-sheet"}
    for _again in range(2):
        assert log_in(manager).post(f"{path}repay/", sent).status_code == 302
    assert Order.objects.get(pk=order.pk).paid_amount == Decimal("100.00")
    page = log_in(manager).get(path).content.decode()
    assert "已登记还款，按订单先后冲抵" in page
    for bad in (
        "?since=2026-99-99",
        "?until=x&since=²",
        "?currency=XXX",
        "?since=9999-12-31&until=0001-01-01",
    ):
        assert log_in(manager).get(path + bad).status_code == 200


def test_a_customer_sees_their_own_account_on_the_phone(dealer, phone_of, customer):
    order = debts_of(dealer, 1)[0]
    record_repayment_of(dealer, "100.00", "B-8")
    page = phone_of(dealer).get("/my/me/account/").content.decode()
    for text in ("¥298.00", "应付 ¥398.00", "已付 ¥100.00", order.number):
        assert text in " ".join(page.split())
    nobody = phone_of(customer).get("/my/me/account/")
    assert (nobody.status_code, order.number in nobody.content.decode()) == (200, False)


@pytest.mark.django_db(transaction=True)
def test_concurrent_price_increases_cannot_use_the_same_credit_twice():
    dealer = CustomerFactory(credit_limit=Decimal("1500.00"))
    orders = debts_of(dealer, 3)

    def dearer(order: Order) -> Order:
        changes = {"shipping_fee": "200.00"}
        return edit_order(actor=integration(), order_id=order.pk, version=None, changes=changes, agreed=True)

    results = at_once([lambda order=order: dearer(order) for order in orders])
    refused = [each for each in results if isinstance(each, Exception)]
    assert [each.names for each in refused] == [["credit_exceeded"]] * 2
    assert sum_owed_by(dealer) == Decimal("1394.00")
