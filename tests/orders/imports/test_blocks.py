"""Invoices are written by the block: what comes of a file does not depend on who is written with whom."""

import json
import re
from collections import Counter
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orders.models import ImportedDocument, NumberDay, Order, OrderLine
from orders.services.imports import importing, writing
from orders.services.imports.report import Report
from orders.services.imports.writing import Writer
from shopcomm.core.database.plan_ages import FORGET_PLANS
from shopcomm.core.events.models import DomainEvent

pytestmark = pytest.mark.django_db

UCI = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
HEAD = "订单号,货号,品名,颜色,数量,单价,下单时间,客户,手机,地址,订单状态,运费,优惠,退款金额,物流公司,运单号"
STATES = [
    "交易成功",
    "交易成功",
    "等待买家付款",
    "交易关闭",
    "买家已付款",
    "卖家已发货",
    "退款成功",
    "天知道",
]

uci_rows = st.lists(
    st.tuples(
        st.integers(536_365, 536_380),
        st.sampled_from(["22661", "85123a", "POST", "D", "M"]),
        st.sampled_from(["BAG ONE", "BAG TWO", ""]),
        st.sampled_from(["1", "2", "6", "six"]),
        st.sampled_from(["0.85", "2.55", "0", "?"]),
        st.sampled_from(["17850", "12583.0", ""]),
        st.sampled_from(["France", "Germany"]),
        # Some of it comes back, the day after.
        st.booleans(),
    ),
    max_size=30,
)
shop_rows = st.lists(
    st.tuples(
        st.sampled_from([f"T{number}" for number in range(8)] + ["单1", "单2"]),
        st.sampled_from(["TB-1", "TB-2", "tb-1"]),
        st.sampled_from(["红", "黑\\白", ""]),
        st.sampled_from(["1", "3", "两个"]),
        st.sampled_from(["28.50", "¥9.99", "12.345", "9999999999.99", "$5"]),
        st.sampled_from(["", "张姐", "李 50%"]),
        st.sampled_from(["", "13900000001", "不知道"]),
        st.sampled_from(STATES),
        st.sampled_from(["", "10"]),
        st.sampled_from(["", "3", "9999999999.99"]),
        st.sampled_from(["", "5"]),
        st.sampled_from(["", "圆通"]),
        st.sampled_from(["", "YT1000000001", "YT1000000002"]),
    ),
    max_size=25,
)


def uci_file(rows: list[tuple[Any, ...]]) -> list[str]:
    """As the wholesaler wrote it: by day, so that what comes back was sold before."""
    sold = [
        f"{n},{sku},{name},{q},2010-12-01 08:26:00,{p},{who},{where}"
        for n, sku, name, q, p, who, where, _ in rows
    ]
    back = [
        f"C{n},{sku},{name},-{q},2010-12-02 08:26:00,{p},{who},{where}"
        for n, sku, name, q, p, who, where, comes_back in rows
        if comes_back
    ]
    return [UCI, *sold, *back]


def shop_file(rows: list[tuple[Any, ...]]) -> list[str]:
    lines = []
    for number, sku, color, count, price, who, phone, state, freight, off, back, carrier, waybill in rows:
        place = f"2026-03-05 09:05:00,{who},{phone},河北省保定市白沟镇A区12号"
        lines.append(
            f"{number},{sku},托特包,{color},{count},{price},{place},{state},{freight},{off},{back},{carrier},{waybill}"
        )
    return [HEAD, *lines]


QUERIES = {
    "orders": "SELECT o.*, c.name AS who, c.phone, c.external_id AS who_id FROM orders_order o"
    " JOIN accounts_customer c ON c.id = o.customer_id",
    "lines": "SELECT l.*, o.external_id, v.price FROM orders_orderline l JOIN orders_order o ON o.id = l.order_id"
    " JOIN orders_variant v ON v.id = l.variant_id",
    "parcels": "SELECT s.*, o.external_id, l.sku, c.quantity FROM orders_shipmentline c"
    " JOIN orders_shipment s ON s.id = c.shipment_id JOIN orders_order o ON o.id = s.order_id"
    " JOIN orders_orderline l ON l.id = c.line_id",
    "payments": "SELECT p.*, o.external_id FROM orders_payment p JOIN orders_order o ON o.id = p.order_id",
    "refunds": "SELECT r.*, o.external_id FROM orders_refund r JOIN orders_order o ON o.id = r.order_id",
    "moves": "SELECT m.*, o.external_id, v.sku FROM orders_stockmovement m"
    " LEFT JOIN orders_order o ON o.id = m.order_id JOIN orders_variant v ON v.id = m.variant_id",
    "events": "SELECT e.type, e.data - 'shipment_id' - 'message' - 'task_id', e.actor_kind, e.actor_name,"
    " o.external_id FROM events_domainevent e LEFT JOIN orders_order o ON o.id = e.order_id",
    "talks": "SELECT t.*, o.external_id FROM messaging_conversation t JOIN orders_order o ON o.id = t.order_id",
    "messages": "SELECT m.seq, m.public_prev, m.kind, m.body, m.internal, m.data - 'event_id', o.external_id"
    " FROM messaging_message m JOIN messaging_conversation t ON t.id = m.conversation_id"
    " JOIN orders_order o ON o.id = t.order_id",
    "goods": "SELECT v.*, p.name FROM orders_variant v JOIN orders_product p ON p.id = v.product_id",
    "people": "SELECT * FROM accounts_customer",
    "documents": "SELECT * FROM orders_importeddocument",
    "waiting": "SELECT * FROM orders_unfinisheddocument",
}
# Keys, and when it was written.
OWN = re.compile(r"(^|_)id$|^(created|updated|imported|seen|requested|occurred|last_message)_at$|^client_id$")
# Numbers of the shop's own have gaps; seconds of today differ.
PASSING = re.compile(r"XB-\d{6}-\d+")


