"""What the first bytes of a picture say of it: its format, its size, its frames. No decoder is asked.

Plain reading of a few fields with bounded loops, so that nothing in a file can harm or hold up the process that
takes it in. The decoder looks at everything once more, in a process of its own.
Sources: JPEG (ITU T.81), PNG (W3C), GIF89a, WebP container (RFC 9649), BMP (Microsoft), HEIF (ISO/IEC 23008-12).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from shopcomm.core.pictures.formats import MAX_FRAMES, Format

# A file that needs more of these than any real one is not worth its time.
MOST_SEGMENTS = 2000
MOST_BLOCKS = 300_000
ORIENTATION = 0x0112
HEIC_BRANDS = {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"}
AVIF_BRANDS = {b"avif", b"avis"}
BMP_HEADERS = {12, 40, 52, 56, 64, 108, 124}


@dataclass(frozen=True)
class PictureHeader:
    """What a picture says of itself; width and height as it is shown, turned where the file says so."""

    format: Format
    width: int
    height: int
    frames: int = 1


class HeaderUnreadable(Exception):
    """It begins like a picture but has no valid header."""


def read_header(content: bytes) -> PictureHeader | None:
    """The header of a picture in one of our formats, None for anything else. Raises HeaderUnreadable."""
    form = format_of(content)
    if form is None:
        return None
    try:
        header = READERS[form](content)
    except (struct.error, IndexError) as error:
        raise HeaderUnreadable(form.value) from error
    if header.width < 1 or header.height < 1:
        raise HeaderUnreadable(form.value)
    return header


def format_of(content: bytes) -> Format | None:
    """Which of our picture formats a file begins like."""
    for magic, form in (
        (b"\xff\xd8\xff", Format.JPEG),
        (b"\x89PNG\r\n\x1a\n", Format.PNG),
        (b"GIF87a", Format.GIF),
        (b"GIF89a", Format.GIF),
    ):
        if content.startswith(magic):
            return form
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return Format.WEBP
    if content[:2] == b"BM" and content[6:10] == bytes(4) and _u32le(content[14:18]) in BMP_HEADERS:
        return Format.BMP
    return _boxed_format(content)


def _boxed_format(content: bytes) -> Format | None:
    if content[4:8] != b"ftyp":
        return None
    end = min(int.from_bytes(content[:4]), 256)
    brands = {content[8:12], *(content[at : at + 4] for at in range(16, end - 3, 4))}
    # An AVIF file names mif1 too; a film names neither.
    if brands & AVIF_BRANDS:
        return Format.AVIF
    return Format.HEIF if content[8:12] in HEIC_BRANDS or brands & {b"heic", b"heix"} else None


def _u32le(four: bytes) -> int:
    return int.from_bytes(four, "little") if len(four) == 4 else 0


def _jpeg(content: bytes) -> PictureHeader:
    turned = False
    for marker, at, length in _jpeg_segments(content):
        if marker == 0xE1 and content[at : at + 6] == b"Exif\0\0":
            turned = _exif_orientation(content[at + 6 : at + length]) >= 5
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", content, at + 1)
            return PictureHeader(Format.JPEG, *((height, width) if turned else (width, height)))
    raise HeaderUnreadable("JPEG")


def _jpeg_segments(content: bytes) -> Iterator[tuple[int, int, int]]:
    """Marker, place of the data and their length, up to the compressed part."""
    at = 2
    for _round in range(MOST_SEGMENTS):
        if content[at] != 0xFF:
            return
        while content[at] == 0xFF:
            at += 1
        marker = content[at]
        if marker in (0xD9, 0xDA):
            return
        (length,) = struct.unpack_from(">H", content, at + 1)
        if length < 2:
            return
        yield marker, at + 3, length - 2
        at += 1 + length


def _exif_orientation(tiff: bytes) -> int:
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return 1
    try:
        (first,) = struct.unpack_from(f"{order}I", tiff, 4)
        (entries,) = struct.unpack_from(f"{order}H", tiff, first)
        for number in range(min(entries, 200)):
            tag, _kind, _count, value = struct.unpack_from(f"{order}HHIH", tiff, first + 2 + 12 * number)
            if tag == ORIENTATION:
                return int(value)
    except struct.error:
        pass
    return 1


def _png(content: bytes) -> PictureHeader:
    if content[12:16] != b"IHDR":
        raise HeaderUnreadable("PNG")
    return PictureHeader(Format.PNG, *struct.unpack_from(">II", content, 16))


def _gif(content: bytes) -> PictureHeader:
    width, height, flags = struct.unpack_from("<HHB", content, 6)
    at, frames, blocks = 13 + _colours(flags), 0, 0
    while at < len(content) and content[at] != 0x3B and frames <= MAX_FRAMES:
        if content[at] == 0x2C:
            frames += 1
            (flags,) = struct.unpack_from("<B", content, at + 9)
            at += 11 + _colours(flags)
        elif content[at] == 0x21:
            at += 2
        else:
            break
        while content[at]:
            at += content[at] + 1
            blocks += 1
            if blocks > MOST_BLOCKS:
                raise HeaderUnreadable("GIF")
        at += 1
    return PictureHeader(Format.GIF, width, height, max(frames, 1))


def _colours(flags: int) -> int:
    """How many bytes a GIF's table of colours takes."""
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _webp(content: bytes) -> PictureHeader:
    chunk = content[12:16]
    if chunk == b"VP8X":
        width, height = (int.from_bytes(content[at : at + 3], "little") + 1 for at in (24, 27))
    elif chunk == b"VP8L":
        bits = _u32le(content[21:25])
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    elif chunk == b"VP8 ":
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", content, 26))
    else:
        raise HeaderUnreadable("WEBP")
    return PictureHeader(Format.WEBP, width, height)


