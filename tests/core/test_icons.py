"""Every icon that a page names is drawn by the style sheet, as the sprite has it."""

import re
from pathlib import Path

from shopcomm.core.ui.icons import SHEET, icon_sheet, symbol_names
from shopcomm.core.ui.templatetags.ui import ICON_ALIASES, icon_svg

ROOT = Path(__file__).resolve().parents[2]
NAMED = re.compile(r'{% icon "([a-z-]+)"')


def test_the_style_sheet_of_icons_is_drawn_from_the_sprite() -> None:
    assert SHEET.read_text() == icon_sheet(), "python -m shopcomm.core.ui.icons"


def test_every_icon_that_a_template_names_is_a_symbol() -> None:
    named = {
        name for path in (ROOT / "templates").rglob("*.html") for name in NAMED.findall(path.read_text())
    }
    assert {ICON_ALIASES.get(name, name) for name in named} - symbol_names() == {"logo"}


def test_an_icon_says_nothing_to_who_cannot_see_it() -> None:
    assert icon_svg("pin", "s") == '<i class="icon icon--small i-pin"></i>'
    assert icon_svg("undo") == '<i class="icon i-refund"></i>'
    assert 'aria-hidden="true"' in icon_svg("logo", "brandmark")
