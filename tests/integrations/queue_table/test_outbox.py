"""What ShopComm tells another system: each event it wants once, in order, with the body of a webhook."""

import json
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from orders.models import Order
from orders.services.change_requests.request import request_change
from orders.services.transitions import transition_order
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.events.models import DomainEvent
from shopcomm.core.events.relay import relay
from shopcomm.edge.integrations.commands.services.keeping import change_keeping
from shopcomm.edge.integrations.keeping import Keeping
from shopcomm.edge.integrations.queue_table.services import outbox
from shopcomm.edge.integrations.queue_table.services.inbox import take_inboxes
from shopcomm.edge.integrations.queue_table.services.roles import RoleRefused
from shopcomm.edge.integrations.tasks import apply_inbound
from shopcomm.edge.integrations.webhooks_out.payloads import LATEST, payload_of
from tests.factories import VariantFactory, integration, make_order
from tests.integrations.commands.asking import NEW_STREET, answer_to
from tests.integrations.queue_table.others import Other, run_sql, say_stock_is_low
from tests.outside_orders import outside_order

pytestmark = pytest.mark.django_db(transaction=True)


def say(sku: str = "DJX-20-BLK") -> DomainEvent:
    with transaction.atomic():
        return say_stock_is_low(sku)


def take_all(erp: Other) -> list[str]:
    """Every message in the order in which it could be had; all are acknowledged."""
    found: list[str] = []
    while rows := erp.take(1):
        found.append(rows[0].message_id)
        erp.ack(rows)
    return found


def test_an_event_is_told_with_the_body_of_a_webhook_and_in_the_stream_of_its_order(erp: Other) -> None:
    order = make_order()
    transition_order(actor=integration(), order_id=order.pk, to="paid")
    relay()
    created, paid = DomainEvent.objects.filter(type__in=["order.created", "order.paid"]).order_by("pk")
    rows = [row for row in erp.take() if row.stream.startswith("order:")]
    assert [(row.message_id, row.type, row.stream) for row in rows] == [
        (f"evt_{created.pk}", "order.created", f"order:{order.pk}")
    ]
    assert rows[0].body == payload_of(created, LATEST)
    assert json.loads(rows[0].body)["data"]["order"]["number"] == order.number
    erp.ack(rows)
    assert take_all(erp)[0] == f"evt_{paid.pk}"


def test_events_are_told_once_however_often_the_log_is_read(erp: Other) -> None:
    say()
    relay()
    outbox.put_event(erp.connection, DomainEvent.objects.get())
    relay()
    assert len(take_all(erp)) == 1


def test_only_what_was_chosen_is_told_and_from_the_moment_the_role_is_there(erp: Other) -> None:
    outbox.choose_event_types(connection_id=erp.connection.pk, types=["order.paid"])
    say()
    relay()
    assert take_all(erp) == []
    for types in ([], ["no.such"]):
        with pytest.raises(RoleRefused):
            outbox.choose_event_types(connection_id=erp.connection.pk, types=types)


def test_a_consumer_hears_at_once_of_a_new_row(erp: Other) -> None:
    line = erp.line()
    line.execute(f'LISTEN "{erp.role}"')
    say()
    relay()
    assert [heard.channel for heard in line.notifies(timeout=20, stop_after=1)] == [erp.role]


def test_nobody_hears_of_rows_of_others(erp: Other, join) -> None:
    other = join("wms")
    line = other.line()
    line.execute(f'LISTEN "{other.role}"')
    outbox.choose_event_types(connection_id=other.connection.pk, types=["order.paid"])
    say()
    relay()
    assert list(line.notifies(timeout=0.2)) == []


def test_everything_since_a_date_is_told_once_more_in_order_whatever_still_waits(erp: Other) -> None:
    events = [say() for _ in range(4)]
    relay()
    DomainEvent.objects.filter(pk=events[0].pk).update(occurred_at=timezone.now() - timedelta(days=2))
    erp.ack(erp.take(2))
    under_way = erp.take(1)
    outbox.refill_outbox(connection_id=erp.connection.pk, since=timezone.now() - timedelta(days=1))
    relay()
    assert erp.ack(under_way) == 0
    assert take_all(erp) == [f"evt_{event.pk}" for event in events[1:]]


def test_nothing_that_waits_is_lost_when_a_later_time_is_told_once_more(erp: Other) -> None:
    old = say()
    relay()
    DomainEvent.objects.update(occurred_at=timezone.now() - timedelta(days=2))
    outbox.refill_outbox(connection_id=erp.connection.pk, since=timezone.now() - timedelta(days=1))
    new = say()
    outbox.refill_outbox(connection_id=erp.connection.pk, since=timezone.now() - timedelta(days=1))
    relay()
    assert take_all(erp) == [f"evt_{old.pk}", f"evt_{new.pk}"]


def test_a_body_that_cannot_be_made_is_parked_and_made_when_somebody_tries_again(
    erp: Other, monkeypatch
) -> None:
    monkeypatch.setattr(outbox, "make_body", lambda *_given: ("", "KeyError('sku')"))
    event = say()
    relay()
    parked = erp.ask("SELECT * FROM sync.parked()")
    assert [(row.message_id, row.reason) for row in parked] == [(f"evt_{event.pk}", "KeyError('sku')")]
    with pytest.raises(RoleRefused):
        outbox.offer_again(connection_id=erp.connection.pk, row_id=parked[0].id)
    monkeypatch.undo()
    outbox.offer_again(connection_id=erp.connection.pk, row_id=parked[0].id)
    assert take_all(erp) == [f"evt_{event.pk}"]


def test_a_connection_without_its_role_waits_for_it(erp: Other) -> None:
    run_sql("DELETE FROM sync.sync_role WHERE connection_id = %s", erp.connection.pk)
    say()
    relay()
    assert run_sql("SELECT count(*) FROM sync.sync_outbox") == [(0,)]
    run_sql("INSERT INTO sync.sync_role VALUES (%s, %s)", erp.connection.pk, erp.role)


def told_of_changes(other: Other) -> list[dict]:
    """The bodies of what a queue says of requests."""
    sql = "SELECT body FROM sync.sync_outbox WHERE connection_id = %s AND type = 'order.change_requested' ORDER BY id"
    return [json.loads(body)["data"] for (body,) in run_sql(sql, other.connection.pk)]


def test_a_system_that_keeps_its_orders_is_asked_whole_in_its_own_queue_and_answers_through_it(
    erp: Other, join
) -> None:
    other = join("wms")
    change_keeping(connection_id=erp.connection.pk, wanted=Keeping(decides=True))
    erp.put("1", outside_order(VariantFactory(on_hand=10).sku, "paid"))
    take_inboxes()
    apply_inbound()
    order = Order.objects.get()
    asked = request_change(
        actor=Actor.customer(order.customer),
        order_id=order.pk,
        kind="address",
        data={"street": NEW_STREET},
    )
    relay()
    (own,), (others,) = told_of_changes(erp), told_of_changes(other)
    assert own["command"]["data"]["address"]["street"] == NEW_STREET
    assert NEW_STREET not in json.dumps(others, ensure_ascii=False)
    erp.put("2", answer_to(asked, accepted=True))
    take_inboxes()
    apply_inbound()
    asked.refresh_from_db()
    order.refresh_from_db()
    assert (asked.state, order.street) == ("accepted", NEW_STREET)
