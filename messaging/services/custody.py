"""Closing and reopening a conversation, and handing it to a colleague."""

import uuid
from collections.abc import Callable

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from messaging.errors import BadMessage, NotFound
from messaging.models import Conversation, Sender, Trigger
from messaging.selectors.conversations import assignable_staff
from messaging.services.drafts import Draft
from messaging.services.memberships import clear_unread, restore_unread
from messaging.services.messages import send_message, write_messages
from messaging.services.notifications.planning import plan_conversation_notices
from orders.services.editing import edit_order
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Staff
from shopcomm.core.deadlocks import retry_on_deadlock


def _locked(conversation_id: int) -> Conversation:
    """The conversation, held until the transaction ends. Raises NotFound."""
    free = Conversation.objects.select_for_update(no_key=True, of=("self",))
    talk = free.select_related("customer").filter(pk=conversation_id).first()
    if talk is None:
        raise NotFound()
    return talk


@retry_on_deadlock
@transaction.atomic
def close_conversation(*, actor: Actor, conversation_id: int) -> Conversation:
    """Close a conversation: nothing in it waits until somebody writes again. Closing twice is fine. Raises NotFound."""
    talk = _locked(conversation_id)
    if not talk.is_closed:
        talk.state, talk.snoozed_until = Conversation.State.CLOSED, None
        talk.closed_at, talk.closed_seq = timezone.now(), talk.last_seq
        talk.save(update_fields=["state", "snoozed_until", "closed_at", "closed_seq"])
        clear_unread(talk)
        _note(talk, "talk.closed", lambda: _("%(who)s 结束了会话") % {"who": actor.name})
    return talk


@retry_on_deadlock
@transaction.atomic
def reopen_conversation(*, actor: Actor, conversation_id: int) -> Conversation:
    """Reopen a closed conversation; what waited in it waits again. Raises NotFound."""
    talk = _locked(conversation_id)
    if talk.is_closed:
        talk.state, talk.closed_at, talk.closed_seq = Conversation.State.OPEN, None, 0
        talk.save(update_fields=["state", "closed_at", "closed_seq"])
        restore_unread(talk)
        _note(talk, "talk.opened", lambda: _("%(who)s 重新打开了会话") % {"who": actor.name})
    return talk


@retry_on_deadlock
@transaction.atomic
def hand_over_conversation(*, actor: Actor, conversation_id: int, staff_id: int, note: str = "") -> Staff:
    """Hand a conversation to a colleague, who is notified; if it has an order, the order is reassigned.

    `note` is kept in the talk as a note that customers do not see. Returns the colleague.
    Raises NotFound, BadMessage, BodyTooLong, and what edit_order raises.
    """
    colleague = assignable_staff().filter(pk=staff_id).first()
    if colleague is None:
        raise BadMessage(_("请选择同事"))
    talk = Conversation.objects.filter(pk=conversation_id).first()
    if talk is None:
        raise NotFound()
    # The order first: its conversation is locked last.
    if talk.order_id:
        edit_order(
            actor=actor,
            order_id=talk.order_id,
            version=None,
            changes={"assigned_to": colleague.pk},
            note=note,
        )
    else:
        _give(actor, conversation_id, colleague, note)
    if note:
        send_message(
            actor=actor, conversation_id=conversation_id, client_id=uuid.uuid4(), body=note, internal=True
        )
    return colleague


def _give(actor: Actor, conversation_id: int, colleague: Staff, note: str) -> None:
    talk = _locked(conversation_id)
    if talk.order_id:
        raise BadMessage(_("这个会话刚刚关联了订单，请刷新后再转"))
    if talk.assigned_to_id == colleague.pk:
        return
    talk.assigned_to = colleague
    talk.save(update_fields=["assigned_to"])
    values = {"who": actor.name, "name": str(colleague)}
    _note(talk, "talk.handed_over", lambda: _("%(who)s 把会话转给了 %(name)s") % values)
    if actor.staff_id != colleague.pk:
        plan_conversation_notices(Trigger.HANDED_OVER, talk, {"who": actor.name, "note": note})


def _note(talk: Conversation, event: str, text: Callable[[], str]) -> None:
    """A line that the shop alone reads, in every language of the interface."""
    said = {}
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            said[code] = text()
    line = Draft(
        conversation_id=talk.pk,
        client_id=str(uuid.uuid4()),
        kind="event",
        body=said.pop(settings.LANGUAGE_CODE),
        sender_kind=Sender.SYSTEM,
        sender_id=0,
        sender_name="",
        internal=True,
        data={"event": event, "said": said},
    )
    write_messages([line])
