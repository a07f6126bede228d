"""The process in which one picture is decoded and drawn anew: `python -I decoder.py FORMAT FOLDER MEMORY SECONDS [SIDE…]`.

Takes the file on its standard input, writes `full` and `small` into FOLDER, or with sides one square icon of each, and one
line of JSON to its standard output: `width` and `height`, or `refused` with a word. Whatever a decoder does to it (no end, no memory, a wrong address), it
dies alone. It knows nothing of the shop: no settings, no database, no secrets are in its environment.
"""

import io
import json
import os
import resource
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

# Started by its path, in isolation: what stands beside it is not found otherwise.
sys.path.insert(0, str(Path(__file__).resolve().parent)) if __name__ == "__main__" else None
if TYPE_CHECKING or __name__ != "__main__":
    from shopcomm.core.pictures import formats
else:
    import formats

if TYPE_CHECKING:
    from PIL import Image

FILE_BYTES = 100 * 1024 * 1024
# By the clock it may take so many times its processor time: whatever else the machine does goes before it.
BY_THE_CLOCK = 4
# Of an icon's side; a phone may show no more of it than the circle of four fifths.
ICON_PART = 0.72
SIMPLE_MODES = ("1", "L", "LA", "P", "RGB", "RGBA")


class Refused(Exception):
    """A picture that we do not decode; the text is for the log."""


def main() -> None:
    """Set the limits, draw, tell."""
    form, folder, memory, seconds, *sides = sys.argv[1:]
    limit_decoder(memory=int(memory), seconds=int(seconds))
    content = sys.stdin.buffer.read()
    try:
        how = formats.Format(form), Path(folder)
        told = (
            write_icons(content, *how, [int(side) for side in sides])
            if sides
            else redraw_picture(content, *how)
        )
    except Exception as error:  # whatever a decoder raises on what is no picture
        told = {"refused": f"{type(error).__name__}: {error}"[:300]}
    sys.stdout.write(json.dumps(told))


def limit_decoder(*, memory: int, seconds: int) -> None:
    """Give this process so many bytes and seconds, and no way to fill the disk; the kernel ends it beyond them."""
    for what, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, FILE_BYTES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
    # Also when it waits instead of working.
    signal.alarm(BY_THE_CLOCK * seconds)
    os.nice(5)


def redraw_picture(content: bytes, form: formats.Format, folder: Path) -> dict[str, Any]:
    """Decode a picture and write it anew: the pixels alone, without EXIF (which tells the place), comments or anything
    after the end. Raises Refused, or whatever a decoder raises."""
    picture = open_picture(content, form)
    if form is formats.Format.GIF:
        width, height = _draw_moving(picture, folder)
    else:
        width, height = _draw_still(picture, form, folder)
    return {"width": width, "height": height}


