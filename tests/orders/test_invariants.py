"""Random walks over the state machine: whatever is called, the invariants of the domain hold afterwards."""

from copy import copy
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
import time_machine
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orders.errors import OrderError
from orders.models import AfterSalesCase, ChangeRequest, Order, Refund, Status, StockReservation, Variant
from orders.policies.after_sales import CASE_MOVES
from orders.policies.transitions import TRANSITIONS
from orders.selectors.items import ItemInput
from orders.selectors.shortages import missing_pieces, standing_tasks
from orders.services.after_sales import (
    CaseInput,
    CaseLine,
    appeal_case,
    approve_case,
    open_case,
    record_return_parcel,
    reject_case,
    withdraw_case,
)
from orders.services.change_requests.consent import edit_or_request_consent
from orders.services.change_requests.request import accept_change
from orders.services.refunds import pay_refund
from orders.services.returns import conclude_case, inspect_return
from orders.services.shortage_tasks import SHORT_IN
from orders.services.stock import set_stock
from orders.services.transitions import transition_order
from orders.services.warehouse import acknowledge_alert, acknowledge_order
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.events.models import DomainEvent
from tests.factories import StaffFactory, VariantFactory, integration, make_order, move, parcel

# A busy machine takes minutes for it.
pytestmark = [pytest.mark.django_db, pytest.mark.timeout(600)]

EDGES = {(row.from_, row.to) for row in TRANSITIONS}
ROLES = ("customer", "sales", "warehouse", "manager", "system", "api")

moves = st.tuples(
    st.just("move"),
    st.sampled_from(Status.values),
    st.sampled_from(ROLES),
    st.fixed_dictionaries(
        {
            "amount": st.sampled_from([None, None, None, "100.00", "398.00", "1"]),
            "restock": st.booleans(),
            "part": st.sampled_from([None, None, 1]),
        }
    ),
)
case_steps = st.one_of(
    st.tuples(st.just("claim"), st.sampled_from(["return", "exchange", "refund"]), st.integers(1, 2)),
    st.tuples(st.just("case"), st.sampled_from(sorted(CASE_MOVES)), st.integers(0, 2)),
    st.tuples(st.just("case"), st.sampled_from(sorted(CASE_MOVES)), st.integers(0, 2)),
    st.tuples(st.just("pay_back")),
)
steps = st.one_of(
    moves,
    moves,
    st.tuples(st.just("edit"), st.sampled_from(["street", "urgent", "items", "discount"]), st.integers(0, 4)),
    st.tuples(st.just("acknowledge")),
    st.tuples(st.just("stock"), st.integers(-5, 5)),
    case_steps,
    st.tuples(st.just("wait"), st.integers(1, 20)),
)


class Walk:
    """One order, a variant with few pieces, and somebody of every role who tries things."""

    def __init__(self, *statuses: str) -> None:
        self.variant = VariantFactory(on_hand=6)
        self.other = VariantFactory(on_hand=3, product=self.variant.product, price=self.variant.price + 20)
        self.order = make_order(items=[ItemInput(self.variant.sku, 2)])
        self.staff = {role: Actor.staff(StaffFactory(role=role)) for role in ROLES[1:4]}
        self.now = timezone.now()
        for status in statuses:
            move(self.order, status)
        self.state = whole_state()
        check_everything()

    def actor(self, role: str) -> Actor:
        others = {
            "customer": Actor.customer(self.order.customer),
            "system": Actor.system(),
            "api": integration(),
        }
        return (self.staff | others)[role]

    def take(self, step: tuple) -> None:
        """Try one thing; what is done keeps the invariants, and being refused is fine, half a change is not."""
        if step[0] == "wait":
            self.now += timedelta(days=step[1])
            return
        try:
            with time_machine.travel(self.now), transaction.atomic():
                getattr(self, step[0])(*step[1:])
        except OrderError:
            assert whole_state() == self.state
        else:
            self.state = whole_state()
            check_everything()

    def move(self, to: str, role: str, data: dict) -> None:
        lines = [{"sku": self.variant.sku, "quantity": data["part"]}] if data["part"] else None
        inputs = parcel(reason="随机", reference=f"R{self.now.timestamp()}", restock=data["restock"])
        if to != "shipped":
            inputs["amount"] = data["amount"]
        transition_order(
            actor=self.actor(role), order_id=self.order.pk, to=to, data=inputs | {"lines": lines}
        )

    def edit(self, field: str, number: int) -> None:
        values = {
            "street": f"随机路 {number} 号",
            "urgent": bool(number % 2),
            "items": [{"sku": sku, "quantity": number} for sku in (self.variant.sku, self.other.sku)],
            "discount": str(number),
        }
        _order, asked = edit_or_request_consent(
            actor=self.staff["sales"], order_id=self.order.pk, version=None, changes={field: values[field]}
        )
        # What the customer has paid for changes by their tap, and while it is picked by the warehouse's, too.
        for actor in (Actor.customer(self.order.customer), self.staff["warehouse"]):
            if asked is not None and asked.state == ChangeRequest.State.OPEN:
                asked = accept_change(actor=actor, request_id=asked.pk)

    def acknowledge(self) -> None:
        acknowledge_order(actor=self.staff["warehouse"], order_id=self.order.pk)
        for alert in self.order.alerts.filter(acknowledged_at=None):
            acknowledge_alert(actor=self.staff["warehouse"], alert_id=alert.pk)

    def claim(self, kind: str, quantity: int) -> None:
        line = self.order.lines.order_by("pk").first()
        lines = [CaseLine(line.pk, quantity, self.other.sku)]
        open_case(
            actor=self.actor("customer"), order_id=self.order.pk, wanted=CaseInput(kind, "damaged", lines)
        )

    def case(self, command: str, number: int) -> None:
        case = self.order.after_sales.order_by("-pk").first()
        if case is None:
            return
        boss, customer, row = self.staff["manager"], self.actor("customer"), case.lines.get()
        good = min(number, row.quantity)
        counted = {row.pk: (good, row.quantity - good)}
        {
            "approve": lambda: approve_case(actor=boss, case_id=case.pk),
            "reject": lambda: reject_case(actor=boss, case_id=case.pk, reason="不行"),
            "appeal": lambda: appeal_case(actor=customer, case_id=case.pk, note="请再看"),
            "withdraw": lambda: withdraw_case(actor=customer, case_id=case.pk),
            "send": lambda: record_return_parcel(
                actor=customer, case_id=case.pk, carrier="yunda", tracking_number=f"YD{case.pk}{number}"
            ),
            "inspect": lambda: inspect_return(actor=boss, case_id=case.pk, counted=counted),
            "conclude": lambda: conclude_case(actor=boss, case_id=case.pk, amount=Decimal(number * 50)),
        }[command]()

    def pay_back(self) -> None:
        for refund in Refund.objects.filter(state="approved").exclude(purpose="exchange"):
            pay_refund(actor=self.staff["manager"], refund_id=refund.pk, reference=f"B{refund.pk}")

    def stock(self, delta: int) -> None:
        set_stock(actor=Actor.system(), sku=self.variant.sku, delta=delta)


