"""Which style sheets and modules a page loads.

No build step: every file is served as it is written. Where static files are collected, what every page needs is there
as one file as well: the common style sheets, and the modules that a customer's pages start with.
"""

import json
from functools import cache, lru_cache
from pathlib import Path, PurePosixPath

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest
from django.templatetags.static import static
from django.utils.safestring import SafeString, mark_safe

from shopcomm.core.ui.joining import imports_of, in_order, joined_modules, stand_in

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
    "lib/modules.js",
    "lib/shortcuts.js",
    "lib/clicks.js",
    "lib/time.js",
    "lib/toast.js",
    "lib/kept_forms.js",
)
# What a customer's pages start besides, and staff's pages mostly, too.
ON_CUSTOMERS_PAGES = (
    "messaging/pane.js",
    "portal/progress.js",
    "portal/unread.js",
    "portal/offline.js",
    "portal/live.js",
    "portal/ask_push.js",
    "lib/netbar.js",
)
# What every page needs, as one file: made when static files are collected, so that a phone asks once.
BUNDLE = "css/shop.css"
# The same of modules: it stands in for this one, which the others are started by.
JOINED, ENTRY = "js/shop.js", "lib/modules.js"
# The first to come: they start the others, and load the page anew when those were lost on the way.
APART = ("app.js", "lib/lost_parts.js")


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


def read_module(name: str) -> str:
    """The source of a module by its bare name."""
    path = finders.find(f"js/{name}")
    if not isinstance(path, str):
        raise FileNotFoundError(name)
    return Path(path).read_text()


@cache
def joined_names() -> tuple[str, ...]:
    """The modules that are collected into one file."""
    return tuple(in_order((*ON_EVERY_PAGE, *ON_CUSTOMERS_PAGES), read_module, apart=APART))


def module_bundle() -> dict[str, str]:
    """The joined modules by their paths: the file with all of them, and what stands in for each of them elsewhere."""
    # Where the scripts are not among what is collected, there is nothing to join.
    if not isinstance(finders.find(f"js/{ENTRY}"), str):
        return {}
    names = list(joined_names())
    found = {
        _stand_in(name): stand_in(name, read_module(name), entry=ENTRY) for name in names if name != ENTRY
    }
    return {JOINED: joined_modules(names, read_module, entry=ENTRY)} | found


def _stand_in(name: str) -> str:
    return JOINED if name == ENTRY else f"js/joined/{name}"


def module_map() -> dict[str, str]:
    """Every module below `static/js` by its bare name (`lib/socket.js`) and the address it is served at."""
    return served_modules() if not settings.DEBUG else served_modules.__wrapped__()


@lru_cache(maxsize=1)
def served_modules() -> dict[str, str]:
    """The same, kept for as long as the process lives."""
    found: dict[str, str] = {}
    for finder in get_finders():
        for path, _storage in finder.list([]):
            name = PurePosixPath(path)
            if name.suffix == ".js" and name.parts[0] == "js":
                found[str(name.relative_to("js"))] = static(str(name))
    if is_bundled():
        found |= {name: static(_stand_in(name)) for name in joined_names()}
    return dict(sorted(found.items()))


def import_map() -> SafeString:
    """The map of all modules as a page carries it."""
    return _import_map() if not settings.DEBUG else _import_map.__wrapped__()


@lru_cache(maxsize=1)
def _import_map() -> SafeString:
    body = json.dumps({"imports": module_map()}, ensure_ascii=False, separators=(",", ":"))
    return mark_safe(body.replace("<", "\\u003c"))


def with_imports(*names: str) -> list[str]:
    """Modules by their bare names, with everything they import at once.

    Of those that came in one file there is only that, and what stands in for one that a module outside of it imports.
    """
    joined = joined_names() if is_bundled() else ()
    found: dict[str, None] = {}
    waiting = [ENTRY, *(name for name in names if name not in joined)]
    while waiting:
        name = waiting.pop(0)
        if name in found or name not in module_map():
            continue
        found[name] = None
        waiting += imports_of(read_module(name)) if name not in joined else []
    return list(found)


def admin_stylesheet(request: HttpRequest) -> str:
    """The style sheet that adjusts the admin's theme. Called by unfold."""
    return static("css/admin.css")


def admin_icon(request: HttpRequest) -> str:
    """The shop's mark in the admin. Called by unfold."""
    return static("icons/favicon.svg")
