from itertools import product

import pytest
from django.db import transaction

from orders.errors import IllegalTransition, NotAllowed, OrderClosed, OrderError
from orders.models import Order, OrderLine, Status
from orders.policies import transitions as table
from orders.policies.transitions import TRANSITIONS, transitions_from
from orders.selectors.orders import allowed_transitions
from orders.services.effects import EFFECTS
from orders.services.guards import GUARDS
from orders.services.transitions import transition_order
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.events.models import DomainEvent
from tests.factories import CustomerFactory, StaffFactory, integration, make_order, move, parcel

ROLES = ("customer", "sales", "warehouse", "manager", "system")

# `domain.md` 4.3, written down a second time by hand: who may call for what. A manager may do what sales and the
# warehouse may.
EXPECTED = {
    # Sales put an order on account; money is the manager's to book.
    ("pending_payment", "paid"): {"sales", "manager", "system"},
    ("pending_payment", "cancelled"): {"customer", "sales", "manager", "system"},
    ("paid", "picking"): {"warehouse", "manager"},
    ("paid", "shipped"): {"warehouse", "manager"},
    ("paid", "refunding"): {"customer", "sales", "manager"},
    ("picking", "paid"): {"warehouse", "manager"},
    ("picking", "shipped"): {"warehouse", "manager"},
    ("picking", "refunding"): {"customer", "sales", "manager"},
    ("shipped", "delivered"): {"warehouse", "manager", "system"},
    ("shipped", "picking"): {"warehouse", "manager", "system"},
    ("shipped", "completed"): {"customer"},
    ("shipped", "refunding"): {"customer", "sales", "manager"},
    # Sales may say so for a customer who phoned.
    ("delivered", "completed"): {"customer", "sales", "manager", "system"},
    ("delivered", "refunding"): {"customer", "sales", "manager"},
    ("completed", "refunding"): {"customer", "sales", "manager"},
    ("refunding", "refunded"): {"manager", "system"},
    **{
        ("refunding", back): {"customer", "sales", "manager"}
        for back in ("paid", "picking", "shipped", "delivered", "completed")
    },
}


def test_the_transition_table_has_the_rows_t1_to_t22():
    assert {row.key for row in TRANSITIONS} == {f"T{n}" for n in range(1, 23)}


def test_the_direct_transitions_are_exactly_those_of_the_domain():
    drawn: dict[tuple[str, str], set[str]] = {}
    for row in TRANSITIONS:
        if row.direct:
            drawn.setdefault((row.from_, row.to), set()).update(row.actors - {"api"})
    assert drawn == EXPECTED


def test_every_guard_and_effect_of_a_direct_transition_is_implemented():
    direct = [row for row in TRANSITIONS if row.direct]
    assert {name for row in direct for name in row.guards} <= set(GUARDS)
    assert {name for row in direct for name in row.effects} <= set(EFFECTS)


def test_every_guard_and_effect_is_used():
    assert set(GUARDS) == {name for row in TRANSITIONS for name in row.guards} & set(GUARDS)
    assert set(EFFECTS) == {name for row in TRANSITIONS for name in row.effects} & set(EFFECTS)


def test_every_status_is_reachable_and_only_two_are_final():
    reached, waiting = set(), {""}
    while waiting:
        status = waiting.pop()
        reached.add(status)
        waiting |= {row.to for row in TRANSITIONS if row.from_ == status} - reached
    assert reached == {"", *Status.values}
    assert {status for status in Status.values if not transitions_from(status)} == table.TERMINAL


def test_every_transition_except_t7_has_a_notice():
    assert {row.key for row in TRANSITIONS if not row.notice} == {"T7"}


def test_every_transition_has_a_label_and_an_event():
    assert all(str(row.label) and row.event.type for row in TRANSITIONS)


@pytest.mark.parametrize(("from_", "to"), sorted(EXPECTED))
def test_an_integration_may_make_every_direct_transition(from_, to):
    assert any(row.to == to and integration().may(row.right) for row in transitions_from(from_))


def actor_for(role: str, order: Order) -> Actor:
    if role == "customer":
        return Actor.customer(order.customer, order_id=order.pk)
    return Actor.system() if role == "system" else Actor.staff(StaffFactory(role=role))


def inputs_for(to: str, role: str) -> dict[str, object]:
    given: dict[str, object] = {"reason": "客户要求", "reference": "V-20261123"}
    if to == "paid":
        # A reference would tell of money that came late, which is booked whatever the status.
        given = {"reason": "客户要求", "method": "on_account" if role == "sales" else "cash"}
    return given | (parcel() if to == "shipped" else {})


