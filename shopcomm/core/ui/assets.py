"""Which style sheets and modules a page loads. No build step: every file is served as it is written."""

import json
import re
from functools import lru_cache
from pathlib import Path, PurePosixPath

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest
from django.templatetags.static import static
from django.utils.safestring import SafeString, mark_safe

# `import … from "lib/dom.js"` at the start of a line; an `import()` comes later, when it is wanted.
IMPORT = re.compile(r'^(?:import|export)\b[^"();]*"([^"]+)"', re.MULTILINE)
# Order matters inside a layer: a later file wins over an earlier one.
FOUNDATION = ("tokens", "reset", "base", "layout")
COMPONENTS = (
    "button",
    "field",
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
    "menu",
    "dialog",
    "table",
    "steps",
    "timeline",
    "diff",
    "chat",
    "message",
    "note",
    "attachment",
    "ask",
    "claim",
    "stepper",
    "picks",
    "address",
    "progress",
    "photos",
    "cardlet",
    "quote",
    "stars",
    "delay",
    "typing",
    "composer",
    "chat_pane",
    "chat_emoji",
    "chat_lightbox",
    "topbar",
    "tabbar",
)


# What `base.html` starts whatever the page.
ON_EVERY_PAGE = (
    "app.js",
    "lib/shortcuts.js",
    "lib/clicks.js",
    "lib/time.js",
    "lib/toast.js",
    "lib/kept_forms.js",
)
# What every page needs, as one file: made when static files are collected, so that a phone asks once.
BUNDLE = "css/shop.css"


def stylesheet_paths(*views: str, bundled: bool = False) -> list[str]:
    """The style sheets of a page, foundation first, then those of its views. Their layers say which wins."""
    common = [BUNDLE] if bundled else common_stylesheets()
    return [*common, *(f"css/views/{name}.css" for name in views)]


def is_bundled() -> bool:
    """Whether static files were collected, and with them the bundle."""
    return bool(getattr(staticfiles_storage, "bundles", False))


def common_stylesheets() -> list[str]:
    """What goes into the bundle, in cascade order."""
    names = [*FOUNDATION, *(f"components/{name}" for name in COMPONENTS), "views/page", "utilities"]
    return [f"css/{name}.css" for name in names]


def stylesheet_bundle() -> str:
    """The common style sheets as one."""
    found = [finders.find(path) for path in common_stylesheets()]
    return "\n".join(Path(each).read_text() for each in found if isinstance(each, str))


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


def import_map() -> SafeString:
    """The map of all modules as a page carries it."""
    return _import_map() if not settings.DEBUG else _import_map.__wrapped__()


@lru_cache(maxsize=1)
def _import_map() -> SafeString:
    body = json.dumps({"imports": module_map()}, ensure_ascii=False, separators=(",", ":"))
    return mark_safe(body.replace("<", "\\u003c"))


def with_imports(*names: str) -> list[str]:
    """Modules by their bare names, with everything they import at once."""
    found: dict[str, None] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop(0)
        if name in found or name not in module_map():
            continue
        found[name] = None
        path = finders.find(f"js/{name}")
        waiting += IMPORT.findall(Path(path).read_text()) if isinstance(path, str) else []
    return list(found)


def admin_stylesheet(request: HttpRequest) -> str:
    """The style sheet that adjusts the admin's theme. Called by unfold."""
    return static("css/admin.css")


def admin_icon(request: HttpRequest) -> str:
    """The shop's mark in the admin. Called by unfold."""
    return static("icons/favicon.svg")
