"""Rendering notices to text and posting them: conversation, notification centre, channels outside."""

import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import translation

from messaging.models import Conversation, Delivery, Notification, RecipientKind, Sender, Trigger
from messaging.policies.notifications.templates import (
    Goods,
    OrderStory,
    Story,
    choose_words,
    fill_template,
    numbered_text,
)
from messaging.services.channels.calls import Outgoing
from messaging.services.drafts import MAX_BODY, Draft
from messaging.services.messages import write_messages
from messaging.services.notifications.batch import Batch, notice_position
from orders.models import Order
from orders.reading.couriers import courier_name
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Customer
from shopcomm.core.accounts.services.order_links import link_url
from shopcomm.core.audiences import for_all_audiences
from shopcomm.core.configuration.models import shop_settings
from shopcomm.core.realtime import encode_frame, push_frames_on_commit, push_on_commit, staff_group

NAMESPACE = uuid.UUID("0d5d8a0e-5f0c-4cfb-9a6e-0a7a2a1c7b11")
State = Notification.State


def send_in_product(batch: Batch, messages: list[list[int]]) -> list[Notification]:
    """Tell each message, the first id of which carries the others. Returns the carriers that were told."""
    # The important ones had the first claim on the budget; they are read in the order things happened.
    messages = sorted(messages, key=lambda ids: notice_position(batch.rows[ids[0]]))
    batch.fetch_lines()
    carriers = [_compose(batch, ids) for ids in messages]
    told = _into_conversations(
        batch, [row for row in carriers if row.recipient_kind == RecipientKind.CUSTOMER]
    )
    told += [row for row in carriers if row.recipient_kind == RecipientKind.STAFF]
    push_to_bells([row for row in told if row.recipient_kind == RecipientKind.STAFF])
    return told


def _compose(batch: Batch, ids: list[int]) -> Notification:
    """Write down what one message contains."""
    rows = sorted((batch.rows[pk] for pk in ids), key=notice_position)
    with _speaking(notice_language(batch, rows[0])):
        bodies = [notice_text(batch, row) for row in rows]
        text = bodies[0] if len(bodies) == 1 else numbered_text(bodies, MAX_BODY)
    head = batch.mark(ids[0], state=State.SENT, sent_at=batch.now, body=text[:MAX_BODY])
    for pk in ids[1:]:
        batch.mark(pk, state=State.MERGED, merged_into=head, sent_at=batch.now, reason="merged")
    return head


def _speaking(language: str) -> AbstractContextManager[None]:
    """What is said in the block is said in a language; most is in the one that is spoken already."""
    if language == translation.get_language():
        return nullcontext()
    return translation.override(language)


def _into_conversations(batch: Batch, rows: list[Notification]) -> list[Notification]:
    """Say these in their conversations: one statement for all, and the same notice only once."""
    drafts: dict[int, Draft] = {}
    carried: dict[int, list[int]] = defaultdict(list)
    for row in batch.touched:
        if row.event_id:
            carried[row.merged_into_id or row.pk].append(row.event_id)
    for row in rows:
        talk = _conversation(batch, row)
        if talk is None:
            batch.mark(row.pk, state=State.DROPPED, reason="nobody", sent_at=None)
        else:
            row.conversation = talk
            drafts[row.pk] = _draft(row, talk, carried[row.pk])
    sent = write_messages(list(drafts.values())) if drafts else []
    for pk, one in zip(drafts, sent, strict=True):
        batch.mark(pk, seq=one.message.seq)
    return [row for row in rows if row.pk in drafts]


def _conversation(batch: Batch, row: Notification) -> Conversation | None:
    order = batch.orders.get(row.order_id or 0)
    # An enquiry that became an order's conversation took its place meanwhile.
    return (
        getattr(order, "conversation", None) if order else batch.conversations.get(row.conversation_id or 0)
    )


def _draft(row: Notification, talk: Conversation, events: list[int]) -> Draft:
    return Draft(
        conversation_id=talk.pk,
        client_id=str(uuid.uuid5(NAMESPACE, f"notice:{row.pk}")),
        kind="event",
        body=row.body,
        sender_kind=Sender.SYSTEM,
        sender_id=0,
        sender_name="",
        # Of all that it tells: a pane shows what happened and the notice of it as one entry.
        data={
            "notice": row.trigger,
            "notification": row.pk,
            "event_id": row.event_id,
            "events": sorted(events),
        },
    )


def push_to_bells(rows: list[Notification]) -> None:
    """Light the bell of those who have a page open."""
    frames = [
        encode_frame(staff_group(row.recipient_id), for_all_audiences(notice_frame(row))) for row in rows
    ]
    push_frames_on_commit(frames)


def notice_frame(row: Notification) -> dict:
    """A notice as a page of staff gets it."""
    return {
        "type": "notice",
        "id": row.pk,
        "trigger": row.trigger,
        "text": row.body,
        "url": notice_url(row),
        "sent_at": row.sent_at.isoformat() if row.sent_at else None,
    }