def write_icons(content: bytes, form: formats.Format, folder: Path, sides: list[int]) -> dict[str, Any]:
    """Write a picture as square icons into `folder`, one for each of `sides` (pixels): all of it on white, within the
    circle that phones cut icons to. `content` is of the `form` that its header says.
    Returns the size of the largest. Raises as `redraw_picture`.
    """
    from PIL import Image

    picture = open_picture(content, form)
    picture.draft(None, (max(sides), max(sides)))
    picture.load()
    sign = _in_ordinary_colours(_upright(_plain(picture), picture), picture.info.get("icc_profile"))
    sign = sign.convert("RGBA")
    for side in sides:
        scale = side * ICON_PART / max(sign.size)
        size = max(1, round(sign.width * scale)), max(1, round(sign.height * scale))
        icon, drawn = Image.new("RGB", (side, side), "white"), sign.resize(size, reducing_gap=2.0)
        icon.paste(drawn, ((side - size[0]) // 2, (side - size[1]) // 2), mask=drawn)
        icon.save(folder / f"icon-{side}", "PNG")
    return {"width": max(sides), "height": max(sides)}


def open_picture(content: bytes, form: formats.Format) -> "Image.Image":
    """Open a picture by the named decoders only. Raises Refused for one that is larger than its header said."""
    from PIL import Image

    if form is formats.Format.HEIF:
        import pi_heif

        pi_heif.options.DECODE_THREADS = 1
        pi_heif.register_heif_opener(thumbnails=False)
    # The limits are ours, by format; Pillow's warning is one for all.
    Image.MAX_IMAGE_PIXELS = None
    picture = Image.open(io.BytesIO(content), formats=formats.DECODERS[form])
    if picture.width * picture.height > formats.most_pixels(form):
        raise Refused(f"{picture.width} x {picture.height} pixels")
    return picture


def _draw_still(picture: "Image.Image", form: formats.Format, folder: Path) -> tuple[int, int]:
    kept_as = formats.KEPT_AS[form][0]
    size = formats.kept_size(*picture.size)
    # Only a JPEG can be decoded at a fraction of its size; others ignore it.
    picture.draft(None, size)
    picture.load()
    profile = picture.info.get("icc_profile")
    drawn = _plain(picture)
    if drawn.size != size:
        drawn = drawn.resize(size, reducing_gap=2.0)
    drawn = _in_ordinary_colours(_upright(drawn, picture), profile)
    if kept_as == "JPEG":
        drawn = _on_white(drawn)
    drawn.info = {}
    quick: dict[str, dict[str, Any]] = {
        "JPEG": {"quality": 90},
        "PNG": {"compress_level": 6 if drawn.width * drawn.height < 4 * formats.MEGAPIXEL else 2},
        "WEBP": {"quality": 85, "method": 2},
    }
    drawn.save(folder / "full", kept_as, **quick[kept_as])
    _draw_small(drawn, folder)
    return drawn.size


def _draw_moving(picture: "Image.Image", folder: Path) -> tuple[int, int]:
    frames = getattr(picture, "n_frames", 1)
    pixels = frames * picture.width * picture.height
    if frames > 1 and (frames > formats.MAX_FRAMES or pixels > formats.MAX_MOVING_PIXELS):
        raise Refused(f"{frames} frames of {picture.width} x {picture.height} pixels")
    picture.save(folder / "full", "GIF", save_all=frames > 1, comment=b"")
    picture.seek(0)
    _draw_small(picture.convert("RGBA"), folder)
    return _made_smaller(folder / "full")


def _made_smaller(written: Path) -> tuple[int, int]:
    """The size of a moving picture, drawn anew where it is larger than what is kept of others.

    Asked of what was written: a frame beyond the edges makes the picture that came look larger than its header said.
    """
    from PIL import Image, ImageSequence

    with Image.open(written, formats=("GIF",)) as kept:
        size = formats.kept_size(*kept.size)
        if size == kept.size:
            return size
        frames, spans = [], []
        for frame in ImageSequence.Iterator(kept):
            frames.append(frame.convert("RGBA").resize(size))
            spans.append(frame.info.get("duration", 100))
        moves: dict[str, Any] = {"duration": spans} if len(frames) > 1 else {}
        moves |= {"loop": kept.info["loop"]} if moves and "loop" in kept.info else {}
    first, *others = frames
    first.save(written, "GIF", save_all=bool(others), append_images=others, **moves)
    return size


def _draw_small(picture: "Image.Image", folder: Path) -> None:
    """The copy for lists; of a long picture its beginning, since the whole of it would be a line."""
    width, height = picture.size
    longest = round(formats.LONG_FROM * min(width, height))
    small = picture.crop((0, 0, min(width, longest), min(height, longest)))
    small = _on_white(small) if small.mode not in ("RGB", "RGBA") else small
    small.thumbnail((formats.SMALL_SIDE, formats.SMALL_SIDE))
    small.info = {}
    small.save(folder / "small", "WEBP", quality=80, method=2)


def _plain(picture: "Image.Image") -> "Image.Image":
    """The pixels in a mode that can be made smaller and saved in any format, with what is see-through."""
    if picture.mode.startswith("I;16"):
        return picture.convert("I").point(lambda value: value / 256).convert("L")
    if picture.mode not in SIMPLE_MODES:
        return picture.convert("RGB")
    if picture.mode == "P" or "transparency" in picture.info:
        return picture.convert("RGBA" if "transparency" in picture.info else "RGB")
    return picture.convert("L") if picture.mode == "1" else picture


def _upright(drawn: "Image.Image", picture: "Image.Image") -> "Image.Image":
    """Turned as EXIF says; what cannot be read of EXIF turns nothing."""
    from PIL import Image

    turns = Image.Transpose
    by_orientation = {
        2: turns.FLIP_LEFT_RIGHT,
        3: turns.ROTATE_180,
        4: turns.FLIP_TOP_BOTTOM,
        5: turns.TRANSPOSE,
        6: turns.ROTATE_270,
        7: turns.TRANSVERSE,
        8: turns.ROTATE_90,
    }
    try:
        orientation = picture.getexif().get(0x0112)
    except Exception:
        return drawn
    turn = by_orientation.get(orientation) if isinstance(orientation, int) else None
    return drawn if turn is None else drawn.transpose(turn)


def _in_ordinary_colours(drawn: "Image.Image", profile: bytes | None) -> "Image.Image":
    """In sRGB, which everything shows alike: without its profile a phone's brown would be another brown."""
    if not profile or drawn.mode not in ("RGB", "RGBA"):
        return drawn
    from PIL import ImageCms

    try:
        ordinary = ImageCms.createProfile("sRGB")
        turned = ImageCms.profileToProfile(drawn, io.BytesIO(profile), ordinary, outputMode=drawn.mode)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return drawn
    return turned or drawn


def _on_white(picture: "Image.Image") -> "Image.Image":
    from PIL import Image

    if picture.mode not in ("RGBA", "LA"):
        return picture.convert("RGB")
    seen = picture.convert("RGBA")
    white = Image.new("RGB", picture.size, "white")
    white.paste(seen, mask=seen.getchannel("A"))
    return white


if __name__ == "__main__":
    main()
