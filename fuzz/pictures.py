"""Mutants of every kind of file we take: told by the web process's readers, pictures decoded as a worker has it done.

Each picture is decoded by the decoder's own code under its own limits, in a process of its own that is forked here with
the libraries loaded, since starting Python for each would take most of the time; every hundredth goes the whole way
through `draw_picture`. A decoder that dies is what its process is for. Harm is: a reader in the web process that raises
or takes long, a decoder that outlives its limits, a picture larger than any we keep.
"""

import gc
import json
import os
import select
import signal
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from random import Random

import django

from fuzz.mutants import mutant

SLOWEST_READ = 1.0
SECONDS = 15
WHOLE_WAY_EVERY = 100


@dataclass
class Told:
    """What became of the mutants of one format."""

    name: str
    outcomes: Counter[str] = field(default_factory=Counter)
    harms: list[str] = field(default_factory=list)
    slowest: float = 0.0


def report(*, count: int, seed: int) -> bool:
    """Try so many mutants of each format and print what became of them; True when one did harm."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shopcomm.settings.base")
    django.setup()
    _load()
    harmed = False
    for name, sound in samples().items():
        started = time.monotonic()
        told = run(name, sound, count=count, seed=seed)
        harmed |= bool(told.harms)
        seen = ", ".join(f"{what} {number}" for what, number in told.outcomes.most_common())
        print(
            f"{name:5} {count} mutants in {time.monotonic() - started:.0f} s: {seen}; slowest {told.slowest:.1f} s; harm {len(told.harms)}",
            flush=True,
        )
        for harm in told.harms[:10]:
            print(f"      {harm}")
    return harmed


def _load() -> None:
    """What every decoder would load anew."""
    import pi_heif
    from PIL import Image, ImageCms

    assert ImageCms
    pi_heif.register_heif_opener(thumbnails=False)
    Image.init()
    gc.freeze()


def samples() -> dict[str, bytes]:
    """A sound file of each kind."""
    from tests.messaging.pictures import archive, picture

    moving = BytesIO()
    from PIL import Image

    frames = [Image.new("RGB", (60, 40), colour) for colour in ("tan", "navy", "white", "black")]
    frames[0].save(moving, "GIF", save_all=True, append_images=frames[1:], duration=80)
    pictures = {form: picture(form) for form in ("JPEG", "MPO", "PNG", "WEBP", "HEIF", "AVIF", "BMP")}
    ftyp = (
        (24).to_bytes(4, "big") + b"ftypisom\x00\x00\x02\x00isomiso2" + b"\x00\x00\x00\x08mdat" + bytes(400)
    )
    others = {
        "mp4": ftyp, "m4a": ftyp.replace(b"isom", b"M4A "), "amr": b"#!AMR\n" + bytes(200), "ogg": b"OggS" + bytes(200),
        "mp3": b"ID3\x03" + bytes(200) + b"\xff\xfb\x90\x00" * 40, "wav": b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(200),
        "pdf": b"%PDF-1.7\n" + b"1 0 obj<</Type/Catalog>>endobj\n" * 20, "zip": archive("a.txt", "b/c.txt"),
        "xlsx": archive("[Content_Types].xml", "xl/workbook.xml"), "csv": "货号,数量\nFB01-NV,3\n".encode() * 20,
        "txt": "你好，三个包\n".encode("gb18030") * 20, "xls": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500),
    }  # fmt: skip
    return pictures | {"GIF": moving.getvalue()} | others


def run(name: str, sound: bytes, *, count: int, seed: int) -> Told:
    """Try mutants of one file. Django must be set up."""
    chance, told = Random(f"{name}:{seed}"), Told(name)
    for number in range(count):
        content = mutant(chance, sound) if number else sound
        try:
            _try(content, name, told, whole_way=number % WHOLE_WAY_EVERY == 0)
        except Exception as error:
            told.harms.append(f"mutant {number}: {type(error).__name__}: {error}")
    return told


def _try(content: bytes, name: str, told: Told, *, whole_way: bool) -> None:
    from messaging.services.file_kinds import kind_of_file
    from shopcomm.core.pictures.headers import HeaderUnreadable, read_header
    from shopcomm.core.pictures.limits import picture_size_refusal

    started = time.monotonic()
    try:
        header = read_header(content)
    except HeaderUnreadable:
        header, outcome = None, "refused by its header"
    else:
        kind = None if header else kind_of_file(content, f"a.{name.lower()}")
        outcome = "taken as a file" if kind else "refused as no file of ours"
    if time.monotonic() - started > SLOWEST_READ:
        told.harms.append(f"reading took {time.monotonic() - started:.1f} s")
    if header is not None:
        outcome = (
            "too large"
            if picture_size_refusal(header)
            else _decoded(content, header.format, told, whole_way=whole_way)
        )
    told.outcomes[outcome] += 1


def _decoded(content: bytes, form: "object", told: Told, *, whole_way: bool) -> str:
    started = time.monotonic()
    outcome = _whole_way(content, form) if whole_way else _forked(content, form, told)
    told.slowest = max(told.slowest, time.monotonic() - started)
    return outcome


def _whole_way(content: bytes, form: "object") -> str:
    from shopcomm.core.pictures.draw import NotDrawn, draw_picture

    try:
        draw_picture(content, form)  # type: ignore[arg-type]
    except NotDrawn as error:
        return "refused by its decoder" if error.final else "its decoder died"
    return "drawn"


def _forked(content: bytes, form: "object", told: Told) -> str:
    """Decode in a fork of this process, and wait no longer than the decoder may take."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        ours, theirs = os.pipe()
        child = os.fork()
        if child == 0:
            _decode(content, form, Path(folder), theirs)
        os.close(theirs)
        said = _answer(ours, child, told)
        if said is None:
            return "its decoder died"
        if "refused" in said:
            return "refused by its decoder"
        _check(Path(folder), said, told)
        return "drawn"


