"""`/my/`: own orders and nobody else's, what was spent, and buying the same again."""

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from messaging.services.messages import mark_read, send_message
from orders.models import Order, Status, TierPrice
from orders.selectors.own import lines_to_reorder, spending_of
from orders.services.orders import ItemInput
from orders.services.stock import set_stock
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Customer
from tests.factories import VariantFactory, make_order, move

pytestmark = pytest.mark.django_db
ADDRESS = {
    "name": "吴丽华",
    "phone": "13800138000",
    "province": "广东省",
    "city": "广州市",
    "district": "白云区",
    "street": "机场路 88 号",
}


def page_of(phone, address: str = "/my/") -> str:
    return phone.get(address).content.decode()


def post_reorder(phone, order: Order, **changes: str):
    """Post the form of buying an order again as the page filled it in."""
    context = phone.get(f"/my/orders/{order.number}/again/").context
    form = {f"quantity-{pk}": str(line.quantity) for pk, line in context["lines"]}
    form |= ADDRESS | {"key": str(context["key"]), "prices": context["prices"]}
    return phone.post(f"/my/orders/{order.number}/again/", form | changes)


def test_a_customer_sees_own_orders_and_not_those_of_others(phone, order, other_customer):
    foreign = make_order(customer=other_customer)
    page = page_of(phone)
    assert order.number in page
    assert foreign.number not in page
    for address in ("", "again/"):
        assert phone.get(f"/my/orders/{foreign.number}/{address}").status_code == 404
    assert phone.post(f"/my/orders/{foreign.number}/again/", {}).status_code == 404
    assert phone.get("/my/orders/nothing/").status_code == 404


def test_the_order_list_can_be_filtered_by_status(phone, customer, order):
    paid = make_order(customer=customer, status=Status.PAID)
    page = page_of(phone, "/my/?status=paid")
    assert paid.number in page
    assert order.number not in page
    assert order.number in page_of(phone, "/my/?status=nonsense")


def test_the_order_list_can_be_paged_to_the_last_order(phone, customer, variant):
    numbers = {make_order(customer=customer, items=[ItemInput(variant.sku, 1)]).number for _ in range(21)}
    first = phone.get("/my/")
    second = phone.get(f"/my/?after={first.context['page'].next_cursor}")
    seen = [row[0].number for answer in (first, second) for row in answer.context["rows"]]
    assert (len(seen), set(seen)) == (21, numbers)


def test_an_order_row_shows_the_state_of_its_parcel(phone, customer):
    make_order(customer=customer, status=Status.SHIPPED)
    assert "包裹正在路上" in page_of(phone)


def test_messages_of_the_shop_count_as_unread_until_read_and_internal_notes_never(
    phone, customer, order, manager
):
    talk, staff = order.conversation.pk, Actor.staff(manager)
    for body, internal in (("在的", False), ("别告诉他", True), ("有货", False)):
        send_message(actor=staff, conversation_id=talk, client_id=uuid4(), body=body, internal=internal)

    assert [row[2] for row in phone.get("/my/").context["rows"]] == [(talk, 2)]
    talks = page_of(phone, "/my/chat/")
    assert "有货" in talks
    assert "别告诉他" not in talks
    mark_read(actor=Actor.customer(customer), conversation_id=talk, seq=10**6)
    assert [row[2] for row in phone.get("/my/").context["rows"]] == [None]


def test_the_order_list_takes_as_many_queries_for_twenty_orders_as_for_one(phone, customer, variant):
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            phone.get("/my/")
        return len(seen)

    make_order(customer=customer, status=Status.SHIPPED, items=[ItemInput(variant.sku, 1)])
    one = queries()
    for _ in range(10):
        make_order(customer=customer, status=Status.SHIPPED, items=[ItemInput(variant.sku, 1)])
    assert queries() == one <= 20


def test_an_order_opens_on_the_link_page_and_its_forms_work(phone, order):
    answer = phone.get(f"/my/orders/{order.number}/")
    assert order.number in answer.content.decode()
    assert "X-Offline-Owner" not in answer
    token = answer.context["token"]
    assert phone.get(f"/my/orders/{order.number}/").context["token"] == token

    asked = {"kind": "note", "note": "包装牢一点", "key": str(uuid4())}
    assert phone.post(f"/o/{token}/change/", asked).status_code == 302
    order.refresh_from_db()
    assert order.note == "包装牢一点"
    assert phone.get("/my/").status_code == 200


def test_spending_is_the_sum_paid_less_the_sum_refunded(customer, variant, time_machine):
    for day, count in (("2025-12-31", 1), ("2026-02-10", 2), ("2026-03-05", 3)):
        time_machine.move_to(datetime.fromisoformat(f"{day}T12:00:00+08:00"), tick=False)
        make_order(customer=customer, status=Status.PAID, items=[ItemInput(variant.sku, count)])
    make_order(customer=customer, items=[ItemInput(variant.sku, 9)])
    make_order(customer=customer, status=Status.REFUNDED, items=[ItemInput(variant.sku, 5)])

    spent = spending_of(customer, datetime(2026, 3, 31, 23, tzinfo=ZoneInfo("Asia/Shanghai")))
    assert [(each.currency, each.month, each.year, each.total) for each in spent] == [
        ("CNY", 3 * variant.price, 5 * variant.price, 6 * variant.price)
    ]
    orders = Order.objects.filter(customer=customer)
    assert spent[0].total == sum(each.paid_amount - each.refunded_amount for each in orders)


