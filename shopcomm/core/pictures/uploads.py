"""A picture that a manager uploads for all to see (goods, the shop's sign): drawn anew elsewhere, like every picture that people send."""

import logging
from collections.abc import Iterable
from functools import partial
from pathlib import PurePosixPath
from secrets import token_hex

from django.conf import settings
from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.utils.translation import gettext as _

from shopcomm.core.after_commit import call_after_commit
from shopcomm.core.pictures.draw import NotDrawn, draw_picture
from shopcomm.core.pictures.formats import KEPT_AS
from shopcomm.core.pictures.headers import HeaderUnreadable, read_header
from shopcomm.core.pictures.limits import picture_size_refusal

log = logging.getLogger(__name__)
MIB = 1024 * 1024


class PictureRefused(ValueError):
    """No picture that we show; the text says why."""


def redrawn_picture(upload: File) -> ContentFile:
    """The picture as it is kept. No decoder runs in this process. Raises PictureRefused."""
    most = settings.MAX_ATTACHMENT_BYTES
    if (upload.size or 0) > most:
        raise PictureRefused(_("文件太大：最多 %(limit)s MB") % {"limit": f"{most / MIB:.3g}"})
    content = upload.read()
    try:
        header = read_header(content)
    except HeaderUnreadable as error:
        raise PictureRefused(_("这张图片已损坏，无法识别")) from error
    if header is None:
        raise PictureRefused(_("请上传 JPEG、PNG、GIF、WebP、HEIC、AVIF 或 BMP 图片"))
    if why := picture_size_refusal(header):
        raise PictureRefused(why)
    try:
        drawn = draw_picture(content, header.format)
    except NotDrawn as error:
        raise PictureRefused(_("这张图片已损坏，无法识别")) from error
    ending = KEPT_AS[header.format][2]
    # Never a name that was used before: browsers keep what they have under it.
    stem = PurePosixPath(upload.name or "x").stem[:40] or "x"
    return ContentFile(drawn.full, f"{stem}-{token_hex(4)}.{ending}")


def delete_on_commit(names: Iterable[str]) -> None:
    """Delete uploaded files that nothing names any more, once what says so is committed."""
    for name in names:
        call_after_commit(partial(_delete, name))


def _delete(name: str) -> None:
    try:
        default_storage.delete(name)
    except OSError:
        log.warning("the replaced picture %s could not be deleted", name, exc_info=True)
