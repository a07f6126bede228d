"""What is shown of a picture: drawn anew from its pixels, by a process of its own, after the upload was acknowledged.

A picture that waits is a row in state `pending`. Whoever draws claims it for a while; a claim runs out when its holder
was killed, and the sweep finds the row again. Whose picture is next is drawn by lot among the visitors, so that one with many does not hold up the others.
"""

import logging
import time
from datetime import timedelta

from celery import current_app
from django.conf import settings
from django.core.files.base import ContentFile
from django.db import connection, transaction
from django.db.models import F, Window
from django.db.models.functions import Random, RowNumber
from django.utils import timezone
from kombu.exceptions import OperationalError

from messaging.models import Attachment
from messaging.presenters import attachment_object, may_see_content
from shopcomm.core.audiences import all_audiences
from shopcomm.core.pictures.decoder import BY_THE_CLOCK
from shopcomm.core.pictures.draw import Drawn, NotDrawn, draw_picture
from shopcomm.core.pictures.formats import ENDINGS, Format
from shopcomm.core.pictures.headers import HeaderUnreadable, read_header
from shopcomm.core.realtime import conversation_group, push_on_commit

log = logging.getLogger(__name__)
# After so many processes that died over it a picture is given up.
MOST_ATTEMPTS = 2
# How long one task goes on drawing before others have their turn.
WITHIN_SECONDS = 8.0
STORAGE_REST = timedelta(minutes=1)
# The lock under which pictures are claimed (any number that no other lock has).
CLAIM_LOCK = 7_301_122


def wake_decoder() -> None:
    """Ask a worker to draw now. With the broker down the periodic sweep does it later."""
    try:
        current_app.send_task("attachments.draw", ignore_result=True, expires=30)
    except (OperationalError, OSError):
        log.warning("the broker is down; the sweep will draw")


def draw_waiting(*, within: float = WITHIN_SECONDS) -> int:
    """Draw pictures that wait, one after the other, for about `within` seconds; returns how many were taken up."""
    end, taken = time.monotonic() + within, 0
    while attachment := _claim():
        _draw(attachment)
        taken += 1
        if time.monotonic() > end:
            wake_decoder()
            break
    return taken


def _claim() -> Attachment | None:
    """The next picture, for whoever calls alone; None when there is none or enough are being drawn."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CLAIM_LOCK])
        pending, now = Attachment.objects.filter(state=Attachment.State.PENDING), timezone.now()
        if pending.filter(claimed_until__gt=now).count() >= settings.PICTURES_AT_ONCE:
            return None
        turn = Window(RowNumber(), partition_by=["uploader_kind", "uploader_id"], order_by=["created_at"])
        free = pending.exclude(claimed_until__gt=now).annotate(turn=turn)
        # The first of each visitor, whose by lot: so one with many holds up nobody.
        attachment = free.order_by("attempts", "turn", Random()).first()
        if attachment is None:
            return None
        # As long as a decoder can take, and the reading and writing around it.
        until = now + timedelta(seconds=BY_THE_CLOCK * settings.PICTURE_SECONDS + 30)
        pending.filter(pk=attachment.pk).update(claimed_until=until, attempts=F("attempts") + 1)
    return attachment


def _draw(attachment: Attachment) -> None:
    """Draw a claimed picture and keep what came of it, whatever that is."""
    if attachment.attempts >= MOST_ATTEMPTS:
        _give_up(attachment, "its decoder died each time")
        return
    try:
        content, form = _content(attachment)
        _keep(attachment, draw_picture(content, form))
    except FileNotFoundError:
        _give_up(attachment, "the file is gone")
    except OSError:
        # Not the picture's fault: the folder is away or full.
        log.exception("the picture %s could not be read or written", attachment.pk)
        _hand_back(attachment, rest=STORAGE_REST)
    except NotDrawn as error:
        log.warning("the picture %s was not drawn: %s", attachment.pk, error)
        if error.final:
            _give_up(attachment, str(error))
        else:
            _hand_back(attachment)
    except Exception:
        # In a way nobody knows: it is tried after the others, as often as one that kills its decoder.
        log.exception("the picture %s could not be drawn", attachment.pk)
        _hand_back(attachment)


def _content(attachment: Attachment) -> tuple[bytes, Format]:
    with attachment.file.open() as opened:
        content = opened.read()
    try:
        header = read_header(content)
    except HeaderUnreadable:
        header = None
    if header is None:
        raise NotDrawn("the file has changed since it came", final=True)
    return content, header.format


def _hand_back(attachment: Attachment, rest: timedelta | None = None) -> None:
    """Free for the next try; `rest` is how long nobody tries, and such a try does not count."""
    given = (
        {"claimed_until": None} if rest is None else {"claimed_until": timezone.now() + rest, "attempts": 0}
    )
    Attachment.objects.filter(pk=attachment.pk, state=Attachment.State.PENDING).update(**given)


def _keep(attachment: Attachment, drawn: Drawn) -> None:
    """Put the drawn copy in the place of the file that came. Raises OSError."""
    before = attachment.file.name
    ending = attachment.name.rpartition(".")[2]
    attachment.file.save(f"{attachment.pk}.{ending}", ContentFile(drawn.full), save=False)
    attachment.thumbnail.save(f"{attachment.pk}.webp", ContentFile(drawn.small), save=False)
    attachment.state, attachment.size = Attachment.State.READY, len(drawn.full)
    attachment.width, attachment.height = drawn.width, drawn.height
    fields = ["file", "thumbnail", "state", "size", "width", "height"]
    if _replace(attachment, fields):
        attachment.file.storage.delete(before or "")
    else:
        # Deleted, or drawn by somebody else meanwhile.
        attachment.file.delete(save=False)
        attachment.thumbnail.delete(save=False)


def _give_up(attachment: Attachment, why: str) -> None:
    """It is a plain file from now on, under the ending it came with."""
    log.warning("the picture %s is kept as a plain file: %s", attachment.pk, why)
    try:
        _content_bytes, form = _content(attachment)
        ending = ENDINGS[form]
    except (OSError, NotDrawn):
        ending = "bin"
    attachment.name = f"{attachment.name.rpartition('.')[0]}.{ending}"
    attachment.kind, attachment.mime = Attachment.Kind.FILE, "application/octet-stream"
    attachment.state, attachment.width, attachment.height = Attachment.State.FAILED, None, None
    _replace(attachment, ["name", "kind", "mime", "state", "width", "height"])


@transaction.atomic
def _replace(attachment: Attachment, fields: list[str]) -> bool:
    """Write the outcome if the picture still waits for one, and show it to whoever has its conversation open."""
    waiting = Attachment.objects.select_for_update(of=("self",)).select_related("message")
    row = waiting.filter(pk=attachment.pk, state=Attachment.State.PENDING).first()
    if row is None:
        return False
    attachment.claimed_until = None
    attachment.save(update_fields=[*fields, "claimed_until"])
    if message := row.message:
        frame = {
            "type": "attachment.changed",
            "conversation": message.conversation_id,
            "seq": message.seq,
            "attachment": attachment_object(attachment),
        }
        bodies = {each: frame for each in all_audiences() if may_see_content(message, each)}
        push_on_commit(conversation_group(message.conversation_id), bodies)
    return True
