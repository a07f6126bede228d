"""Scheduled messages of staff, and the away notice."""

import logging
import uuid
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import OperationalError, transaction
from django.db.models import Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from messaging.errors import BadMessage, Forbidden, NotFound
from messaging.models import Conversation, Message, ScheduledMessage, Sender
from messaging.selectors.unanswered import is_unanswered
from messaging.selectors.waiting import may_change
from messaging.services.drafts import Draft, draft_message
from messaging.services.messages import write_messages
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.configuration.calendar import hours_text, today_in_shop, working_calendar
from shopcomm.core.configuration.hours import WorkingCalendar
from shopcomm.core.configuration.models import shop_settings
from shopcomm.core.deadlocks import leave_to_next_sweep, retry_on_deadlock
from shopcomm.core.refusals import Refusal

log = logging.getLogger(__name__)
NAMESPACE = uuid.UUID("a4f1f6c4-62a9-4c8e-8d7c-70b3b2b0c9d2")
BATCH = 200
FARTHEST = timedelta(days=365)
# A member of staff who spoke this recently is there, whatever the hours say.
LIVE_TALK = timedelta(minutes=30)
# A message that is this late was held up by an outage: its author chose another hour than this.
LATE = timedelta(minutes=10)
# A message older than this is not answered by "nobody is there" any more.
FRESH = timedelta(minutes=15)
State = ScheduledMessage.State
UNSAID = (State.WAITING, State.FAILED)
# What could not be said is tried again after so long, twice as long each time; then its author is told.
PUT_OFF = timedelta(minutes=2)
MOST_FAILURES = 5


def schedule_message(*, actor: Actor, conversation_id: int, body: str, send_at: datetime) -> ScheduledMessage:
    """Keep a message until its time. Raises Forbidden, BodyRequired, BodyTooLong, BadMessage for a time gone by."""
    if not actor.may("conversations.schedule"):
        raise Forbidden()
    _check_time(send_at)
    text = draft_message(
        actor=actor, conversation_id=conversation_id, given={"client_id": uuid.uuid4(), "body": body}
    ).body
    return ScheduledMessage.objects.create(
        conversation_id=conversation_id, author_id=actor.id or 0, body=text, send_at=send_at
    )


@transaction.atomic
def change_scheduled(*, actor: Actor, scheduled_id: int, body: str, send_at: datetime) -> ScheduledMessage:
    """Say something else, or at another time. Raises NotFound when it is said or cancelled already."""
    _check_time(send_at)
    row = _waiting(actor, scheduled_id)
    given = {"client_id": row.client_id, "body": body}
    row.body = draft_message(actor=actor, conversation_id=row.conversation_id, given=given).body
    row.send_at = send_at
    row.state, row.failures, row.error = State.WAITING, 0, ""
    row.save(update_fields=["body", "send_at", "state", "failures", "error"])
    return row


@transaction.atomic
def cancel_scheduled(*, actor: Actor, scheduled_id: int) -> ScheduledMessage:
    """Leave it unsaid. Raises NotFound when it is said or cancelled already."""
    row = _waiting(actor, scheduled_id)
    row.state = State.CANCELLED
    row.save(update_fields=["state"])
    return row


def _check_time(send_at: datetime) -> None:
    if not timezone.now() < send_at <= timezone.now() + FARTHEST:
        raise BadMessage(_("发送时间要在一年以内的将来"))


def _waiting(actor: Actor, scheduled_id: int) -> ScheduledMessage:
    rows = ScheduledMessage.objects.select_for_update().filter(pk=scheduled_id, state__in=UNSAID)
    row = rows.first()
    # One's own, or anybody's for a manager.
    if row is None or not may_change(row, actor):
        raise NotFound()
    return row


def send_scheduled(*, now: datetime | None = None) -> int:
    """Send due scheduled messages, batch by batch; the key makes a repeat the same message. Returns how many."""
    now, said = now or timezone.now(), 0
    _let_sleep(now)
    with leave_to_next_sweep("scheduled messages"):
        while batch := _batch_or_each(now):
            said += batch
    return said


def _batch_or_each(now: datetime) -> int:
    """A batch; or, when one of its messages cannot be said, each alone, so that it holds up none of the others."""
    try:
        return _send_batch(now)
    except OperationalError:
        raise
    except Exception:
        log.exception("a batch of scheduled messages could not be said; going on one by one")
    due = ScheduledMessage.objects.filter(state=State.WAITING, send_at__lte=now).order_by("send_at", "pk")
    return sum(_send_one(row, now) for row in due[:BATCH])


def _send_one(row: ScheduledMessage, now: datetime) -> int:
    try:
        return _send_batch(now, only=row.pk)
    except OperationalError:
        raise
    except Exception as error:
        log.exception("scheduled message %s could not be said", row.pk)
        return _put_off(row, error, now)


