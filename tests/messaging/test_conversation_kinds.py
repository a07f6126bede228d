"""What a conversation is of, who is in charge of it, and how its rows were filled from those of before."""

import importlib
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from messaging.models import Conversation
from messaging.services.conversations import link_enquiry_to_order, open_enquiry
from messaging.services.custody import hand_over_conversation
from orders.models import Order
from orders.selectors.items import ItemInput
from orders.services.editing import edit_order
from orders.services.imports import import_orders
from orders.services.quotes import QuoteInput, accept_quote, end_of_day, make_quote, send_quote
from orders.services.replacements import COPIED
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.database import batches
from tests.factories import CustomerFactory, StaffFactory, make_address, make_order

pytestmark = pytest.mark.django_db
Kind, State = Conversation.Kind, Conversation.State
HEAD = "订单号,货号,品名,颜色,数量,单价,下单时间,客户,手机,地址"
BAG = "T1,TB-1,托特包,黑色,10,28.50,2026-03-05 09:05:00,河北白沟张姐,13900000001,河北省保定市白沟镇A区12号"


def in_charge(order: Order) -> tuple[int | None, int | None]:
    """Who the order is assigned to, and who its conversation is."""
    order.refresh_from_db()
    return order.assigned_to_id, Conversation.objects.get(order=order).assigned_to_id


@pytest.fixture
def give(manager) -> Any:
    def given(order: Order, staff: Any) -> None:
        edit_order(
            actor=Actor.staff(manager),
            order_id=order.pk,
            version=None,
            changes={"assigned_to": staff and staff.pk},
        )

    return given


def test_a_placed_order_and_its_conversation_are_assigned_to_the_seller(sales, other_sales):
    own, given = make_order(actor=Actor.staff(sales)), make_order(assigned_to=other_sales)
    assert in_charge(own) == (sales.pk, sales.pk)
    assert in_charge(given) == (other_sales.pk, other_sales.pk)
    assert in_charge(make_order()) == (None, None)


def test_reassigning_an_order_reassigns_its_conversation(sales, other_sales, order, give):
    for staff in (sales, other_sales, None, sales):
        give(order, staff)
        assert in_charge(order) == (staff and staff.pk,) * 2


def test_handing_over_a_conversation_reassigns_its_order(sales, other_sales, order):
    talk = Conversation.objects.get(order=order)
    hand_over_conversation(actor=Actor.staff(sales), conversation_id=talk.pk, staff_id=other_sales.pk)
    assert in_charge(order) == (other_sales.pk, other_sales.pk)


def test_an_enquiry_linked_to_an_order_is_assigned_to_the_orders_seller(sales, other_sales, customer):
    order = make_order(customer=customer, assigned_to=other_sales)
    own = Conversation.objects.get(order=order)
    enquiry = open_enquiry(actor=Actor.staff(sales), customer=customer)
    assert (enquiry.kind, enquiry.assigned_to_id) == (Kind.CUSTOMER, sales.pk)
    link_enquiry_to_order(actor=Actor.staff(sales), conversation_id=enquiry.pk, order=order)
    own.refresh_from_db()
    enquiry.refresh_from_db()
    assert in_charge(order) == (other_sales.pk, other_sales.pk)
    assert (enquiry.kind, own.kind, own.order_id, own.assigned_to_id) == (
        Kind.ORDER,
        Kind.CUSTOMER,
        None,
        None,
    )


def test_accepting_a_quote_assigns_order_and_conversation_to_its_author(sales, customer, variant):
    seller = Actor.staff(sales)
    enquiry = open_enquiry(actor=Actor.system(), customer=customer)
    quote = make_quote(
        actor=seller,
        customer=customer,
        wanted=QuoteInput([ItemInput(variant.sku, 2)], end_of_day(7)),
        conversation_id=enquiry.pk,
    )
    send_quote(actor=seller, quote_id=quote.pk)
    order = accept_quote(actor=Actor.customer(customer), quote_id=quote.pk, address=make_address())
    enquiry.refresh_from_db()
    assert (enquiry.order_id, in_charge(order)) == (order.pk, (sales.pk, sales.pk))


def test_imported_and_replacement_orders_have_the_same_assignee_as_their_conversation(tmp_path, sales):
    path = tmp_path / "orders.csv"
    path.write_text(f"{HEAD}\n{BAG}\n")
    import_orders(path, actor=Actor.system("导入"))
    assert in_charge(Order.objects.get(number="T1")) == (None, None)
    # A replacement copies whose the first order is before its conversation is opened.
    assert "assigned_to" in COPIED


