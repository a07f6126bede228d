"""Which encoding and which separator a text file has, decided on the whole of it: a name in the last row counts, too."""

import codecs
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from django.utils.translation import gettext as _

from orders.errors import ImportRefused

CHUNK = 1024 * 1024
# A text that is longer, once unpacked, is no list of orders: a few megabytes of zip hold any number of bytes.
LONGEST_TEXT = 4 * 1024**3
MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
SEPARATORS = ",;\t|"
STRAY = "orders.stray"
_BAD = re.compile("[\udc80-\udcff]")
_WIDE = re.compile(r"[^\x00-\x7f]")
_QUOTED = re.compile(r'"[^"]*"')
_BINARY = re.compile(rb"[\x01-\x08\x0e-\x19\x1c-\x1f]")
_HINT = re.compile(r'^\ufeff?"?sep=(.)"?\s*$', re.MULTILINE)


@dataclass(frozen=True)
class Encoding:
    """How the bytes become text. `stray` bytes are none of this encoding; each is read as Western European."""

    name: str
    stray: int = 0


def _as_western(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error(STRAY, _as_western)


def encoding_of(opened: Callable[[], BinaryIO]) -> Encoding:
    """A mark at the beginning; else UTF-8 if most of the bytes are; else what Excel in China saves: GB18030.

    Raises ImportRefused for what is no text.
    """
    with opened() as stream:
        head = stream.read(4096)
    for mark, name in MARKS:
        if head.startswith(mark):
            return Encoding(name, _strays(opened, "utf-8")[1] if name == "utf-8-sig" else 0)
    if wide := _without_mark(head):
        return Encoding(wide)
    if b"\x00" in head or len(_BINARY.findall(head)) > len(head) // 100:
        raise ImportRefused(_("这不是表格文件：请另存为 CSV 或 XLSX 再导入"))
    for name in ("utf-8", "gb18030"):
        good, bad = _strays(opened, name)
        if good > bad or not bad:
            return Encoding(name, bad)
    return Encoding("cp1252")


def _without_mark(head: bytes) -> str:
    """UTF-16 without a mark: every other byte of digits and separators is nil."""
    half = max(len(head) // 2, 1)
    if head[1::2].count(0) > half // 4 and not head[::2].count(0):
        return "utf-16-le"
    return "utf-16-be" if head[::2].count(0) > half // 4 and not head[1::2].count(0) else ""


def _strays(opened: Callable[[], BinaryIO], name: str) -> tuple[int, int]:
    """Characters beyond ASCII that are of this encoding, and bytes that are not."""
    good = bad = 0
    decoder = codecs.getincrementaldecoder(name)(errors="surrogateescape" if name == "utf-8" else "replace")
    with opened() as stream:
        for piece in _pieces(stream):
            text = decoder.decode(piece, final=not piece)
            if text.isascii():
                continue
            wrong = len(_BAD.findall(text)) if name == "utf-8" else text.count("\ufffd")
            good, bad = good + len(_WIDE.findall(text)) - wrong, bad + wrong
    return good, bad


def _pieces(stream: BinaryIO) -> Iterator[bytes]:
    """The file in pieces, and an empty one that says it is over. Raises ImportRefused for one without an end."""
    read = 0
    while piece := stream.read(CHUNK):
        read += len(piece)
        if read > LONGEST_TEXT:
            raise ImportRefused(_("文件太大：请分成几个文件再导入"))
        yield piece
    yield b""


def separator_of(sample: str) -> str:
    """What stands between cells most often, outside quotes; or what the file says itself (`sep=;`)."""
    if hint := _HINT.match(sample):
        return hint[1]
    plain = _QUOTED.sub("", sample)
    return max(SEPARATORS, key=plain.count)