@transaction.atomic
def mark_notices_seen(*, actor: Actor, notice_id: int | None, now: datetime) -> int:
    """Mark one notice of this person's as seen, or all of them. Returns how many were new."""
    mine = Notification.objects.filter(
        recipient_kind=RecipientKind.STAFF,
        recipient_id=actor.id or 0,
        state=State.SENT,
        seen_at=None,
    )
    seen = (mine.filter(pk=notice_id) if notice_id else mine).update(seen_at=now)
    # The other tabs of the same person.
    push_on_commit(staff_group(actor.id or 0), for_all_audiences({"type": "notice.seen"}))
    return seen


def notice_language(batch: Batch, row: Notification) -> str:
    """The language of a notice: its recipient's, or the shop's if none is chosen."""
    people = batch.customers if row.recipient_kind == RecipientKind.CUSTOMER else batch.staff
    reader = people.get(row.recipient_id)
    return (reader.language if reader else "") or settings.LANGUAGE_CODE


def notice_text(batch: Batch, row: Notification) -> str:
    """The words of one notice."""
    rule = batch.rules[row.rule_id]
    body = batch.words(rule, translation.get_language() or settings.LANGUAGE_CODE).for_channel("")
    return fill_template(body, row.trigger, notice_story(batch, row))


def notice_story(batch: Batch, row: Notification) -> Story:
    """What a notice is about, for its words."""
    order = batch.orders.get(row.order_id or 0)
    talk = batch.conversations.get(row.conversation_id or 0)
    customer = order.customer if order else talk.customer if talk else None
    return build_story(order, customer, row.data, reader=row.recipient_kind, shop_name=batch.shop.shop_name)


def outgoing_text(delivery: Delivery) -> Outgoing:
    """What goes out: the rule's words for this channel if it has any, else what stands in the conversation."""
    notice = delivery.notification
    customer = _told_customer(notice)
    with translation.override((customer.language if customer else "") or settings.LANGUAGE_CODE):
        words = choose_words(notice.rule.templates.all(), translation.get_language() or "")
        own = words.bodies.get(delivery.channel)
        shop_name = shop_settings().shop_name
        story = build_story(
            notice.order, customer, notice.data, reader=notice.recipient_kind, shop_name=shop_name
        )
        # A message that carries several notices has words of its own.
        alone = not notice.merged.exists()
        body = fill_template(own, notice.trigger, story) if own and alone else notice.body
        return Outgoing(
            reference=f"shopcomm-{notice.pk}-{delivery.channel}",
            title=f"{shop_name} · {notice.rule.name}",
            body=body,
            url=_outgoing_url(notice),
            urgent=notice.urgent,
        )


def _told_customer(notice: Notification) -> Customer | None:
    if notice.recipient_kind != RecipientKind.CUSTOMER:
        return None
    return Customer.objects.filter(pk=notice.recipient_id).first()


def build_story(
    order: Order | None,
    customer: Customer | None,
    data: Mapping[str, Any],
    *,
    reader: str,
    shop_name: str,
) -> Story:
    """What words may speak of, in the language of the moment.

    `order` comes with its customer, None for a notice about none; `customer` is named in the words; `data` has the facts of
    the event; `reader` is a customer or staff, who follow different links. Returns a story for one filling of a template.
    """
    return Story(
        order=_order_story(order) if order else None,
        customer_name=customer.name if customer else "",
        shop_name=shop_name,
        data=data,
        carrier=courier_name(data.get("carrier") or ""),
        link=link_for(order, reader),
    )


def _order_story(order: Order) -> OrderStory:
    return OrderStory(
        number=order.number,
        total=order.total,
        balance=order.balance,
        currency=order.currency,
        address=order.address,
        pay_by=order.pay_by,
        due_on=order.due_on,
        status=order.get_status_display,
        goods=lambda: [Goods(line.name, line.spec, line.quantity) for line in order.lines.all()],
    )


def link_for(order: Order | None, reader: str) -> Callable[[], str]:
    """How an order's address is found for a customer or for staff, if a template asks for it."""
    if order is None:
        return str
    if reader == RecipientKind.STAFF:
        return lambda: site_link(f"/orders/{order.number}/")
    return lambda: link_url(customer=order.customer, order_id=order.pk)


def notice_url(row: Notification) -> str:
    """Where a notice leads a member of staff."""
    if row.order:
        return f"/orders/{row.order.number}/"
    if row.trigger == Trigger.HOLIDAYS_MISSING:
        return "/rules/hours/#holidays"
    if row.trigger == Trigger.WEBHOOK_DISABLED:
        return "/integrations/webhooks/"
    if row.trigger == Trigger.KEY_EXPIRING:
        return "/integrations/keys/"
    if row.trigger == Trigger.SYSTEM_UNREACHABLE:
        return "/integrations/"
    return f"/inbox/{row.conversation_id}/" if row.conversation_id else "/notices/"


def _outgoing_url(notice: Notification) -> str:
    if notice.recipient_kind == RecipientKind.STAFF:
        return site_link(notice_url(notice))
    return link_for(notice.order, RecipientKind.CUSTOMER)() or site_link("/")


def site_link(path: str) -> str:
    """An address of this shop that works outside of it."""
    return f"{settings.PUBLIC_URL.rstrip('/')}{path}"
