"""Whatever is missing and whatever customers choose, money and stock add up."""

from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orders.errors import OrderError
from orders.models import Order, Status, Variant
from orders.selectors.items import ItemInput
from orders.selectors.shortages import all_options, missing_pieces, standing_tasks
from orders.services.shortages import report_missing
from orders.services.stock import set_stock
from orders.tasks.sweeps import sweep_shortages
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.events.models import DomainEvent
from tests.factories import StaffFactory, VariantFactory, integration, make_order, move
from tests.orders.test_shortages import choose_as_customer, offer_all_options, reloaded

pytestmark = pytest.mark.django_db

KEYS = ["wait", "split", "refund", "swap"]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("lack"), st.integers(0, 1), st.integers(1, 3)),
            st.tuples(st.just("tap"), st.integers(0, 1), st.sampled_from(KEYS)),
            st.tuples(st.just("stock"), st.integers(0, 1), st.integers(1, 3)),
            st.tuples(st.just("ship"), st.just(0), st.just(0)),
        ),
        min_size=1,
        max_size=10,
    )
)
def test_money_and_stock_balance_for_any_shortage_and_choice(db, steps):
    with transaction.atomic():
        one, other = VariantFactory(on_hand=6), VariantFactory(on_hand=4)
        spare = VariantFactory(product=one.product, on_hand=3, price=one.price - 20)
        order = make_order(status=Status.PAID, items=[ItemInput(one.sku, 4), ItemInput(other.sku, 3)])
        desk, stockroom = Actor.staff(StaffFactory()), Actor.staff(StaffFactory(role="warehouse"))
        for name, at, what in steps:
            try:
                with transaction.atomic():
                    _step(name, at, what, order, (one, other, spare), desk, stockroom)
            except (OrderError, IndexError, StopIteration):
                pass
            check_sums_of(order)
        transaction.set_rollback(True)


def _step(name, at, what, order, variants, desk, stockroom) -> None:
    if name == "lack":
        report_missing(actor=stockroom, line_id=order.lines.order_by("pk")[at].pk, missing=what)
    elif name == "stock":
        set_stock(actor=Actor.system(), sku=variants[at].sku, delta=what)
        sweep_shortages()
    elif name == "ship":
        move(order, "picking" if reloaded(order).status == "paid" else "shipped", actor=integration())
    else:
        task = order.shortages.filter(state__in=("open", "offered")).order_by("pk")[at]
        offer_all_options(task, desk)
        choose_as_customer(task, next(option.key for option in all_options(task) if option.kind == what))


def check_sums_of(order: Order) -> None:
    order = reloaded(order)
    missing = missing_pieces(order) if order.status in ("paid", "picking") else {}
    standing = standing_tasks().filter(order=order)
    if order.status != Status.REFUNDING:
        assert {task.line_id: task.missing for task in standing} == missing
        assert order.shortage == bool(missing)
    for variant in Variant.objects.all():
        held = sum(row.quantity for row in variant.reservations.all())
        open_ = sum(line.open_quantity for line in variant.order_lines.all())
        short = sum(count for pk, count in missing_pieces(order).items() if variant.order_lines.filter(pk=pk))
        assert (held, held + short) == (variant.reserved, open_)
        assert variant.available >= 0
    promised = sum((row.amount for row in order.refunds.filter(state="approved")), Decimal(0))
    assert promised == max(order.paid_amount - order.total, 0) or order.status == Status.REFUNDING
    events = DomainEvent.objects.filter(order_id=order.pk).order_by("id")
    assert [event.data["version"] for event in events] == list(range(1, order.version + 1))
