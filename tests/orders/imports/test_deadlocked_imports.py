"""An import whose transaction was ended by a deadlock begins it again, counts nothing twice, and says what is left."""

import pytest

from messaging.services.conversations import lock_conversations_of
from orders.models import ImportedDocument, Order, Refund
from orders.services.locks import lock_order
from shopcomm.core.deadlocks import TRIES
from tests.deadlocks import ended_soon, in_the_way
from tests.orders.imports.conftest import BAG, HEAD, sums

__all__ = ["ended_soon"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("ended_soon")]

UCI = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
SALE = "536370,22661,CHARLOTTE BAG,20,2010-12-01 08:45:00,0.85,12583.0,France"
BACK = "C536400,22661,CHARLOTTE BAG,-5,2010-12-09 10:00:00,0.85,12583.0,France"
SECOND = BAG.replace("TB-1,托特包,黑色,10,28.50", "TB-2,手提包,红,5,10")
BUSY = "系统正忙，请过几秒再试"


def talked_about(order: Order, times: int = TRIES):
    """Somebody who takes the order's conversation before the order."""
    return in_the_way(
        kept=lambda: lock_conversations_of([order.pk]), wanted=lambda: lock_order(order.pk), times=times
    )


@pytest.fixture
def sold(take) -> Order:
    """An order whose return was brought in before it."""
    assert take(UCI, BACK).rejected == 1
    take(UCI, SALE)
    return Order.objects.get()


def test_a_return_deadlocked_during_import_is_booked_once(take, sold):
    with talked_about(sold, times=1) as other:
        report = take(UCI, BACK)
    assert (other.crossed, report.returns, report.return_lines, report.rejected) == (1, 1, 1, 0)
    assert [str(each.amount) for each in Refund.objects.all()] == ["4.25"]
    assert sold.lines.get().returned_quantity == 5


def test_a_return_whose_sale_stays_locked_is_reported_and_imported_by_the_next_run(take, sold):
    with talked_about(sold) as other:
        report = take(UCI, BACK)
    assert (other.crossed, report.return_lines, report.reasons) == (TRIES, 0, {BUSY: 1})
    assert ImportedDocument.objects.get(number="C536400").unmatched == [0]
    assert (take(UCI, BACK).return_lines, Refund.objects.count()) == (1, 1)


@pytest.fixture
def half(take) -> Order:
    """What an older version made of an order with one unreadable row."""
    take(HEAD, BAG)
    ImportedDocument.objects.update(marks=[], outcome="")
    return Order.objects.get()


def test_a_partly_imported_order_is_completed_once_despite_a_deadlock(take, half):
    with talked_about(half, times=1) as other:
        report = take(HEAD, BAG, SECOND)
    assert (other.crossed, report.completed, sums("T1")) == (1, ["T1"], (15, "335.00"))
    assert sorted(str(each.amount) for each in half.payments.all()) == ["285.00", "50.00"]


def test_a_partly_imported_order_that_stays_locked_is_completed_by_the_next_run(take, half):
    with talked_about(half) as other:
        report = take(HEAD, BAG, SECOND)
    assert (other.crossed, report.completed, report.reasons) == (TRIES, [], {BUSY: 2})
    assert sums("T1") == (10, "285.00")
    assert (take(HEAD, BAG, SECOND).completed, sums("T1")) == (["T1"], (15, "335.00"))
