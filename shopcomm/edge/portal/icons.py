"""Draws the app's icons from the same shapes as the favicon. `python -m shopcomm.edge.portal.icons [FOLDER]`."""

import sys
from pathlib import Path

from PIL import Image, ImageDraw

ICONS = Path(__file__).resolve().parents[3] / "static" / "icons"
SIZES = (192, 512)
ACCENT, WHITE = "#0f6b52", "#ffffff"
# Drawn larger and scaled down: smooth edges without a vector library.
FINER = 4


def draw_app_icon(size: int) -> Image.Image:
    """A luggage tag that is a speech bubble, on a full square so that any mask fits."""
    edge = size * FINER
    unit = edge / 48
    picture = Image.new("RGB", (edge, edge), ACCENT)
    pen = ImageDraw.Draw(picture)
    pen.rounded_rectangle([12 * unit, 11 * unit, 37 * unit, 33 * unit], radius=4.5 * unit, fill=WHITE)
    pen.polygon([(15 * unit, 30 * unit), (15 * unit, 38 * unit), (23 * unit, 31 * unit)], fill=WHITE)
    pen.ellipse([16 * unit, 15 * unit, 20.6 * unit, 19.6 * unit], fill=ACCENT)
    for left, top, count in ((24, 17.3, 2), (17, 25, 4)):
        for place in range(count):
            start = (left + place * 5) * unit
            pen.rounded_rectangle(
                [start, top * unit, start + 3 * unit, (top + 2) * unit], radius=unit, fill=ACCENT
            )
    return picture.resize((size, size), Image.Resampling.LANCZOS)


def main(folder: Path) -> None:
    """Write every size."""
    for size in SIZES:
        draw_app_icon(size).save(folder / f"app-{size}.png", optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ICONS)
