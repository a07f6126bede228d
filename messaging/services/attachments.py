"""Files that people upload: checked by content, pictures drawn anew so that nothing hides in them."""

import io
import zipfile
from typing import Any

import filetype
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from pi_heif import register_heif_opener
from PIL import Image, ImageOps, UnidentifiedImageError

from messaging.errors import FileTooLarge, FileTypeRefused
from messaging.models import Attachment
from shopcomm.core.accounts.actors import Actor

register_heif_opener()
THUMBNAIL = (480, 480)
LARGEST_SIDE = 4096
MAX_PIXELS = 60_000_000
PICTURES = {"JPEG": ("image/jpeg", "jpg"), "PNG": ("image/png", "png"), "WEBP": ("image/webp", "webp"),
            "GIF": ("image/gif", "gif"), "HEIF": ("image/jpeg", "jpg")}  # fmt: skip
OFFICE_PARTS = {"word/": "docx", "xl/": "xlsx", "ppt/": "pptx"}
DOCUMENTS = {
    "pdf": "application/pdf",
    "zip": "application/zip",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "doc": "application/msword",
    "xls": "application/vnd.ms-excel",
    "ppt": "application/vnd.ms-powerpoint",
}
OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def uploader_of(actor: Actor) -> dict[str, Any]:
    """Whose an upload is; integrations share theirs, as they share the shop's voice."""
    person = actor.kind in ("customer", "staff")
    return {"uploader_kind": actor.sender_kind, "uploader_id": actor.id or 0 if person else 0}


@transaction.atomic
def store_attachment(*, actor: Actor, upload: UploadedFile) -> Attachment:
    """Keep an upload until its message is sent. Raises FileTooLarge or FileTypeRefused."""
    if (upload.size or 0) > settings.MAX_ATTACHMENT_BYTES:
        raise FileTooLarge(limit=settings.MAX_ATTACHMENT_BYTES)
    content = upload.read()
    if not content:
        raise FileTypeRefused()
    attachment = Attachment(
        **uploader_of(actor),
        name=_clean_name(upload.name or ""),
    )
    picture = _open_picture(content)
    if picture is not None:
        _keep_picture(attachment, picture)
    else:
        _keep_document(attachment, content)
    attachment.save()
    return attachment


def _clean_name(name: str) -> str:
    name = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(each for each in name if each.isprintable()).strip(". ")[-120:] or "file"


def _open_picture(content: bytes) -> Image.Image | None:
    """The picture, None when it is none. Raises FileTypeRefused for one that is broken, foreign or a bomb."""
    try:
        picture = Image.open(io.BytesIO(content))
    except UnidentifiedImageError:
        return None
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise FileTypeRefused() from error
    if picture.format not in PICTURES or picture.width * picture.height > MAX_PIXELS:
        raise FileTypeRefused()
    return picture


def _keep_picture(attachment: Attachment, picture: Image.Image) -> None:
    mime, ending = PICTURES[picture.format or ""]
    try:
        full = _drawn_anew(picture, mime)
        picture.seek(0)
        small = ImageOps.exif_transpose(picture).convert("RGB")
        small.thumbnail(THUMBNAIL)
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
        raise FileTypeRefused() from error
    attachment.kind, attachment.mime = Attachment.Kind.IMAGE, mime
    attachment.width, attachment.height = Image.open(io.BytesIO(full)).size
    attachment.size = len(full)
    attachment.name = f"{attachment.name.rsplit('.', 1)[0]}.{ending}"
    attachment.file.save(f"{attachment.pk}.{ending}", ContentFile(full), save=False)
    attachment.thumbnail.save(
        f"{attachment.pk}.webp", ContentFile(_bytes(small, "WEBP", quality=80)), save=False
    )


def _drawn_anew(picture: Image.Image, mime: str) -> bytes:
    """The pixels alone: without EXIF (which tells the place), comments or anything after the end."""
    if mime == "image/gif":
        animated = getattr(picture, "n_frames", 1) > 1
        return _bytes(picture, "GIF", save_all=animated, comment=b"")
    upright = ImageOps.exif_transpose(picture)
    upright.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    upright.info = {}
    if mime == "image/jpeg":
        return _bytes(upright.convert("RGB"), "JPEG", quality=90)
    return _bytes(upright, "PNG" if mime == "image/png" else "WEBP")


def _bytes(picture: Image.Image, form: str, **options: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()


def _keep_document(attachment: Attachment, content: bytes) -> None:
    ending = _document_ending(attachment.name, content)
    attachment.kind, attachment.mime = Attachment.Kind.FILE, DOCUMENTS[ending]
    attachment.size = len(content)
    if not attachment.name.lower().endswith(f".{ending}"):
        attachment.name = f"{attachment.name}.{ending}"
    attachment.file.save(f"{attachment.pk}.{ending}", ContentFile(content), save=False)


def _document_ending(name: str, content: bytes) -> str:
    """What a document is, by its content. Raises FileTypeRefused for anything we do not take."""
    kind = filetype.guess_extension(content)
    if kind == "pdf":
        return "pdf"
    if content.startswith(OLD_OFFICE):
        claimed = name.lower().rsplit(".", 1)[-1]
        return claimed if claimed in ("doc", "xls", "ppt") else "doc"
    if content.startswith(b"PK"):
        return _zip_ending(content)
    raise FileTypeRefused()


def _zip_ending(content: bytes) -> str:
    try:
        names = zipfile.ZipFile(io.BytesIO(content)).namelist()
    except (zipfile.BadZipFile, ValueError) as error:
        raise FileTypeRefused() from error
    if "[Content_Types].xml" in names:
        for part, ending in OFFICE_PARTS.items():
            if any(name.startswith(part) for name in names):
                return ending
    return "zip"
