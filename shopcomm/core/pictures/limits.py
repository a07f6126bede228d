"""Whether a picture is one we draw, in words for whoever sent it."""

from django.utils.translation import gettext as _

from shopcomm.core.pictures.formats import MAX_FRAMES, MAX_MOVING_PIXELS, MEGAPIXEL, most_pixels
from shopcomm.core.pictures.headers import PictureHeader


def picture_size_refusal(header: PictureHeader) -> str:
    """The sentence that names the limit a picture breaks; empty for one within all of them."""
    pixels, most = header.width * header.height, most_pixels(header.format)
    if pixels > most:
        return _("图片太大：最多 %(most)s 百万像素，这张有 %(given)s 百万像素") % {
            "most": most // MEGAPIXEL,
            "given": round(pixels / MEGAPIXEL),
        }
    if header.frames > MAX_FRAMES or (header.frames > 1 and pixels * header.frames > MAX_MOVING_PIXELS):
        return _("动图太大：最多 %(frames)s 帧，各帧合计最多 %(most)s 百万像素") % {
            "frames": MAX_FRAMES,
            "most": MAX_MOVING_PIXELS // MEGAPIXEL,
        }
    return ""