def test_a_deleted_colleague_leaves_order_and_conversation_unassigned(sales, order, give):
    leaving = StaffFactory(role="sales")
    give(order, leaving)
    leaving.delete()
    assert in_charge(order) == (None, None)


@pytest.mark.parametrize("kind", Kind.values)
@pytest.mark.parametrize("parties", [(), ("customer",), ("customer", "order"), ("order",)])
def test_each_kind_of_conversation_requires_exactly_its_parties(kind, parties, order, customer):
    Conversation.objects.filter(order=order).update(order=None, kind=Kind.CUSTOMER)
    right = {Kind.ORDER: ("customer", "order"), Kind.CUSTOMER: ("customer",), Kind.TEAM: ()}
    given: dict[str, Any] = {name: {"customer": customer, "order": order}[name] for name in parties}
    if right[Kind(kind)] == parties:
        assert Conversation.objects.create(kind=kind, **given).pk
    else:
        with pytest.raises(IntegrityError), transaction.atomic():
            Conversation.objects.create(kind=kind, **given)


@pytest.mark.parametrize(
    ("who", "internal", "state"),
    [
        ("customer", False, "open"),
        ("staff", False, "open"),
        ("staff", True, "snoozed"),
        ("system", False, "snoozed"),
    ],
)
def test_a_message_reopens_a_snoozed_conversation(who, internal, state, customer, manager, conversation, say):
    later = timezone.now() + timedelta(days=1)
    Conversation.objects.filter(pk=conversation.pk).update(state=State.SNOOZED, snoozed_until=later)
    say(
        {"customer": Actor.customer(customer), "staff": Actor.staff(manager), "system": Actor.system()}[who],
        internal=internal,
    )
    conversation.refresh_from_db()
    assert conversation.state == state
    assert conversation.snoozed_until == (later if state == "snoozed" else None)


class CutOff(Exception):
    """The migration's process ends."""


@pytest.fixture
def rows_of_before(sales) -> dict[int, tuple[str, str, int | None]]:
    """Conversations as the migration finds them, and what each has to become."""
    wanted = {}
    for place in range(4):
        order = make_order(assigned_to=sales if place % 2 else None)
        wanted[Conversation.objects.get(order=order).pk] = (Kind.ORDER, State.OPEN, order.assigned_to_id)
    for _ in range(3):
        talk = open_enquiry(actor=Actor.staff(sales), customer=CustomerFactory())
        wanted[talk.pk] = (Kind.CUSTOMER, State.OPEN, sales.pk)
    ended = open_enquiry(actor=Actor.staff(sales), customer=CustomerFactory())
    Conversation.objects.filter(pk=ended.pk).update(
        closed_at=timezone.now(), last_customer_seq=4, closed_seq=4
    )
    wanted[ended.pk] = (Kind.CUSTOMER, State.CLOSED, sales.pk)
    with connection.cursor() as cursor:
        # What a test has changed waits for its end, and a table cannot be changed before.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE messaging_conversation DROP CONSTRAINT conversation_parties")
        cursor.execute("UPDATE messaging_conversation SET kind = 'customer', state = 'open'")
        cursor.execute("UPDATE messaging_conversation SET assigned_to_id = NULL WHERE order_id IS NOT NULL")
    return wanted


def test_the_migration_fills_conversation_kinds_in_batches_and_resumes_after_an_interrupt(
    rows_of_before, monkeypatch
):
    fill = importlib.import_module("messaging.migrations.0028_fill_conversation_kinds").FILL
    pages, last_key = 0, batches._last_key

    def cut_off(*given: Any) -> str:
        nonlocal pages
        pages += 1
        if pages == 3:
            raise CutOff
        return last_key(*given)

    def found() -> dict[int, tuple[str, str, int | None]]:
        rows = Conversation.objects.filter(pk__in=rows_of_before)
        return {row.pk: (row.kind, row.state, row.assigned_to_id) for row in rows}

    editor = connection.schema_editor(atomic=False)
    before = found()
    monkeypatch.setattr(batches, "_last_key", cut_off)
    with pytest.raises(CutOff):
        batches.run_in_batches(editor, "messaging_conversation", fill, size=2)
    monkeypatch.undo()
    done = {pk for pk, row in found().items() if row == rows_of_before[pk]}
    assert sorted(rows_of_before)[:4] == sorted(done)[:4]
    assert found() != before
    assert found() != rows_of_before
    assert batches.run_in_batches(editor, "messaging_conversation", fill, size=2) > 0
    assert found() == rows_of_before
    assert batches.run_in_batches(editor, "messaging_conversation", fill, size=2) == 0
