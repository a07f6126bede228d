"""Which style sheets and modules a page loads. No build step: every file is served as it is written."""

from functools import lru_cache
from pathlib import PurePosixPath

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.http import HttpRequest
from django.templatetags.static import static

# Order matters inside a layer: a later file wins over an earlier one.
FOUNDATION = ("tokens", "reset", "base", "layout")
COMPONENTS = (
    "button",
    "field",
    "switch",
    "segment",
    "chip",
    "tag",
    "pill",
    "avatar",
    "thumb",
    "card",
    "banner",
    "netbar",
    "toast",
    "empty",
    "skeleton",
    "menu",
    "dialog",
    "steps",
    "timeline",
    "diff",
    "chat",
    "message",
    "note",
    "attachment",
    "ask",
    "claim",
    "cardlet",
    "delay",
    "typing",
    "composer",
    "chat_pane",
    "chat_emoji",
    "chat_lightbox",
    "sheet",
    "topbar",
    "tabbar",
)


def stylesheet_paths(*views: str) -> list[str]:
    """The style sheets of a page, foundation first, the sheets of its views before the utilities."""
    names = [
        *FOUNDATION,
        *(f"components/{name}" for name in COMPONENTS),
        "views/page",
        *(f"views/{name}" for name in views),
        "utilities",
    ]
    return [f"css/{name}.css" for name in names]


def module_map() -> dict[str, str]:
    """Every module below `static/js` by its bare name (`lib/socket.js`) and the address it is served at."""
    return _module_map() if not settings.DEBUG else _module_map.__wrapped__()


@lru_cache(maxsize=1)
def _module_map() -> dict[str, str]:
    found: dict[str, str] = {}
    for finder in get_finders():
        for path, _storage in finder.list([]):
            name = PurePosixPath(path)
            if name.suffix == ".js" and name.parts[0] == "js":
                found[str(name.relative_to("js"))] = static(str(name))
    return dict(sorted(found.items()))


def admin_stylesheet(request: HttpRequest) -> str:
    """Where the admin's theme is mended. Called by unfold."""
    return static("css/admin.css")
