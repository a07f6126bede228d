"""Files that people upload: known by content and kept at once; pictures are drawn anew later, elsewhere.

Nothing here decodes, unpacks or renders: a file is told by a few bytes at known places (`read_header`,
`kind_of_file`). What is shown of a picture is made by `messaging/services/renditions.py`.
"""

import logging
import math

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from messaging.errors import (
    FileTooLarge,
    FileTypeRefused,
    PictureTooLarge,
    StorageUnavailable,
    TooManyUploads,
    UnsentFull,
)
from messaging.models import Attachment
from messaging.selectors.attachments import uploader_of
from messaging.services.file_kinds import kind_of_file
from messaging.services.renditions import wake_decoder
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.after_commit import call_after_commit
from shopcomm.core.database.named_locks import wait_for_named_lock
from shopcomm.core.pictures.formats import KEPT_AS
from shopcomm.core.pictures.headers import HeaderUnreadable, PictureHeader, read_header
from shopcomm.core.pictures.limits import picture_size_refusal
from shopcomm.core.rate_limits import seconds_to_wait

log = logging.getLogger(__name__)
MIB = 1024 * 1024


def store_attachment(*, actor: Actor, upload: UploadedFile) -> Attachment:
    """Keep an upload until its message is sent; a picture is `pending` until it has been drawn.

    Raises FileTooLarge, PictureTooLarge, FileTypeRefused, TooManyUploads, UnsentFull, StorageUnavailable.
    """
    _check_rate(actor)
    limit = settings.MAX_ATTACHMENT_BYTES
    if (upload.size or 0) > limit:
        raise FileTooLarge(too_large(), limit=limit)
    content = upload.read()
    attachment = Attachment(**uploader_of(actor), name=_clean_name(upload.name or ""), size=len(content))
    ending = _describe(attachment, content)
    with transaction.atomic():
        _check_unsent(actor, attachment.size)
        _keep(attachment, content, ending)
        if attachment.state == Attachment.State.PENDING:
            call_after_commit(wake_decoder)
    return attachment


def too_large() -> str:
    """The refusal of a file above the size limit."""
    return _("文件太大：最多 %(limit)s MB") % {"limit": _megabytes(settings.MAX_ATTACHMENT_BYTES)}


def _clean_name(name: str) -> str:
    name = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(each for each in name if each.isprintable()).strip(". ")[-120:] or "file"


def _describe(attachment: Attachment, content: bytes) -> str:
    """Write down what the file is; returns how its file's name is to end. Raises FileTypeRefused, PictureTooLarge."""
    try:
        header = read_header(content)
    except HeaderUnreadable as error:
        raise FileTypeRefused(_("这张图片已损坏，无法识别")) from error
    if header is not None:
        _describe_picture(attachment, header)
        return "original"
    kind = kind_of_file(content, attachment.name)
    if kind is None:
        raise FileTypeRefused()
    attachment.kind, attachment.mime = Attachment.Kind.FILE, kind.mime
    if not attachment.name.lower().endswith(f".{kind.ending}"):
        attachment.name = f"{attachment.name}.{kind.ending}"
    return kind.ending


def _describe_picture(attachment: Attachment, header: PictureHeader) -> None:
    if why := picture_size_refusal(header):
        raise PictureTooLarge(why, width=header.width, height=header.height, frames=header.frames)
    _as, mime, ending = KEPT_AS[header.format]
    attachment.kind, attachment.mime = Attachment.Kind.IMAGE, mime
    attachment.width, attachment.height = header.width, header.height
    attachment.state = Attachment.State.PENDING
    attachment.name = f"{attachment.name.rsplit('.', 1)[0]}.{ending}"


def _check_rate(actor: Actor) -> None:
    """Raises TooManyUploads. An integration is held to its key's own limit instead."""
    if not actor.is_person:
        return
    most = settings.UPLOADS_PER_MINUTE
    if wait := seconds_to_wait(f"uploads:{actor.who}", rate=most / 60, size=most):
        said = _("上传太频繁：每分钟最多 %(most)s 个文件，请稍后再试") % {"most": most}
        raise TooManyUploads(said, limit=most, retry_after=math.ceil(wait))


def _check_unsent(actor: Actor, size: int) -> None:
    """Raises UnsentFull. One upload of a visitor after the other, so that many at once cannot pass together."""
    if not actor.is_person:
        return
    mine, most = uploader_of(actor), settings.UNSENT_UPLOAD_BYTES
    wait_for_named_lock("uploads:{uploader_kind}:{uploader_id}".format(**mine))
    unsent = Attachment.objects.filter(message=None, **mine).aggregate(all=Sum("size"))["all"] or 0
    if unsent + size > most:
        said = _("还没发送的附件太多：合计最多 %(most)s MB，请先发送") % {"most": _megabytes(most)}
        raise UnsentFull(said, limit=most)


def _keep(attachment: Attachment, content: bytes, ending: str) -> None:
    """The file first, the row second: a row always has its file. Raises StorageUnavailable."""
    try:
        attachment.file.save(f"{attachment.pk}.{ending}", ContentFile(content), save=False)
    except OSError as error:
        log.exception("an upload could not be written")
        raise StorageUnavailable() from error
    try:
        attachment.save(force_insert=True)
    except BaseException:
        attachment.file.delete(save=False)
        raise


def _megabytes(size: int) -> str:
    return f"{size / MIB:.3g}"
