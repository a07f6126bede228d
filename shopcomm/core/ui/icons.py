"""The icons of the sprite as masks of a style sheet: a page names one by a class, in thirty bytes and one element.

`python -m shopcomm.core.ui.icons` draws `static/css/components/icons.css` anew when a symbol of the sprite has changed.
The logo has two colours, which a mask has not: it stays a picture of its own.
"""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
SPRITE = ROOT / "static/icons/sprite.svg"
SHEET = ROOT / "static/css/components/icons.css"
SYMBOL = re.compile(
    r'<symbol id="i-(?P<name>[a-z-]+)" viewBox="(?P<box>[^"]+)">(?P<drawn>.*?)</symbol>', re.DOTALL
)
# A picture inside a style sheet: what would end it, or be taken for a colour's name.
IN_AN_ADDRESS = str.maketrans({'"': "'", "#": "%23", "\n": None})
HEAD = (
    "/* Drawn from static/icons/sprite.svg by `python -m shopcomm.core.ui.icons`. */\n@layer components {\n"
)


def symbol_names() -> set[str]:
    """The icons there are."""
    return {found["name"] for found in SYMBOL.finditer(SPRITE.read_text())}


def icon_sheet() -> str:
    """The style sheet of all icons."""
    symbols = SYMBOL.finditer(SPRITE.read_text())
    rules = (f"  .i-{found['name']} {{ --icon: {_address_of(found)}; }}\n" for found in symbols)
    return f"{HEAD}{''.join(rules)}}}\n"


def _address_of(symbol: re.Match[str]) -> str:
    picture = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{symbol["box"]}">{symbol["drawn"]}</svg>'
    return f'url("data:image/svg+xml,{picture.translate(IN_AN_ADDRESS)}")'


if __name__ == "__main__":
    SHEET.write_text(icon_sheet())