def whole_state() -> list:
    orders = list(Order.objects.order_by("pk").values())
    return [
        orders,
        list(Variant.objects.order_by("pk").values("on_hand", "reserved", "damaged")),
        list(AfterSalesCase.objects.order_by("pk").values()),
        list(Refund.objects.order_by("pk").values()),
        DomainEvent.objects.count(),
    ]


@pytest.fixture
def placed(db: None) -> Walk:
    """Where the walks begin; each goes back to it."""
    return Walk()


@pytest.fixture
def delivered(db: None) -> Walk:
    return Walk("paid", "picking", "shipped", "delivered")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(steps, min_size=1, max_size=16))
def test_a_random_walk_keeps_every_invariant(placed, walk):
    with transaction.atomic():
        journey = copy(placed)
        for step in walk:
            journey.take(step)
        transaction.set_rollback(True)


@pytest.mark.longest
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.one_of(steps, steps, case_steps, case_steps), min_size=2, max_size=14))
def test_a_random_walk_after_delivery_keeps_money_and_stock_balanced(delivered, walk):
    with transaction.atomic():
        journey = copy(delivered)
        for step in walk:
            journey.take(step)
        transaction.set_rollback(True)


def check_everything() -> None:
    for order in Order.objects.all():
        check_order(order)
    check_stock()


def check_order(order: Order) -> None:
    order.refresh_from_db()
    events = list(DomainEvent.objects.filter(order_id=order.pk).order_by("id"))
    assert [event.data["version"] for event in events] == list(range(1, order.version + 1))
    path = [(event.data["status_from"], event.data["status_to"]) for event in events]
    assert all(edge in EDGES or edge[0] == edge[1] for edge in path)
    assert all(left[1] == right[0] for left, right in pairwise(path))
    assert path[-1][1] == order.status
    assert (order.status_before != "") == (order.status == Status.REFUNDING)
    settled = Refund.objects.filter(order=order, state="succeeded").aggregate(sum=Sum("amount"))["sum"]
    assert (settled or Decimal(0)) == order.refunded_amount <= order.paid_amount
    assert (order.payments.aggregate(sum=Sum("amount"))["sum"] or Decimal(0)) == order.paid_amount
    if order.status == Status.REFUNDED:
        assert order.refunded_amount == order.paid_amount
    promised = Refund.objects.filter(order=order, state__in=("requested", "approved", "failed"))
    assert order.refunded_amount + sum((row.amount for row in promised), Decimal(0)) <= order.paid_amount
    assert all(line.returned_quantity <= line.shipped_quantity for line in order.lines.all())
    if order.status != Status.REFUNDING:
        missing = missing_pieces(order) if order.status in SHORT_IN else {}
        assert {task.line_id: task.missing for task in standing_tasks().filter(order=order)} == missing
        assert order.shortage == bool(missing)


def check_stock() -> None:
    for variant in Variant.objects.all():
        sums = variant.movements.aggregate(
            on_hand=Sum("on_hand_delta"), reserved=Sum("reserved_delta"), damaged=Sum("damaged_delta")
        )
        assert sums == {name: getattr(variant, name) for name in ("on_hand", "reserved", "damaged")}
        assert variant.available >= 0
        assert variant.reserved >= 0
        held = StockReservation.objects.filter(variant=variant).aggregate(sum=Sum("quantity"))["sum"] or 0
        assert held == variant.reserved
        # What is open and not held is a shortage; `check_order` looks at whether somebody has a task for it.
        lines = variant.order_lines.exclude(order__status__in=("cancelled", "refunded"))
        short = [missing_pieces(line.order).get(line.pk, 0) for line in lines.select_related("order")]
        assert sum(line.open_quantity for line in lines) == variant.reserved + sum(short)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 4)), min_size=1, max_size=5), st.data())
def test_reserved_pieces_never_exceed_the_stock(db, wanted, data):
    with transaction.atomic():
        variants = [VariantFactory(on_hand=5) for _ in range(3)]
        for which, quantity in wanted:
            try:
                order = make_order(items=[ItemInput(variants[which].sku, quantity)])
            except OrderError:
                continue
            if data.draw(st.booleans()):
                transition_order(actor=integration(), order_id=order.pk, to="cancelled")
            check_stock()
        transaction.set_rollback(True)
