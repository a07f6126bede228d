"""System lines: an event of the order as a line of its conversation, written in the same transaction."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from messaging.models import Conversation, Message, Sender
from messaging.services.conversations import conversation_key_of
from messaging.services.drafts import Draft
from messaging.services.messages import write_messages
from messaging.services.write import Sent
from orders.events import FieldsEvent, OrderEvent
from orders.hooks import PastOrder
from orders.models import Order
from orders.policies.contact_masks import masked_phones
from orders.selectors.contacts import unmasked_fact
from orders.selectors.timeline import before_after, entry_of
from orders.services.imports.values import RowRefused
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.audiences import CUSTOMER, SHOP
from shopcomm.core.events.kinds import Event
from shopcomm.core.events.models import DomainEvent

NAMESPACE = uuid.UUID("5c7f0b52-0a35-4f5c-9d0d-9f0a6c9f5f11")
LONGEST_LINE = 1000


@dataclass
class Story:
    """What is told in a block, in its order, and the messages that it became at the end of the block."""

    drafts: list[Draft] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)


_story: ContextVar[Story | None] = ContextVar("story", default=None)


@contextmanager
def story_written_at_end() -> Iterator[Story]:
    """Write the lines of this block's events, and what people said between them, in one statement at its end.

    For a past that is told inside one transaction: a statement for each line was a third of the demo shop's making.
    """
    token = _story.set(story := Story())
    try:
        yield story
    finally:
        _story.reset(token)
    story.sent = write_messages(story.drafts) if story.drafts else []


def write_event_line(order: Order, event: DomainEvent, actor: Actor) -> None:
    """Tell an event of an order in its conversation, if it has a line. The same event tells itself once."""
    if not event.fact.has_line():
        return
    internal = entry_of(event, audience=CUSTOMER) is None
    line = Draft(
        conversation_id=conversation_key_of(order),
        client_id=line_key(event),
        kind="event",
        body=line_text(event, settings.LANGUAGE_CODE, internal=internal),
        sender_kind=Sender.SYSTEM,
        sender_id=0,
        sender_name="",
        internal=internal,
        data=line_data(event, order.status, internal=internal),
    )
    if story := _story.get():
        story.drafts.append(line)
    else:
        write_messages([line])


def write_history(past: list[PastOrder], add: Callable[..., int]) -> None:
    """The conversations of orders of the past: all of their lines at once, since nobody else knows them yet."""
    # One change of language for all of them: it costs more than a sentence.
    facts = [event.fact for order in past for event in order.events]
    said = {code: iter(_texts(facts, code)) for code, _name in settings.LANGUAGES}
    for order in past:
        conversation = add(
            Conversation,
            kind=Conversation.Kind.ORDER,
            customer_id=order.customer,
            order_id=order.key,
            subject=order.number,
            last_seq=len(order.events),
            last_public_seq=len(order.events),
            last_message_at=order.events[-1].occurred_at,
        )
        for seq, event in enumerate(order.events, start=1):
            texts = {code: next(lines) for code, lines in said.items()}
            add(
                Message,
                conversation_id=conversation,
                seq=seq,
                public_prev=seq - 1,
                kind=Message.Kind.EVENT,
                body=texts.pop(settings.LANGUAGE_CODE),
                sender_kind=Sender.SYSTEM,
                client_id=_key_of(event.key),
                data=_data(event.fact.type, event.key, event.fact.status_to, texts),
                created_at=event.occurred_at,
            )


def delete_history(order: Order) -> None:
    """The conversation of an imported order goes with it. Raises RowRefused where anybody has said anything in it."""
    talk = Conversation.objects.filter(order=order).first()
    if talk is None:
        return
    said = Message.objects.filter(conversation=talk)
    if said.exclude(kind=Message.Kind.EVENT, sender_kind=Sender.SYSTEM).exists():
        raise RowRefused(_("%(number)s 的会话里已经有人说过话") % {"number": order.number})
    said.delete()
    talk.delete()


def _texts(facts: list[OrderEvent], language: str) -> list[str]:
    with translation.override(language):
        return [fact.timeline_text()[:LONGEST_LINE] for fact in facts]


def line_key(event: DomainEvent) -> str:
    """The client_id of an event's line."""
    return str(_key_of(event.pk))


def _key_of(event: int) -> uuid.UUID:
    return uuid.uuid5(NAMESPACE, f"event:{event}")


def line_data(event: DomainEvent, status: str, *, internal: bool) -> dict[str, Any]:
    """What a pane knows of the line beside its text: the event, and its words in the interface's other languages."""
    others = [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
    said = {code: line_text(event, code, internal=internal) for code in others}
    return _data(event.type, event.pk, status, said)


def _data(kind: str, event: int, status: str, said: dict[str, str]) -> dict[str, Any]:
    return {"event": kind, "event_id": event, "status": status, "said": said}


def line_text(event: DomainEvent, language: str, *, internal: bool) -> str:
    """The sentence of a system line, with what changed."""
    with translation.override(language):
        return _text(event, internal=internal)


def _masked(event: DomainEvent) -> Event:
    """A line stays in the conversation for good, on whoever's phone it is read: its phones are masked like the page's."""
    fact = unmasked_fact(event)
    if not isinstance(fact, FieldsEvent):
        return fact
    return replace(fact, before=masked_phones(fact.before), after=masked_phones(fact.after))


def _text(event: DomainEvent, *, internal: bool) -> str:
    changes = [
        _("%(label)s：%(before)s → %(after)s") % {"label": c.label, "before": c.before, "after": c.after}
        for c in before_after(event, audience=SHOP if internal else CUSTOMER, fact=_masked(event))
    ]
    told = event.fact.timeline_text()
    if internal and event.actor_kind == "staff":
        # Among colleagues it matters who has seen a change, or who has put goods back.
        told = f"{event.actor_name} {told}"
    return " · ".join([told, *changes])[:LONGEST_LINE]
