"""The pictures we take, by name, and how large they may be. Imports nothing: the decoder's process reads it, too."""

from enum import Enum

MEGAPIXEL = 1_000_000
# A JPEG is decoded at half, a quarter or an eighth of its size, so that a phone's 200 megapixels cost no more memory.
MAX_JPEG_PIXELS = 220 * MEGAPIXEL
MAX_PIXELS = 60 * MEGAPIXEL
# Of a moving picture: its frames, and the pixels of all of them.
MAX_FRAMES = 300
MAX_MOVING_PIXELS = 60 * MEGAPIXEL
# What is kept of a picture: the longer side of an ordinary one; of one that is long (a screenshot of a whole page) the
# shorter side, so that its text stays readable, and as much of the longer as browsers show.
LARGEST_SIDE = 4096
LONG_FROM = 2.5
LONG_WIDTH, LONG_HEIGHT = 1440, 30_000
# The small copy, for lists.
SMALL_SIDE = 480


class Format(Enum):
    """A format of pictures that we take, as Pillow calls it."""

    JPEG = "JPEG"
    PNG = "PNG"
    GIF = "GIF"
    WEBP = "WEBP"
    HEIF = "HEIF"
    AVIF = "AVIF"
    BMP = "BMP"


# What Pillow may try for each; the "JPEG" of a phone with an Ultra HDR layer is an MPO.
DECODERS = {form: (form.value,) for form in Format} | {Format.JPEG: ("JPEG", "MPO")}
# What is kept of each: as Pillow calls it, as HTTP calls it, and how its name ends.
KEPT_AS = {
    Format.JPEG: ("JPEG", "image/jpeg", "jpg"),
    Format.PNG: ("PNG", "image/png", "png"),
    Format.GIF: ("GIF", "image/gif", "gif"),
    Format.WEBP: ("WEBP", "image/webp", "webp"),
    Format.HEIF: ("JPEG", "image/jpeg", "jpg"),
    Format.AVIF: ("JPEG", "image/jpeg", "jpg"),
    Format.BMP: ("PNG", "image/png", "png"),
}
# How the name of a file that came in a format ends.
ENDINGS = {
    Format.JPEG: "jpg",
    Format.PNG: "png",
    Format.GIF: "gif",
    Format.WEBP: "webp",
    Format.HEIF: "heic",
    Format.AVIF: "avif",
    Format.BMP: "bmp",
}


def most_pixels(form: Format) -> int:
    """How many pixels one frame of a format may have."""
    return MAX_JPEG_PIXELS if form is Format.JPEG else MAX_PIXELS


def kept_size(width: int, height: int) -> tuple[int, int]:
    """The size in which a picture is kept."""
    short, long = sorted((width, height))
    if long > LONG_FROM * short:
        scale = min(1.0, LONG_WIDTH / short, LONG_HEIGHT / long)
    else:
        scale = min(1.0, LARGEST_SIDE / long)
    return max(1, round(width * scale)), max(1, round(height * scale))