def _put_off(row: ScheduledMessage, error: Exception, now: datetime) -> int:
    """Try it again later; what is refused for what it is, or failed time after time, is left to its author."""
    failures, refused = row.failures + 1, isinstance(error, Refusal)
    fields: dict[str, Any] = {"failures": failures, "error": str(getattr(error, "detail", error))[:300]}
    if refused or failures >= MOST_FAILURES:
        fields["state"] = State.FAILED
    else:
        fields["send_at"] = now + PUT_OFF * 2**row.failures
    return ScheduledMessage.objects.filter(pk=row.pk, state=State.WAITING).update(**fields)


def _let_sleep(now: datetime) -> None:
    """What an outage made late, and would come at night now, waits for the opening."""
    opening = working_calendar().next_open(now)
    if opening and opening > now:
        late = ScheduledMessage.objects.filter(state=State.WAITING, send_at__lt=now - LATE)
        late.update(send_at=opening)


@retry_on_deadlock
@transaction.atomic
def _send_batch(now: datetime, only: int | None = None) -> int:
    due = ScheduledMessage.objects.filter(state=State.WAITING, send_at__lte=now).order_by("send_at", "pk")
    due = due.filter(pk=only) if only else due
    rows = list(due.select_related("author").select_for_update(of=("self",), skip_locked=True)[:BATCH])
    drafts = [
        draft_message(
            actor=Actor.staff(row.author),
            conversation_id=row.conversation_id,
            given={"client_id": row.client_id, "body": row.body},
        )
        for row in rows
    ]
    if drafts:
        write_messages(drafts)
    ScheduledMessage.objects.filter(pk__in=[row.pk for row in rows]).update(state=State.SENT, sent_at=now)
    return len(rows)


def send_away_notices(*, now: datetime | None = None) -> int:
    """Outside hours, tell who has just written when somebody will be there: once a day each. Returns how many."""
    now = now or timezone.now()
    shop, calendar = shop_settings(), working_calendar()
    if not shop.away_notice or calendar.is_open(now):
        return 0
    today = today_in_shop(now)
    waiting = Conversation.objects.filter(
        Q(away_told_on=None) | Q(away_told_on__lt=today),
        is_unanswered(),
        last_message_at__gt=now - FRESH,
    )
    told = 0
    for pk in waiting.values_list("pk", flat=True)[:BATCH]:
        with leave_to_next_sweep(f"conversation {pk}"):
            told += _tell_away(pk, now, calendar)
    return told


@retry_on_deadlock
@transaction.atomic
def _tell_away(conversation_id: int, now: datetime, calendar: WorkingCalendar) -> int:
    today = today_in_shop(now)
    free = Conversation.objects.select_for_update(skip_locked=True, no_key=True)
    talk = free.filter(pk=conversation_id).first()
    if talk is None or talk.away_told_on == today or not _just_spoke(talk, now) or _is_live(talk, now):
        return 0
    talk.away_told_on = today
    talk.save(update_fields=["away_told_on"])
    text = away_text(now, calendar, talk.with_customer.language or settings.LANGUAGE_CODE)
    write_messages([_away_draft(talk, text, f"away:{today}")])
    return 1


def _just_spoke(talk: Conversation, now: datetime) -> bool:
    """Whether it was the customer who spoke; a notice of the shop's own wakes no answering machine."""
    mine = Message.objects.filter(conversation=talk, seq=talk.last_customer_seq)
    return mine.filter(created_at__gt=now - FRESH).exists()


def _is_live(talk: Conversation, now: datetime) -> bool:
    spoken = Message.objects.filter(
        conversation=talk, sender_kind=Sender.STAFF, internal=False, created_at__gt=now - LIVE_TALK
    )
    return spoken.exists()


def away_text(now: datetime, calendar: WorkingCalendar, language: str) -> str:
    """What the shop says while nobody is there: its own words as they are, else in the customer's language."""
    shop = shop_settings()
    with translation.override(language):
        hours = hours_text(
            calendar.hours_of(today_in_shop(now)) or next((h for h in calendar.weekly if h), ())
        )
        if shop.away_text:
            return shop.away_text.replace("{{营业时间}}", hours)
        opening = calendar.next_open(now)
        when = f"{timezone.localtime(opening):%m-%d %H:%M}" if opening else hours
        return _("现在是非工作时间，您的消息已收到，我们 %(when)s 上班后尽快回复。") % {"when": when}


def _away_draft(talk: Conversation, text: str, key: str) -> Draft:
    return Draft(
        conversation_id=talk.pk,
        client_id=str(uuid.uuid5(NAMESPACE, key)),
        kind="event",
        body=text,
        sender_kind=Sender.SYSTEM,
        sender_id=0,
        sender_name="",
        data={"notice": "away"},
    )
