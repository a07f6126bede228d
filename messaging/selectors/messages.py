"""Reading a conversation by seq, as one side sees it."""

from django.db.models import QuerySet

from messaging.models import Conversation, Message
from messaging.selectors.conversations import conversations_visible_to, sees_every_conversation
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.audiences import Audience, all_audiences, audience_of

MAX_PAGE = 500


def _for(audience: Audience, found: QuerySet[Message]) -> QuerySet[Message]:
    found = found.prefetch_related("attachments")
    return found if audience.sees_notes else found.filter(internal=False)


def messages_after(
    conversation_id: int, seq: int, audience: Audience, limit: int = MAX_PAGE
) -> list[Message]:
    """What a client with everything up to `seq` has missed, oldest first."""
    newer = Message.objects.filter(conversation=conversation_id, seq__gt=seq)
    return list(_for(audience, newer).order_by("seq")[:limit])


def newest_messages(conversation_id: int, audience: Audience) -> QuerySet[Message]:
    """What an audience may see of a conversation, newest first."""
    found = Message.objects.filter(conversation=conversation_id).order_by("-seq")
    return found if audience.sees_notes else found.filter(internal=False)


def messages_before(
    conversation: Conversation | int, seq: int | None, audience: Audience, limit: int = 50
) -> list[Message]:
    """The page before `seq`, or the newest one; oldest first."""
    older = Message.objects.filter(conversation=conversation)
    if seq is not None:
        older = older.filter(seq__lt=seq)
    return list(reversed(_for(audience, older).order_by("-seq")[:limit]))


def visible_text(actor: Actor, conversation_id: int, seq: int) -> Message | None:
    """A text that this actor may see and make something of: neither a note nor taken back."""
    found = Message.objects.filter(conversation=conversation_id, seq=seq, kind=Message.Kind.TEXT)
    visible = found.filter(conversation__in=conversations_visible_to(actor), internal=False, recalled_at=None)
    return visible.select_related("conversation__order__customer").first()


def last_seq(conversation_id: int) -> int:
    """The newest number given in a conversation."""
    return Conversation.objects.filter(pk=conversation_id).values_list("last_seq", flat=True).first() or 0


def newest_seqs_of(conversation_ids: list[int]) -> dict[int, dict[Audience, int]]:
    """By conversation: the newest number that each audience may see."""
    known = Conversation.objects.filter(pk__in=conversation_ids)
    return {
        pk: {each: last if each.sees_notes else public for each in all_audiences()}
        for pk, last, public in known.values_list("pk", "last_seq", "last_public_seq")
    }


def messages_visible_to(actor: Actor) -> QuerySet[Message]:
    """The messages of every conversation an actor may see; without the shop's notes for a customer."""
    found = Message.objects.all()
    if not sees_every_conversation(actor):
        found = found.filter(conversation__in=conversations_visible_to(actor))
    return found if audience_of(actor).sees_notes else found.filter(internal=False)