def test_a_month_of_spending_begins_in_the_shops_time_zone(customer, variant, time_machine):
    time_machine.move_to(datetime.fromisoformat("2026-02-28T16:30:00+00:00"), tick=False)
    make_order(customer=customer, status=Status.PAID, items=[ItemInput(variant.sku, 1)])
    (spent,) = spending_of(customer)
    assert spent.month == spent.total == variant.price


def test_a_customer_who_never_paid_has_spent_nothing(phone, order):
    assert spending_of(order.customer) == []
    assert "还没有付过款" in page_of(phone, "/my/me/")


def test_a_reorder_is_placed_at_todays_prices(phone, customer, variant, order):
    variant.price = Decimal("222.00")
    variant.save()
    page = page_of(phone, f"/my/orders/{order.number}/again/")
    assert "¥444.00" in page
    assert "机场路 88 号" in page

    answer = post_reorder(phone, order)
    new = Order.objects.exclude(pk=order.pk).get()
    assert answer["Location"] == f"/my/orders/{new.number}/"
    assert (new.status, new.source, new.customer, new.total) == (
        Status.PENDING_PAYMENT,
        "web",
        customer,
        Decimal("444.00"),
    )
    assert (new.receiver_name, new.street) == ("吴丽华", "机场路 88 号")


def test_wholesale_customers_pay_the_tier_price_of_the_quantity(phone, customer, variant, order):
    Customer.objects.filter(pk=customer.pk).update(tier="wholesale")
    TierPrice.objects.create(variant=variant, min_quantity=10, price=Decimal("150.00"))
    pk = order.lines.get().pk
    post_reorder(phone, order, **{f"quantity-{pk}": "12"})
    assert Order.objects.exclude(pk=order.pk).get().total == Decimal("1800.00")


def test_a_reorder_form_sent_twice_places_one_order(phone, order):
    key = str(uuid4())
    first, second = post_reorder(phone, order, key=key), post_reorder(phone, order, key=key)
    assert first["Location"] == second["Location"]
    assert Order.objects.count() == 2


def test_the_form_key_of_another_customer_does_not_return_their_order(phone_of, phone, order, other_customer):
    key = str(uuid4())
    post_reorder(phone, order, key=key)
    foreign = make_order(customer=other_customer)
    answer = post_reorder(phone_of(other_customer), foreign, key=key)
    assert Order.objects.get(number=answer["Location"].split("/")[3]).customer == other_customer


def test_a_reorder_leaves_out_discontinued_lines_and_caps_short_ones(phone, customer, variant):
    gone, out, few = (VariantFactory(on_hand=10) for _ in range(3))
    items = [ItemInput(each.sku, 3) for each in (variant, gone, out, few)]
    order = make_order(customer=customer, status=Status.CANCELLED, items=items)
    gone.is_active = False
    gone.save()
    for sku, pieces in ((out.sku, 0), (few.sku, 2)):
        set_stock(actor=Actor.system(), sku=sku, on_hand=pieces, reason="盘点")

    states = {line.sku: (line.state, line.quantity) for line in lines_to_reorder(order, customer)}
    assert states == {
        variant.sku: ("ok", 3),
        gone.sku: ("gone", 0),
        out.sku: ("out", 0),
        few.sku: ("capped", 2),
    }
    page = page_of(phone, f"/my/orders/{order.number}/again/")
    assert all(text in page for text in ("已下架", "售罄", "要 3 件，现在只有 2 件"))
    post_reorder(phone, order)
    new = Order.objects.exclude(pk=order.pk).get()
    assert {line.sku: line.quantity for line in new.lines.all()} == {variant.sku: 3, few.sku: 2}


def test_prices_changed_meanwhile_are_shown_before_a_reorder_is_placed(phone, variant, order):
    stale = phone.get(f"/my/orders/{order.number}/again/").context["prices"]
    variant.price = Decimal("999.00")
    variant.save()
    answer = post_reorder(phone, order, prices=stale)
    assert answer.status_code == 409
    assert "价格刚刚有变动" in answer.content.decode()
    assert "¥1,998.00" in answer.content.decode()
    assert Order.objects.count() == 1


def test_a_reorder_beyond_stock_or_without_full_address_is_refused_and_keeps_its_input(phone, variant, order):
    pk = order.lines.get().pk
    short = post_reorder(phone, order, **{f"quantity-{pk}": "5000"})
    assert (short.status_code, "库存不足" in short.content.decode()) == (422, True)
    half = post_reorder(phone, order, street="", note="快一点")
    assert (half.status_code, "快一点" in half.content.decode()) == (422, True)
    none = post_reorder(phone, order, **{f"quantity-{pk}": "0"})
    assert none.status_code == 422
    assert Order.objects.count() == 1


def test_a_customer_known_only_by_a_link_cannot_reorder(client, order):
    from shopcomm.core.accounts.services.order_links import link_token, make_link

    client.get(f"/o/{link_token(make_link(customer=order.customer, order_id=order.pk))}/")
    answer = client.post(f"/my/orders/{order.number}/again/", ADDRESS)
    assert answer["Location"].startswith("/my/login/")
    assert Order.objects.count() == 1


def test_a_closed_order_offers_a_reorder(phone, order):
    move(order, Status.CANCELLED)
    assert f"/my/orders/{order.number}/again/" in page_of(phone, f"/my/orders/{order.number}/")


def test_orders_placed_years_ago_stay_in_the_list(phone, order):
    Order.objects.update(placed_at=order.placed_at - timedelta(days=900))
    assert order.number in page_of(phone)
