"""Has a picture drawn by a process of its own, which may use so much memory and time and no more."""

import json
import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from shopcomm.core.pictures import decoder
from shopcomm.core.pictures.formats import Format

log = logging.getLogger(__name__)
# All that the decoder's process is told: nothing of ours. Two arenas, since each reserves memory that counts.
ENVIRONMENT = {"PATH": os.defpath, "LANG": "C.UTF-8", "MALLOC_ARENA_MAX": "2"}


@dataclass(frozen=True)
class Drawn:
    """A re-encoded picture, and its small copy for lists (WebP)."""

    full: bytes
    small: bytes
    width: int
    height: int


class NotDrawn(Exception):
    """No picture came of it. `final` says that trying again would change nothing."""

    def __init__(self, word: str, *, final: bool) -> None:
        super().__init__(word)
        self.final = final


def draw_picture(content: bytes, form: Format) -> Drawn:
    """Decode and re-encode a picture in another process. Raises NotDrawn.

    Takes at most PICTURE_SECONDS of processor time, four times as long by the clock, and PICTURE_MEMORY_BYTES.
    """
    with tempfile.TemporaryDirectory(prefix="picture-") as folder:
        told = _run(content, form, Path(folder))
        if "refused" in told:
            raise NotDrawn(str(told["refused"]), final=True)
        try:
            full, small = ((Path(folder) / name).read_bytes() for name in ("full", "small"))
            return Drawn(full, small, int(told["width"]), int(told["height"]))
        except (OSError, KeyError, ValueError) as error:
            raise NotDrawn(f"the decoder left nothing: {error}", final=False) from error


def draw_icons(content: bytes, form: Format, sides: Iterable[int]) -> dict[int, bytes]:
    """A picture as square icons (PNG) for an app on a phone, by their sides in pixels. Raises NotDrawn."""
    sides = list(sides)
    with tempfile.TemporaryDirectory(prefix="icons-") as folder:
        told = _run(content, form, Path(folder), sides)
        if "refused" in told:
            raise NotDrawn(str(told["refused"]), final=True)
        try:
            return {side: (Path(folder) / f"icon-{side}").read_bytes() for side in sides}
        except OSError as error:
            raise NotDrawn(f"the decoder left nothing: {error}", final=False) from error


def _run(content: bytes, form: Format, folder: Path, sides: Iterable[int] = ()) -> dict[str, Any]:
    limits = [str(settings.PICTURE_MEMORY_BYTES), str(settings.PICTURE_SECONDS)]
    icons = [str(side) for side in sides]
    command = [sys.executable, "-I", decoder.__file__, form.value, str(folder), *limits, *icons]
    try:
        done = subprocess.run(
            command,
            input=content,
            capture_output=True,
            env=ENVIRONMENT,
            timeout=decoder.BY_THE_CLOCK * settings.PICTURE_SECONDS + 5,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise NotDrawn("the decoder took too long", final=False) from error
    if done.returncode:
        log.warning("a decoder of %s ended with %s: %s", form.value, done.returncode, done.stderr[-300:])
        raise NotDrawn(f"the decoder ended with {done.returncode}", final=False)
    try:
        told = json.loads(done.stdout)
    except ValueError as error:
        raise NotDrawn("the decoder said nothing", final=False) from error
    return told if isinstance(told, dict) else {}
