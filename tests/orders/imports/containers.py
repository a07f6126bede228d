"""Workbooks that no library of ours writes, byte by byte: BIFF8 (.xls), OpenDocument (.ods), and locked ones.

Sources: [MS-CFB], [MS-XLS], [MS-OFFCRYPTO] and OpenDocument 1.2, as far as a reader asks for them.
"""

import io
import struct
import zipfile
from datetime import datetime
from xml.sax.saxutils import escape

SECTOR = 512
FREE, END, FAT, NONE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFF
# A stream that is shorter lives in a place of its own, which is spared here by filling it up.
LEAST = 4096
EXCEL_EPOCH = datetime(1899, 12, 30)
Cell = str | int | float | datetime


def ole(streams: dict[str, bytes]) -> bytes:
    """A compound file (the container of old Office) that holds these streams."""
    body, chains, starts = b"", list[int](), {}
    for name, content in streams.items():
        padded = content.ljust(LEAST, b"\0")
        padded += b"\0" * (-len(padded) % SECTOR)
        starts[name] = (len(chains), len(padded))
        first, count = len(chains), len(padded) // SECTOR
        chains += [*range(first + 1, first + count), END]
        body += padded
    entries = [_entry("Root Entry", kind=5, start=END, size=0, child=1)]
    for place, (name, (start, size)) in enumerate(starts.items(), start=1):
        after = place + 1 if place < len(starts) else NONE
        entries.append(_entry(name, kind=2, start=start, size=size, right=after))
    directory = b"".join(entries)
    directory += _entry("", kind=0, start=0, size=0) * (-len(entries) % 4)
    place_of_directory, count = len(chains), len(directory) // SECTOR
    chains += [*range(place_of_directory + 1, place_of_directory + count), END]
    place_of_fat = len(chains)
    chains += [FAT]
    fat = struct.pack(f"<{SECTOR // 4}I", *chains, *[FREE] * (SECTOR // 4 - len(chains)))
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    head += struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    head += struct.pack("<IIIIIIIII", 0, 1, place_of_directory, 0, LEAST, END, 0, END, 0)
    head += struct.pack("<109I", place_of_fat, *[FREE] * 108)
    return head + body + directory + fat


def _entry(name: str, *, kind: int, start: int, size: int, child: int = NONE, right: int = NONE) -> bytes:
    spelt = name.encode("utf-16-le") + b"\0\0" if name else b""
    return (
        spelt.ljust(64, b"\0")
        + struct.pack("<HBBIII", len(spelt), kind, 1, NONE, right, child)
        + bytes(36)
        + struct.pack("<IQ", start, size)
    )


def xls(sheets: dict[str, list[list[Cell]]], *, locked: bool = False) -> bytes:
    """A workbook of Excel 97 to 2003; `locked` with a password (the record that says so, then noise)."""
    start = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 0x0600))
    if locked:
        start += _record(0x002F, struct.pack("<HHH48x", 1, 1, 1))
    start += _record(0x0042, struct.pack("<H", 1200))
    # How cells look: as they are, and as a day with its time.
    for form in (0, 22):
        start += _record(0x00E0, struct.pack("<HHH14x", 0, form, 0))
    size = len(start) + sum(4 + 8 + 2 * len(name) for name in sheets) + 4
    listed = pages = b""
    for name, rows in sheets.items():
        listed += _record(
            0x0085, struct.pack("<IBBBB", size + len(pages), 0, 0, len(name), 1) + name.encode("utf-16-le")
        )
        pages += _sheet(rows)
    return ole({"Workbook": start + listed + _record(0x000A, b"") + pages})


def _sheet(rows: list[list[Cell]]) -> bytes:
    width = max(map(len, rows))
    page = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 0, 0, 0x0600))
    page += _record(0x0200, struct.pack("<IIHHH", 0, len(rows), 0, width, 0))
    for row, cells in enumerate(rows):
        for column, value in enumerate(cells):
            page += _cell(row, column, value)
    return page + _record(0x000A, b"")


def _cell(row: int, column: int, value: Cell) -> bytes:
    if isinstance(value, str):
        said = struct.pack("<HB", len(value), 1) + value.encode("utf-16-le")
        return _record(0x0204, struct.pack("<HHH", row, column, 0) + said)
    if isinstance(value, datetime):
        days = (value - EXCEL_EPOCH).total_seconds() / 86400
        return _record(0x0203, struct.pack("<HHHd", row, column, 1, days))
    return _record(0x0203, struct.pack("<HHHd", row, column, 0, value))


def _record(kind: int, content: bytes) -> bytes:
    return struct.pack("<HH", kind, len(content)) + content


def locked_xlsx() -> bytes:
    """An XLSX with a password is a compound file in which the workbook lies encrypted."""
    return ole(
        {
            "EncryptionInfo": b"\x04\x00\x04\x00\x40\x00\x00\x00<encryption/>",
            "EncryptedPackage": b"\x99" * 5000,
        }
    )


MIME = "application/vnd.oasis.opendocument.spreadsheet"
SPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for name in ("office", "table", "text", "manifest")
)


def ods(sheets: dict[str, list[list[Cell]]], *, locked: bool = False) -> bytes:
    """A spreadsheet of LibreOffice; `locked` with a password."""
    tables = "".join(
        f'<table:table table:name="{escape(name)}">'
        + "".join(f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>" for row in rows)
        + "</table:table>"
        for name, rows in sheets.items()
    )
    content = (
        f"<office:document-content {SPACES}><office:body><office:spreadsheet>{tables}"
        "</office:spreadsheet></office:body></office:document-content>"
    ).encode()
    secret = '<manifest:encryption-data manifest:checksum-type="SHA1/1K"/>' if locked else ""
    manifest = (
        f'<manifest:manifest {SPACES}><manifest:file-entry manifest:full-path="content.xml" '
        f'manifest:media-type="text/xml">{secret}</manifest:file-entry></manifest:manifest>'
    )
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as book:
        book.writestr("mimetype", MIME)
        book.writestr("content.xml", b"\x99" * len(content) if locked else content)
        book.writestr("META-INF/manifest.xml", manifest)
    return made.getvalue()


def _ods_cell(value: Cell) -> str:
    if isinstance(value, datetime):
        kind = f'office:value-type="date" office:date-value="{value.isoformat()}"'
    elif isinstance(value, str):
        kind = 'office:value-type="string"'
    else:
        kind = f'office:value-type="float" office:value="{value}"'
    return f"<table:table-cell {kind}><text:p>{escape(str(value))}</text:p></table:table-cell>"