@pytest.mark.django_db
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("status", Status.values)
def test_each_role_can_make_its_own_transitions_and_no_others(status, role):
    """Nine statuses × five roles × nine targets, against the list above."""
    order = make_order(status=status, customer=CustomerFactory(credit_limit=1000))
    actor = actor_for(role, order)
    for to in Status.values:
        may = EXPECTED.get((status, to))
        if status == "refunding" and to not in ("refunded", "paid"):
            may = None
        refusal, written = attempt_transition(order, to, actor, role)
        if status in table.TERMINAL:
            assert refusal is OrderClosed
        elif may is None:
            assert refusal is IllegalTransition
        elif role not in may:
            assert refusal is NotAllowed
        else:
            # Timers are the only permitted calls that refuse here: nothing is due yet.
            assert refusal is (GUARDED if (role, to) in TIMERS else None)
        assert (written > 0) == (refusal is None)


GUARDED = "guard_failed"
TIMERS = {("system", "cancelled"), ("system", "completed"), ("system", "delivered")}


def attempt_transition(order: Order, to: str, actor: Actor, role: str) -> tuple[object, int]:
    """How a call is refused, if it is, and how many events it wrote; then as if it had never been made."""
    answer: object = None
    before = DomainEvent.objects.filter(order_id=order.pk).count()
    with transaction.atomic():
        try:
            transition_order(actor=actor, order_id=order.pk, to=to, data=inputs_for(to, role))
        except OrderError as error:
            answer = GUARDED if error.code == "guard_failed" else type(error)
        written = DomainEvent.objects.filter(order_id=order.pk).count() - before
        transaction.set_rollback(True)
    return answer, written


@pytest.mark.django_db
def test_an_illegal_transition_names_the_allowed_ones(order, as_actor):
    with pytest.raises(IllegalTransition) as refusal:
        transition_order(actor=as_actor("manager"), order_id=order.pk, to="shipped", version=1, data=parcel())
    assert (refusal.value.status, refusal.value.code) == (409, "illegal_transition")
    assert refusal.value.extra == {
        "from": "pending_payment",
        "to": "shipped",
        "allowed": ["paid", "cancelled"],
    }


@pytest.mark.django_db
@pytest.mark.parametrize("to", ["", "nonsense", "PAID", "x" * 5000, "paid\x00"])
def test_an_unknown_status_is_an_illegal_transition(order, to):
    with pytest.raises(IllegalTransition):
        move(order, to)
    order.refresh_from_db()
    assert (order.status, order.version) == ("pending_payment", 1)


@pytest.mark.django_db
@pytest.mark.parametrize("status", sorted(table.TERMINAL))
def test_a_transition_of_a_closed_order_answers_order_closed(status):
    order = make_order(status=status)
    with pytest.raises(OrderClosed) as refusal:
        move(order, "paid")
    assert (refusal.value.status, refusal.value.code) == (409, "order_closed")


@pytest.mark.django_db
def test_allowed_transitions_are_exactly_those_the_service_accepts(as_actor):
    order = make_order(status="picking")
    labels = {role: [row.to for row in allowed_transitions(order, as_actor(role))] for role in ROLES[1:4]}
    assert labels == {
        "sales": ["refunding"],
        "warehouse": ["paid", "shipped"],
        "manager": ["paid", "shipped", "refunding"],
    }


@pytest.mark.django_db
def test_a_rejected_refund_returns_only_to_the_status_it_began_from(as_actor):
    order = make_order(via=["paid", "picking", "refunding"])
    assert [row.to for row in allowed_transitions(order, as_actor("manager"))] == ["refunded", "picking"]
    with pytest.raises(IllegalTransition):
        move(order, "paid")


def test_no_two_direct_transitions_of_one_actor_are_ambiguous():
    """Whoever calls with a status must mean one thing: only the customer's and the timer's ways may be parallel."""
    parallel = [
        (a.key, b.key)
        for a, b in product(TRANSITIONS, repeat=2)
        if a.direct
        and b.direct
        and a.key < b.key
        and (a.from_, a.to) == (b.from_, b.to)
        and a.actors & b.actors
    ]
    # Told apart by how it is paid (`method` says "on_account" or names money), and by how much goes back.
    assert set(parallel) == {("T2", "T3"), ("T19", "T20")}


@pytest.mark.django_db
def test_completing_an_order_keeps_its_shipped_quantities():
    order = make_order(status="completed")
    assert OrderLine.objects.get(order=order).shipped_quantity == 2