def _bmp(content: bytes) -> PictureHeader:
    if _u32le(content[14:18]) == 12:
        return PictureHeader(Format.BMP, *struct.unpack_from("<HH", content, 18))
    width, height = struct.unpack_from("<ii", content, 18)
    return PictureHeader(Format.BMP, abs(width), abs(height))


def _heif(content: bytes) -> PictureHeader:
    return _boxed(content, Format.HEIF)


def _avif(content: bytes) -> PictureHeader:
    return _boxed(content, Format.AVIF)


def _boxed(content: bytes, form: Format) -> PictureHeader:
    """The largest of the sizes a file names: the others are those of its tiles and of its small copy."""
    sizes, turned, cut = [(0, 0)], False, (0, 0)
    place = (0, len(content))
    for name, skip in ((b"meta", 4), (b"iprp", 0), (b"ipco", 0)):
        found = next((each for each in _boxes(content, *place) if each[0] == name), None)
        if found is None:
            raise HeaderUnreadable(form.value)
        place = (found[1] + skip, found[2])
    for name, begin, _end in _boxes(content, *place):
        if name == b"ispe":
            sizes.append(struct.unpack_from(">II", content, begin + 4))
        if name == b"clap":
            wide, by, high, by_too = struct.unpack_from(">4I", content, begin)
            cut = (wide // max(by, 1), high // max(by_too, 1))
        if name == b"irot":
            turned = content[begin] & 1 == 1
    width, height = max(sizes, key=lambda size: size[0] * size[1])
    if 0 < cut[0] <= width and 0 < cut[1] <= height and 2 * cut[0] * cut[1] > width * height:
        # The picture's own frame within what the codec stores in whole blocks.
        width, height = cut
    return PictureHeader(form, *((height, width) if turned else (width, height)))


def _boxes(content: bytes, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Name, begin and end of the content of each box in a part of a file."""
    for _round in range(MOST_SEGMENTS):
        if at + 8 > end:
            return
        size, name = struct.unpack_from(">I4s", content, at)
        begin = at + 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", content, begin)
            begin += 8
        stop = end if size == 0 else min(at + size, end)
        if stop < begin:
            return
        yield name, begin, stop
        at = stop


READERS = {
    Format.JPEG: _jpeg,
    Format.PNG: _png,
    Format.GIF: _gif,
    Format.WEBP: _webp,
    Format.BMP: _bmp,
    Format.HEIF: _heif,
    Format.AVIF: _avif,
}
