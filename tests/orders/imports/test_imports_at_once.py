"""Real connections: two imports at once, and an import beside staff, wait for each other's rows in one order."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from orders.models import ImportedDocument, Order, OrderLine, Product, Variant
from orders.selectors.items import ItemInput
from orders.services.imports import import_orders
from orders.services.imports.report import Report
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Customer
from tests.factories import make_order
from tests.orders.test_concurrency import at_once

pytestmark = pytest.mark.django_db(transaction=True)

HEAD = "订单号,货号,品名,数量,单价,下单时间,客户,手机,物流公司,运单号"
ORDERS = 60
ENDED = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"


def row(number: int) -> str:
    sku, who, waybill = f"TB-{number % 9}", number % 11, f"YT{10_000_000 + number // 2}"
    return f"T{number},{sku},托特包,2,28.50,2026-03-05 09:05:00,客户{who},139000000{who:02d},圆通,{waybill}"


def imported(path: Path, numbers: list[int]) -> Report:
    path.write_text("\n".join([HEAD, *map(row, numbers)]) + "\n")
    return import_orders(path, actor=Actor.system("导入"))


@pytest.fixture
def no_deadlock() -> Iterator[None]:
    """PostgreSQL has ended nobody for another's sake."""

    def ended() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(ENDED)
            return cursor.fetchone()[0]

    before = ended()
    yield
    assert ended() == before


@pytest.mark.usefixtures("no_deadlock")
def test_imports_of_the_same_orders_in_opposite_directions_bring_in_each_once(tmp_path):
    forth, back = list(range(ORDERS)), list(reversed(range(ORDERS)))
    reports = at_once(
        lambda numbers=numbers, place=place: imported(tmp_path / f"{place}.csv", numbers)
        for place, numbers in enumerate([forth, back, forth, back])
    )

    assert [type(report).__name__ for report in reports] == ["Report"] * 4
    assert sum(report.orders for report in reports) == ORDERS
    assert Order.objects.count() == OrderLine.objects.count() == ImportedDocument.objects.count() == ORDERS
    assert (Variant.objects.count(), Customer.objects.count()) == (9, 11)
    # Whoever came later found the order in, or was told that another import has it in its hands.
    for report in reports:
        assert report.orders + report.repeated + report.rejected == ORDERS
        assert set(report.reasons) <= {"同一单据正被另一个导入处理"}


@pytest.mark.usefixtures("no_deadlock")
def test_an_import_beside_staff_who_sell_and_ship_the_same_goods_disturbs_neither(tmp_path, take):
    take(HEAD, *map(row, range(11)))
    Product.objects.update(is_active=True)
    Variant.objects.update(on_hand=1_000, is_active=True)
    skus = sorted(Variant.objects.values_list("sku", flat=True))
    people = list(Customer.objects.order_by("pk"))

    def sell(turn: int) -> str:
        """Orders of several goods, back to front each second time, shipped at once."""
        goods = skus[turn : turn + 4] if turn % 2 else list(reversed(skus[turn : turn + 4]))
        for customer in people[turn::3]:
            make_order(customer=customer, items=[ItemInput(sku, 1) for sku in goods], status="shipped")
        return "sold"

    calls = [lambda turn=turn: sell(turn) for turn in range(3)]
    calls += [
        lambda first=first: imported(tmp_path / f"{first}.csv", list(range(first, first + ORDERS)))
        for first in (100, 130)
    ]
    results = at_once(calls)

    assert results[:3] == ["sold"] * 3
    assert [report.orders + report.repeated + report.rejected for report in results[3:]] == [ORDERS, ORDERS]
    assert sum(report.orders for report in results[3:]) == 90
    assert Order.objects.filter(external_id__startswith="import:").count() == 11 + 90
    assert Order.objects.filter(external_id=None, status="shipped").count() == len(people)
