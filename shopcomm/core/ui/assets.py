"""Which style sheets and modules a page loads.

No build step: every file is served as it is written. Where static files are collected, what every page needs is there
as one file as well: the common style sheets, and the modules, those that a customer's pages start with in one file and
all of them in another for staff.
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
    "icons",
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
# The same of modules, for customers and for staff: it stands in for this one, which the others are started by.
JOINED, JOINED_FOR_STAFF, ENTRY = "js/shop.js", "js/staff.js", "lib/modules.js"
# The first to come: they start the others, and load the page anew when those were lost on the way.
APART = ("app.js", "lib/lost_parts.js")
# Of the admin's forms, by its address: it works from where it is loaded on.
NOT_OF_PAGES = ("lib/reduced_field.js",)


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
    """The modules that are collected into one file for customers."""
    return tuple(in_order((*ON_EVERY_PAGE, *ON_CUSTOMERS_PAGES), read_module, apart=APART))


@cache
def all_joined_names() -> tuple[str, ...]:
    """The modules that are collected into one file for staff: all there are, as their pages start most of them."""
    return tuple(in_order(sorted(_own_modules()), read_module, apart=(*APART, *NOT_OF_PAGES)))


def module_bundle() -> dict[str, str]:
    """The joined modules by their paths: the files with all of them, and what stands in for each where only some are."""
    # Where the scripts are not among what is collected, there is nothing to join.
    if not isinstance(finders.find(f"js/{ENTRY}"), str):
        return {}
    names = list(joined_names())
    found = {
        _stand_in(name): stand_in(name, read_module(name), entry=ENTRY) for name in names if name != ENTRY
    }
    whole = {
        path: joined_modules(list(each), read_module, entry=ENTRY)
        for path, each in ((JOINED, names), (JOINED_FOR_STAFF, all_joined_names()))
    }
    return whole | found


def _stand_in(name: str) -> str:
    return JOINED if name == ENTRY else f"js/joined/{name}"


def _own_modules() -> dict[str, str]:
    """Every module below `static/js` by its bare name (`lib/socket.js`), and its path."""
    paths = (PurePosixPath(path) for finder in get_finders() for path, _storage in finder.list([]))
    return {
        str(path.relative_to("js")): str(path)
        for path in paths
        if path.suffix == ".js" and path.parts[0] == "js"
    }


def module_map(*, for_staff: bool = False) -> dict[str, str]:
    """The modules that a page may name, by their bare names, and the addresses they are served at."""
    read = served_modules if not settings.DEBUG else served_modules.__wrapped__
    return read(for_staff)


@lru_cache(maxsize=2)
def served_modules(for_staff: bool) -> dict[str, str]:
    """The same, kept for as long as the process lives. What came in one file with all others needs no name."""
    if is_bundled() and for_staff:
        served = {ENTRY: JOINED_FOR_STAFF} | {name: f"js/{name}" for name in APART}
    else:
        served = _own_modules()
        served |= {name: _stand_in(name) for name in joined_names()} if is_bundled() else {}
    return {name: static(path) for name, path in sorted(served.items())}


def import_map(*, for_staff: bool) -> SafeString:
    """The map of a page's modules as it carries it."""
    return _import_map(for_staff) if not settings.DEBUG else _import_map.__wrapped__(for_staff)


@lru_cache(maxsize=2)
def _import_map(for_staff: bool) -> SafeString:
    body = json.dumps({"imports": module_map(for_staff=for_staff)}, ensure_ascii=False, separators=(",", ":"))
    return mark_safe(body.replace("<", "\\u003c"))


def with_imports(*names: str, for_staff: bool = False) -> list[str]:
    """Modules by their bare names, with everything they import at once.

    Of those that came in one file there is only that, and what stands in for one that a module outside of it imports.
    """
    known = module_map(for_staff=for_staff)
    joined: tuple[str, ...] = ()
    if is_bundled():
        joined = all_joined_names() if for_staff else joined_names()
    found: dict[str, None] = {}
    waiting = [ENTRY, *(name for name in names if name not in joined)]
    while waiting:
        name = waiting.pop(0)
        if name in found or name not in known:
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
