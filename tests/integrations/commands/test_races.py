"""An answer, a withdrawal and a parcel at the same moment, on real connections: one of them is first, and all see it."""

import random

import pytest

from orders.errors import ChangePending
from orders.models import ChangeRequest, Order, Status
from orders.services.change_requests.request import accept_change, request_change, withdraw_change
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.events.models import DomainEvent
from shopcomm.edge.integrations.models import Connection, InboundRecord
from shopcomm.edge.integrations.services.applying import apply_record
from shopcomm.edge.integrations.services.receiving import store_record
from shopcomm.edge.integrations.tasks import apply_inbound
from tests.factories import move
from tests.integrations.commands.asking import NEW_STREET, answer_to
from tests.orders.test_concurrency import at_once

pytestmark = pytest.mark.django_db(transaction=True)
State = ChangeRequest.State
Records = InboundRecord.State
ROUNDS = 12


def ask(order: Order, street: str) -> ChangeRequest:
    return request_change(
        actor=Actor.customer(order.customer), order_id=order.pk, kind="address", data={"street": street}
    )


def stored(source: Connection, request: ChangeRequest, name: str, *, accepted: bool) -> InboundRecord:
    body = answer_to(request, accepted=accepted)
    return store_record(connection=source, message_id=f"{name}-{request.pk}", body=body)[0]


def test_an_acceptance_and_a_withdrawal_at_once_end_as_one_of_them(source: Connection, kept: Order) -> None:
    customer, dice, ends = Actor.customer(kept.customer), random.Random(7), set()
    for round_ in range(ROUNDS):
        street = f"文一西路 {round_} 号"
        asked = ask(kept, street)
        record = stored(source, asked, "a", accepted=True)
        works = [
            lambda pk=asked.pk: withdraw_change(actor=customer, request_id=pk),
            lambda pk=record.pk: apply_record(pk),
        ]
        dice.shuffle(works)
        at_once(works)
        asked.refresh_from_db()
        record.refresh_from_db()
        kept.refresh_from_db()
        ends.add(asked.state)
        if asked.state == State.ACCEPTED:
            assert (record.state, kept.street) == (Records.APPLIED, street)
        else:
            assert (asked.state, record.state) == (State.WITHDRAWN, Records.CONFLICT)
            assert kept.street != street
    assert ends <= {State.ACCEPTED, State.WITHDRAWN}


def test_the_same_answer_from_many_sides_at_once_is_one_change(
    source: Connection, kept: Order, allow_by_hand, sales
) -> None:
    asked = ask(kept, NEW_STREET)
    records = [stored(source, asked, name, accepted=True) for name in "abc"]
    seller = Actor.staff(sales)
    results = at_once(
        [
            *(lambda pk=each.pk: apply_record(pk) for each in records),
            lambda: accept_change(actor=seller, request_id=asked.pk),
        ]
    )
    assert [each for each in results if isinstance(each, Exception)] == []
    apply_inbound()
    asked.refresh_from_db()
    assert asked.state == State.ACCEPTED
    changed = DomainEvent.objects.filter(order_id=kept.pk, type="order.changed")
    assert [event.fact.request_id for event in changed] == [asked.pk]  # type: ignore[attr-defined]
    states = set(
        InboundRecord.objects.filter(pk__in=[each.pk for each in records]).values_list("state", flat=True)
    )
    assert states <= {Records.APPLIED, Records.UNCHANGED}


def test_contradicting_answers_at_once_leave_one_that_holds_and_one_that_is_shown(
    source: Connection, kept: Order
) -> None:
    asked = ask(kept, NEW_STREET)
    records = [
        stored(source, asked, "yes", accepted=True),
        stored(source, asked, "no", accepted=False),
    ]
    at_once([lambda pk=each.pk: apply_record(pk) for each in records])
    # One that found the other at work waits for the next turn.
    apply_inbound()
    asked.refresh_from_db()
    for each in records:
        each.refresh_from_db()
    assert sorted(each.state for each in records) == [Records.APPLIED, Records.CONFLICT]
    assert (asked.state == State.ACCEPTED) == (records[0].state == Records.APPLIED)


def test_no_parcel_leaves_for_an_address_that_was_accepted_at_the_same_moment(
    source: Connection, kept: Order
) -> None:
    move(kept, Status.PICKING)
    asked = ask(kept, NEW_STREET)
    record = stored(source, asked, "a", accepted=True)
    results = at_once([lambda: apply_record(record.pk), lambda: move(kept, Status.SHIPPED)])
    refused = [each for each in results if isinstance(each, Exception)]
    # Until the stockroom has seen the new address, it leaves for neither.
    assert [type(each) for each in refused] == [ChangePending]
    now = Order.objects.get(pk=kept.pk)
    assert (now.street, now.status, now.shipments.count()) == (NEW_STREET, Status.PICKING, 0)


def test_a_parcel_that_leaves_as_the_other_system_refuses_goes_to_the_address_of_the_order(
    source: Connection, kept: Order
) -> None:
    move(kept, Status.PICKING)
    asked = ask(kept, NEW_STREET)
    record = stored(source, asked, "a", accepted=False)
    at_once([lambda: apply_record(record.pk), lambda: move(kept, Status.SHIPPED)])
    now = Order.objects.get(pk=kept.pk)
    asked.refresh_from_db()
    assert (asked.state, now.street) == (State.DECLINED, "机场路 88 号")
    if now.status == Status.SHIPPED:
        assert "机场路 88 号" in now.shipments.get().label_address
