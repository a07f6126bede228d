"""What a behaviour of a page hears outside of its own element ends when the element leaves the page."""

import re
from pathlib import Path

SCRIPTS = Path(__file__).parents[2] / "static/js"
# One of a page, as long as the page: they belong to no element.
AS_LONG_AS_THE_PAGE = {
    "lib/connection.js",
    "lib/idle.js",
    "lib/lost_parts.js",
    "lib/modules.js",
    "lib/reduced_field.js",
    "lib/socket.js",
    "lib/typed.js",
}
HEARS = re.compile(
    r"(?:(?<![\w.#)\]])|\b(?:document|window)\.)addEventListener\(|\bsocket\.(?:subscribe|onState|onFrame)\(|\bsetInterval\("
)
# A clock of its own that it stops by name, and what is heard once.
ENDS = re.compile(r"\bsignal\b|once: true|\.signal\)")
STOPPED = re.compile(r"this\.#timer = $")


def calls(text: str) -> list[str]:
    """Each call that hears something outside, whole."""
    found = []
    for match in HEARS.finditer(text):
        depth, at = 1, match.end()
        while depth:
            depth += {"(": 1, ")": -1}.get(text[at], 0)
            at += 1
        before = text[: match.start()].rpartition("\n")[2]
        if not STOPPED.search(before):
            found.append(text[match.start() : at])
    return found


def test_event_listeners_outside_a_modules_element_end_with_the_element() -> None:
    endless = [
        f"{path.relative_to(SCRIPTS)}: {call.splitlines()[0]}"
        for path in sorted(SCRIPTS.rglob("*.js"))
        if str(path.relative_to(SCRIPTS)) not in AS_LONG_AS_THE_PAGE
        for call in calls(path.read_text())
        if not ENDS.search(call)
    ]
    assert endless == []


def test_the_check_finds_a_listener_that_never_ends() -> None:
    text = 'document.addEventListener("x", () => a(b));\nroot.addEventListener("x", y);\nsetInterval(f, 5);\n'
    assert calls(text) == ['document.addEventListener("x", () => a(b))', "setInterval(f, 5)"]


def test_scripts_call_the_server_only_through_the_http_module() -> None:
    """An ended session is noticed there; only whether there is a line at all is asked beside it."""
    asking = {
        str(path.relative_to(SCRIPTS))
        for path in SCRIPTS.rglob("*.js")
        if re.search(r"(?<![\w.#])fetch\(", re.sub(r"//[^\n]*|/\*[\s\S]*?\*/", "", path.read_text()))
    }
    assert asking == {"lib/ask.js", "lib/kept_forms.js"}
