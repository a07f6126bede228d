import pytest

from orders import hooks
from orders.errors import GuardFailed, NotAllowed
from orders.models import Order, Payment
from shopcomm.core.events.models import DomainEvent
from tests.factories import make_order, move

pytestmark = pytest.mark.django_db


def failing_guards(order: Order, to: str, **fields: object) -> list[str]:
    """The guards that refuse, after making sure that nothing happened."""
    before = Order.objects.values().get(pk=order.pk)
    with pytest.raises(GuardFailed) as refusal:
        move(order, to, **fields)
    assert Order.objects.values().get(pk=order.pk) == before
    assert refusal.value.status == 422
    assert all(guard["text"] for guard in refusal.value.extra["guards"])
    return refusal.value.names


def types_of(order: Order) -> list[str]:
    return list(DomainEvent.objects.filter(order_id=order.pk).order_by("id").values_list("type", flat=True))


# --- who ----------------------------------------------------------------------------------------
def test_a_customer_cannot_transition_another_customers_order(order, other_customer, as_actor):
    with pytest.raises(NotAllowed):
        move(order, "cancelled", actor=as_actor(other_customer))


def test_a_link_cannot_transition_another_order(order, customer, as_actor):
    other = make_order(customer=customer)
    with pytest.raises(NotAllowed):
        move(other, "cancelled", actor=as_actor(customer, order_id=order.pk))


def test_the_event_names_who_made_the_transition(order, as_actor, manager):
    move(order, "paid", actor=as_actor(manager), reference="V1")
    event = DomainEvent.objects.filter(order_id=order.pk).last()
    assert (event.type, event.actor_kind, event.actor_id, event.actor_name) == (
        "order.paid", "staff", manager.pk, "王芳",
    )  # fmt: skip
    assert event.data["version"] == 2


def test_a_failing_hook_rolls_the_transition_back(order, monkeypatch):
    def refuse(order, row, actor):
        raise RuntimeError("no conversation")

    monkeypatch.setattr(hooks, "order_event_hooks", [refuse])
    with pytest.raises(RuntimeError):
        move(order, "paid")
    order.refresh_from_db()
    assert (order.status, order.version, Payment.objects.count()) == ("pending_payment", 1, 0)
