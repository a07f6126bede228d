"""Opening conversations: with every order, and before any (询价)."""

from functools import cache
from typing import cast

from django.db import transaction
from django.db.models import BigIntegerField, Exists, F, OuterRef, Q
from django.utils.translation import gettext as _

from messaging.errors import BadMessage, NotFound
from messaging.models import Conversation
from orders.models import Order
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Customer
from shopcomm.core.database.prepared import Given, PreparedValues
from shopcomm.core.deadlocks import retry_on_deadlock

ORDER = cast(int, Given("order", BigIntegerField()))


@transaction.atomic
def open_enquiry(*, actor: Actor, customer: Customer, subject: str = "") -> Conversation:
    """A conversation with a customer that belongs to no order yet."""
    mine = actor.staff_id if actor.may("orders.take_charge") else None
    return Conversation.objects.create(customer=customer, subject=subject, assigned_to_id=mine)


@retry_on_deadlock
@transaction.atomic
def general_conversation(*, actor: Actor, customer: Customer) -> Conversation:
    """The one conversation with a customer that is about no order; made when there is none.

    An enquiry that somebody opened with them is taken for it; what an order was given instead of its own
    conversation is kept as a record and is not.
    """
    found = Conversation.objects.filter(customer=customer, kind=Conversation.Kind.CUSTOMER)
    if general := found.filter(general=True).first():
        return general
    # Two taps at once must not open two.
    Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
    if general := found.filter(general=True).first():
        return general
    records = Order.objects.filter(number=OuterRef("subject"))
    newest = found.exclude(Exists(records)).order_by(F("last_message_at").desc(nulls_last=True), "-id")
    conversation = newest.select_for_update(no_key=True).first() or open_enquiry(
        actor=actor, customer=customer, subject=_("询价")
    )
    conversation.general = True
    conversation.save(update_fields=["general"])
    return conversation


def lock_conversations_of(order_ids: list[int]) -> None:
    """Hold the conversations of several orders, by key as the writer of messages does, before lines go into them."""
    list(
        Conversation.objects.select_for_update(no_key=True)
        .filter(order_id__in=order_ids)
        .order_by("pk")
        .values_list("pk")
    )


@transaction.atomic
def ensure_order_conversation(order: Order) -> Conversation:
    """The one conversation of an order; made when there is none."""
    conversation, _created = Conversation.objects.get_or_create(
        order=order,
        defaults={
            "kind": Conversation.Kind.ORDER,
            "customer_id": order.customer_id,
            "subject": order.number,
            "assigned_to_id": order.assigned_to_id,
        },
    )
    return conversation


def conversation_key_of(order: Order) -> int:
    """The key of an order's conversation, which is made when there is none. Every event of an order asks for it."""
    found = _own_conversation().read_rows(order=order.pk)
    return found[0].id if found else ensure_order_conversation(order).pk


@cache
def _own_conversation() -> PreparedValues:
    return PreparedValues(Conversation.objects.filter(order=ORDER).values("id"))


def open_order_conversation(order: Order, actor: Actor) -> None:
    """Runs inside place_order(): an order without a conversation is never committed.

    An order that was agreed in an enquiry goes on there; agreed beside another order, it gets one of its own.
    """
    enquiry = Conversation.objects.select_for_update().filter(
        pk=order.agreed_in or 0, order=None, customer=order.customer_id
    )
    if order.agreed_in and (found := enquiry.first()):
        _become_of_order(found, order)
        return
    ensure_order_conversation(order)


def _become_of_order(enquiry: Conversation, order: Order) -> None:
    """From now on a locked enquiry is the order's conversation, and whoever has the order has it."""
    enquiry.kind, enquiry.order, enquiry.subject = Conversation.Kind.ORDER, order, order.number
    enquiry.assigned_to_id = order.assigned_to_id
    enquiry.save(update_fields=["kind", "order", "subject", "assigned_to"])


def _leave_order(own: Conversation) -> None:
    """A locked conversation gives way to another of its order, and is kept as a record that is nobody's."""
    own.kind, own.order, own.assigned_to = Conversation.Kind.CUSTOMER, None, None
    own.save(update_fields=["kind", "order", "assigned_to"])


def assign_conversation_of(order: Order) -> None:
    """Runs in the transaction that hands an order over: its conversation goes to the same member of staff."""
    talk = Conversation.objects.select_for_update(no_key=True).filter(order=order).first()
    if talk is not None:
        talk.assigned_to_id = order.assigned_to_id
        talk.save(update_fields=["assigned_to"])


@retry_on_deadlock
@transaction.atomic
def link_enquiry_to_order(*, actor: Actor, conversation_id: int, order: Order) -> Conversation:
    """Make an enquiry the conversation of the order that came of it.

    The order's own, which holds nothing but its system lines, is kept as the record and gives way.
    Raises NotFound, or BadMessage for a conversation that already has an order or another customer, and for an order
    in whose own conversation people have spoken.
    """
    # Both in one round, by key: the writer of messages may be waiting for either.
    both = Conversation.objects.select_for_update().filter(Q(pk=conversation_id) | Q(order=order))
    rows = {row.pk: row for row in both.order_by("pk")}
    enquiry = rows.pop(conversation_id, None)
    if enquiry is None:
        raise NotFound()
    if enquiry.order_id or enquiry.customer_id != order.customer_id:
        raise BadMessage()
    if any(own.last_customer_seq or own.last_shop_seq for own in rows.values()):
        raise BadMessage(_("这个订单里已经有聊天记录，不能再关联"))
    for own in rows.values():
        _leave_order(own)
    _become_of_order(enquiry, order)
    return enquiry