def _decode(content: bytes, form: "object", folder: Path, out: int) -> None:
    """In the fork: the decoder's own limits and work. Never returns."""
    from django.conf import settings

    from shopcomm.core.pictures import decoder

    status = 1
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        decoder.limit_decoder(memory=settings.PICTURE_MEMORY_BYTES + _in_use(), seconds=SECONDS)
        try:
            said = decoder.redraw_picture(content, form, folder)  # type: ignore[arg-type]
        except Exception as error:
            said = {"refused": type(error).__name__}
        os.write(out, json.dumps(said).encode())
        status = 0
    finally:
        sys.stderr.flush()
        os._exit(status)


def _in_use() -> int:
    """The address space that this process has already, which the decoder's own would not have."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")


def _answer(pipe: int, child: int, told: Told) -> dict[str, object] | None:
    ready, _out, _bad = select.select([pipe], [], [], 2 * SECONDS + 5)
    said = os.read(pipe, 4096) if ready else b""
    os.close(pipe)
    if not ready:
        told.harms.append("a decoder outlived its limits")
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return json.loads(said) if said else None


def _check(folder: Path, said: dict[str, object], told: Told) -> None:
    """What was drawn is a picture of the size that was told, and of none larger than we keep."""
    from shopcomm.core.pictures.formats import LARGEST_SIDE, LONG_HEIGHT
    from shopcomm.core.pictures.headers import read_header

    header = read_header((folder / "full").read_bytes())
    if header is None or (header.width, header.height) != (said["width"], said["height"]):
        told.harms.append(f"drawn as {header}, told as {said}")
    elif (
        header.width > LONG_HEIGHT
        or header.height > LONG_HEIGHT
        or min(header.width, header.height) > LARGEST_SIDE
    ):
        told.harms.append(f"larger than any we keep: {header}")
