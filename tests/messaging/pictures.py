"""Files to upload, made on the spot."""

import io
import zipfile
from pathlib import Path

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

# As a phone writes it, because the library that reads HEIC cannot write it.
PHONE = Path(__file__).with_name("phone.heic")
PLACE = {0x0001: "N", 0x0002: (23.0, 7.0, 45.0), 0x0003: "E", 0x0004: (113.0, 15.0, 50.0)}


def picture(form: str = "JPEG", size: tuple[int, int] = (80, 60), *, orientation: int = 1) -> bytes:
    """A picture that tells where it was taken, in a format that can carry it."""
    if form == "HEIF":
        return PHONE.read_bytes()
    drawn = Image.new("RGB", size, "tan")
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = "SECRET-PLACE"
    exif.get_ifd(0x8825).update(PLACE)
    out = io.BytesIO()
    second = {"append_images": [drawn], "save_all": True} if form == "MPO" else {}
    drawn.save(out, form, **({} if form in ("GIF", "BMP") else {"exif": exif} | second))
    return out.getvalue()


def archive(*names: str) -> bytes:
    """A zip file with entries of these names."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as opened:
        for name in names:
            opened.writestr(name, "x")
    return out.getvalue()


def upload(content: bytes, name: str = "a.bin", mime: str = "image/jpeg") -> SimpleUploadedFile:
    """The content as a browser sends it, whatever type it claims."""
    return SimpleUploadedFile(name, content, content_type=mime)
