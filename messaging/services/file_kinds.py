"""What a file is, by its content: what we take besides pictures, and how it is called.

Nothing is opened or unpacked here: a few bytes at known places decide. Sources: ISO/IEC 14496-12 (`ftyp`), APPNOTE.TXT
of ZIP (end of central directory), RFC 4867 (AMR), RFC 3533 (Ogg), ISO/IEC 11172-3 (the head of an MPEG audio frame).
"""

import re
import struct
from dataclasses import dataclass

OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
OFFICE_PARTS = {b"word/": "docx", b"xl/": "xlsx", b"ppt/": "pptx"}
OFFICE = "application/vnd.openxmlformats-officedocument"
MIMES = {
    "pdf": "application/pdf",
    "zip": "application/zip",
    "docx": f"{OFFICE}.wordprocessingml.document",
    "xlsx": f"{OFFICE}.spreadsheetml.sheet",
    "pptx": f"{OFFICE}.presentationml.presentation",
    "doc": "application/msword",
    "xls": "application/vnd.ms-excel",
    "ppt": "application/vnd.ms-powerpoint",
    "csv": "text/csv",
    "txt": "text/plain",
    "mp4": "video/mp4",
    "mov": "video/quicktime",
    "m4a": "audio/mp4",
    "mp3": "audio/mpeg",
    "amr": "audio/amr",
    "ogg": "audio/ogg",
    "wav": "audio/wav",
}
# Names that a film or a recording may have beside its own.
ALSO_NAMED = {"m4v": "mp4", "3gp": "mp4", "oga": "ogg", "opus": "ogg", "qt": "mov", "text": "txt"}
FILM_BRANDS = {b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"dash", b"M4V ", b"MSNV", b"3gp4", b"3gp5", b"3gp6"}  # fmt: skip
VOICE_BRANDS = {b"M4A ", b"M4B "}
# How text begins that a program or a browser would run.
RUNS = re.compile(r"\s*(<|#!|%!)")
# Characters that no text has: all below the space but tab, line feed, form feed and carriage return.
NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f\ufffe\uffff]")


@dataclass(frozen=True)
class FileKind:
    """How a kind of file ends and what HTTP calls it."""

    ending: str

    @property
    def mime(self) -> str:
        return MIMES[self.ending]


def kind_of_file(content: bytes, name: str) -> FileKind | None:
    """What a file is by its content; the name only tells apart what looks alike. None for what we do not take."""
    claimed = name.lower().rpartition(".")[2] if "." in name else ""
    claimed = ALSO_NAMED.get(claimed, claimed)
    ending = _by_magic(content, claimed) or _text(content, claimed)
    return FileKind(ending) if ending else None


def _by_magic(content: bytes, claimed: str) -> str | None:
    for magic, ending in (
        (b"%PDF-", "pdf"),
        (b"#!AMR\n", "amr"),
        (b"#!AMR-WB\n", "amr"),
        (b"OggS", "ogg"),
        (b"ID3", "mp3"),
    ):
        if content.startswith(magic):
            return ending
    if content.startswith(OLD_OFFICE):
        return claimed if claimed in ("doc", "xls", "ppt") else "doc"
    if content.startswith(b"RIFF") and content[8:12] == b"WAVE":
        return "wav"
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zipped(content)
    if content[4:8] == b"ftyp":
        return _filmed(content[8:12], claimed)
    return "mp3" if _is_mpeg_audio(content) else None


def _filmed(brand: bytes, claimed: str) -> str | None:
    if brand in VOICE_BRANDS or (claimed == "m4a" and brand in FILM_BRANDS):
        return "m4a"
    if brand == b"qt  ":
        return "mov"
    return "mp4" if brand in FILM_BRANDS else None


def _is_mpeg_audio(content: bytes) -> bool:
    """Whether it begins with the head of an MPEG audio frame, layer III, of a bit rate and a sampling rate that exist."""
    if len(content) < 4 or content[0] != 0xFF or content[1] & 0xE6 != 0xE2 or content[1] & 0x18 == 0x08:
        return False
    return content[2] & 0xF0 not in (0x00, 0xF0) and content[2] & 0x0C != 0x0C


def _zipped(content: bytes) -> str | None:
    """An Office document or a plain archive, by the names in its directory, which is not unpacked."""
    end = content.rfind(b"PK\x05\x06", max(0, len(content) - 66_000))
    if end < 0 or len(content) < end + 22:
        return None
    size, start = struct.unpack_from("<II", content, end + 12)
    directory = content[start : start + size]
    if b"[Content_Types].xml" in directory:
        return next((ending for part, ending in OFFICE_PARTS.items() if part in directory), "zip")
    return "zip"


def _text(content: bytes, claimed: str) -> str | None:
    """Text that calls itself so: readable from the first to the last character, and no page or program."""
    if claimed not in ("csv", "txt", ""):
        return None
    text = _decoded(content)
    if text is None or NO_TEXT.search(text) or RUNS.match(text):
        return None
    return claimed or "txt"


def _decoded(content: bytes) -> str | None:
    marked = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None