def everything() -> dict[str, Counter[str]]:
    """All rows that an import writes, without keys."""
    found = {}
    with connection.cursor() as cursor:
        for name, sql in QUERIES.items():
            cursor.execute(sql)
            columns = [each.name for each in cursor.description]
            kept = [
                place
                for place, column in enumerate(columns)
                if not OWN.search(column) or column == "external_id"
            ]
            rows = [json.dumps([str(row[place]) for place in kept]) for row in cursor.fetchall()]
            found[name] = Counter(PASSING.sub("XB", row) for row in rows)
    return found


@pytest.fixture
def in_blocks_of(take, monkeypatch):
    """Import a file in blocks of so many, and take back what it wrote. Returns that and what was refused."""

    def imported(most: int, lines: list[str]) -> tuple[dict[str, Counter[str]], Report]:
        monkeypatch.setattr(importing, "BATCH", most)
        with transaction.atomic():
            report = take(*lines)
            rows = everything()
            transaction.set_rollback(True)
        return rows, report

    return imported


same_rows = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def check_blocks(in_blocks_of, lines: list[str]) -> None:
    one_by_one, alone = in_blocks_of(1, lines)
    in_blocks, together = in_blocks_of(200, lines)
    assert in_blocks == one_by_one
    assert (together.reasons, together.orders, together.lines) == (alone.reasons, alone.orders, alone.lines)
    assert (together.sold, together.returned) == (alone.sold, alone.returned)


@same_rows
@given(rows=uci_rows)
def test_blocks_write_the_same_rows_of_a_history_with_returns_as_single_orders(in_blocks_of, rows):
    check_blocks(in_blocks_of, uci_file(rows))


@same_rows
@given(rows=shop_rows)
def test_blocks_write_the_same_rows_of_a_shops_export_as_single_orders(in_blocks_of, rows):
    check_blocks(in_blocks_of, shop_file(rows))


def sales(count: int, lines: int = 2) -> list[str]:
    return [
        f"{600_000 + order},{20_000 + line},BAG {line},3,2010-12-01 08:26:00,2.55,{12_000 + order % 7},France"
        for order in range(count)
        for line in range(lines)
    ]


def test_an_order_that_somebody_else_brings_in_meanwhile_is_refused_alone(take, monkeypatch):
    tries: list[int] = []
    add_all = Writer._add_all

    def beside_another_import(writer, batch):
        if not tries:
            ImportedDocument.objects.create(number="600077", lines=2, amount="15.30")
        tries.append(len(batch))
        return add_all(writer, batch)

    monkeypatch.setattr(Writer, "_add_all", beside_another_import)
    report = take(UCI, *sales(150))

    assert report.reasons == {"同一单据正被另一个导入处理": 2}
    assert (report.orders, Order.objects.count(), OrderLine.objects.count()) == (149, 149, 298)
    assert not Order.objects.filter(number="600077").exists()
    assert DomainEvent.objects.filter(type="order.created").count() == 149
    # The block in halves, and the half with the order again, until it is alone.
    assert tries[:3] == [150, 75, 37] or tries[:3] == [150, 75, 75]
    assert len(tries) <= 16


@pytest.mark.parametrize("refused", ["9999999999.99,2", "0.01,1"])
def test_an_order_with_a_sum_too_large_to_keep_is_refused_alone(take, refused):
    head = "订单号,货号,品名,单价,数量,下单时间,客户,优惠"
    price, count = refused.split(",")
    too_much = f"T1,TB-1,托特包,{price},{count},2026-03-05,张姐,9999999999.99"
    report = take(
        head, "T0,TB-1,托特包,28.50,1,2026-03-05,张姐,", too_much, "T2,TB-1,托特包,28.50,1,2026-03-05,张姐,"
    )
    assert report.reasons == {"订单金额不正确": 1}
    assert sorted(Order.objects.values_list("number", flat=True)) == ["T0", "T2"]


def test_a_return_with_a_sum_too_large_to_keep_is_refused_alone(take):
    back = "C600001,20000,BAG,-100000,2010-12-09 08:26:00,9999999999.99,12000,France"
    report = take(UCI, *sales(2), back)
    assert report.reasons == {"订单金额不正确": 1}
    assert Order.objects.count() == 2


def statements(take, lines: list[str]) -> int:
    """All that one run asks of tables, COPY included; to forget plans now and then asks nothing of them."""
    asked: list[str] = []

    def count(execute, sql, params, many, context):
        asked.extend([sql] if sql != FORGET_PLANS else [])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(count):
        take(*lines)
    return len(asked)


def test_a_block_costs_the_same_statements_however_many_orders_it_has(take):
    take(UCI, *sales(7))
    few = statements(take, [UCI, *(line.replace("6000", "6100", 1) for line in sales(10))])
    many = statements(take, [UCI, *(line.replace("600", "620", 1) for line in sales(200))])
    assert many == few <= 22


def test_numbers_for_a_block_come_in_a_few_statements(take, django_assert_num_queries):
    moments = [each.placed_at for each in (take(UCI, *sales(1)), Order.objects.get())[1:]]
    with django_assert_num_queries(3):
        first = writing.next_numbers(moments * 3)
    with django_assert_num_queries(2):
        second = writing.next_numbers(moments * 2)
    assert first + second == [f"XB-101201-{count:04d}" for count in range(1, 6)]
    assert NumberDay.objects.count() == 1
