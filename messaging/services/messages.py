"""Sending, recalling and reading messages."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from messaging.errors import Forbidden, NotFound, RecallWindowPassed
from messaging.models import Conversation, Message
from messaging.presenters import message_object
from messaging.services.drafts import Draft, draft_message
from messaging.services.frames import push_messages, read_frame
from messaging.services.memberships import count_recalled, move_read_position
from messaging.services.write import (
    Batch,
    DraftKey,
    Sent,
    drafts_to_repeat,
    outcome_of,
)
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.audiences import all_audiences, audience_of, for_all_audiences
from shopcomm.core.configuration.models import shop_settings
from shopcomm.core.deadlocks import retry_on_deadlock
from shopcomm.core.events.publish import read_after_commit
from shopcomm.core.realtime import conversation_group, push_on_commit, pushes_are_off


def send_message(*, actor: Actor, conversation_id: int, **given: Any) -> Sent:
    """Say something. The same `client_id` again stores nothing and returns the first message.

    Takes `client_id`, `kind`, `body`, `attachments`, `reply_to`, `internal`. The caller has checked that the
    actor may see the conversation. Raises a MessagingError.
    """
    return write_messages([draft_message(actor=actor, conversation_id=conversation_id, given=given)])[0]


def write_messages(drafts: Sequence[Draft]) -> list[Sent]:
    """Store drafts in one statement, with their files, and show them once committed. Raises NotFound, AttachmentUnknown."""
    try:
        return _write(drafts)
    except IntegrityError:
        # Somebody stored the same client_id between our look and our insert; now it is there to be found.
        return _write(drafts)


@retry_on_deadlock
@transaction.atomic
def _write(drafts: Sequence[Draft]) -> list[Sent]:
    found = _execute(drafts)
    for again in drafts_to_repeat(drafts, found):
        found |= _execute([again])
    sent = [outcome_of(each, found) for each in drafts]
    created = [one for one in dict.fromkeys(sent) if one.created]
    push_messages(created)
    if created and not pushes_are_off():
        read_after_commit()
    return sent


def _execute(drafts: Sequence[Draft]) -> dict[DraftKey, Sent]:
    batch = Batch(drafts)
    with connection.cursor() as cursor:
        cursor.execute(batch.statement, batch.parameters)
        return batch.sent(cursor.fetchall())


@retry_on_deadlock
@transaction.atomic
def recall_message(*, actor: Actor, conversation_id: int, seq: int) -> Message:
    """Take back one's own message within the shop's window. The record stays for staff.

    Raises NotFound, Forbidden for somebody else's, RecallWindowPassed.
    """
    talk = Conversation.objects.select_for_update(no_key=True).filter(pk=conversation_id).first()
    message = Message.objects.select_for_update().filter(conversation=talk, seq=seq).first()
    if talk is None or message is None or (message.internal and not audience_of(actor).sees_notes):
        raise NotFound()
    if (message.sender_kind, message.sender_id) != (
        actor.sender_kind,
        actor.id_or_zero,
    ) or message.kind == "event":
        raise Forbidden()
    if message.recalled_at:
        return message
    window = timedelta(seconds=shop_settings().recall_within_seconds)
    if timezone.now() - message.created_at > window:
        raise RecallWindowPassed()
    message.recalled_at = timezone.now()
    message.save(update_fields=["recalled_at"])
    count_recalled(talk, message)
    recalled = {"type": "message.recalled", "conversation": conversation_id, "seq": seq}
    bodies = {
        each: recalled | {"message": message_object(message, each)}
        for each in all_audiences()
        if each.sees_notes or not message.internal
    }
    push_on_commit(conversation_group(conversation_id), bodies)
    return message


@retry_on_deadlock
@transaction.atomic
def mark_read(*, actor: Actor, conversation_id: int, seq: int, socket: str = "") -> int:
    """Remember how far somebody has read; never backwards. Returns how far that is now.

    `socket` is the one that said so, which need not be told.
    """
    seq, moved = move_read_position(actor=actor, conversation_id=conversation_id, seq=seq)
    if not moved:
        return seq
    read = read_frame(conversation_id, actor, seq)
    push_on_commit(conversation_group(conversation_id), for_all_audiences(read), skip=socket)
    return seq
