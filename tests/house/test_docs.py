"""What the documents name is there: files, names of code, addresses of other documents, hooks and rights."""

import importlib.util
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

from orders import hooks
from tests.house.sources import ROOT, committed

# A path may be written from here on.
BEGINNINGS = ("", "shopcomm/", "orders/", "messaging/", "static/", "static/js/", "templates/", "docs/")
PATH = re.compile(r"[\w.-]+(?:/[\w.{},-]+)+/?|\w+\.(?:py|js|txt|svg|md)")
WORD = re.compile(r"[A-Za-z_]\w{3,}")
NAME = re.compile(r"[A-Za-z_][\w.]*(?:\(\))?")
CODE = (
    "*.py",
    "*.js",
    "*.html",
    "*.toml",
    "*.css",
    "deploy/*",
    "Makefile",
    "Procfile",
    "requirements*.txt",
    "static/*",
)
# What is of others, and what people type or read.
OTHERS = {"pg_current_snapshot", "pg_snapshot_xmin", "superuser_reserved_connections"}
# Made by a shop that runs.
MADE = {".data/web.log"}


def documents() -> list[Path]:
    """Every document that speaks of the code in English."""
    return [path for path in committed("docs/*.md", "README.md") if ".zh-" not in path.name]


def named(path: Path) -> Iterator[str]:
    """What stands in backticks, outside of blocks of commands."""
    text = re.sub(r"^```.*?^```", "", path.read_text(), flags=re.DOTALL | re.MULTILINE)
    yield from re.findall(r"`([^`\n]+)`", text)


@cache
def words_of_code() -> frozenset[str]:
    """Every word that some source, template, script, setting or file of deployment has."""
    found: set[str] = set()
    for path in committed(*CODE):
        if (
            path.suffix in {".py", ".js", ".html", ".toml", ".css", ".yaml", ".conf", ".example", ".txt", ""}
            and path.is_file()
        ):
            found |= set(WORD.findall(path.read_text(errors="ignore")))
    return frozenset(found)


@cache
def bare_names() -> frozenset[str]:
    return frozenset(path.name for path in committed("*.py", "*.js", "*.toml", "*.txt"))


def alternatives(path: str) -> list[str]:
    """`a/{b,c}.py` as the files that it names."""
    choice = re.search(r"\{([^{}]*)\}", path)
    if choice is None:
        return [path]
    return [each for word in choice[1].split(",") for each in alternatives(path.replace(choice[0], word, 1))]


def exists(path: str) -> bool:
    """Whether a file is there under one of the beginnings; a bare name may stand in any folder."""
    if "/" not in path and path in bare_names():
        return True
    return all(any((ROOT / start / each).exists() for start in BEGINNINGS) for each in alternatives(path))


def test_every_file_named_in_a_document_exists() -> None:
    missing = {
        f"{path.relative_to(ROOT)}: {token}"
        for path in documents()
        for token in named(path)
        if PATH.fullmatch(token)
        and ("." in token or token.endswith("/"))
        and token not in MADE
        and not exists(token)
    }
    assert missing == set()


def test_every_code_name_in_a_document_exists_in_the_code() -> None:
    missing = {
        f"{path.relative_to(ROOT)}: {token}"
        for path in documents()
        for token in named(path)
        if NAME.fullmatch(token) and not PATH.fullmatch(token)
        for word in WORD.findall(token)
        if word not in words_of_code() | OTHERS
    }
    assert missing == set()


def test_every_link_in_a_document_has_an_existing_target() -> None:
    broken = {
        f"{path.relative_to(ROOT)}: {target}"
        for path in committed("docs/*.md", "*.md")
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", path.read_text())
        if "://" not in target and not (path.parent / target).exists()
    }
    assert broken == set()


def test_the_architecture_page_names_every_hook_list() -> None:
    lists = {name for name, value in vars(hooks).items() if isinstance(value, list)}
    text = (ROOT / "docs/architecture.md").read_text()
    told = text[text.index("## Hooks") : text.index("## ", text.index("## Hooks") + 3)]
    assert set(re.findall(r"^\| `(\w+)`", told, re.MULTILINE)) == lists


def drawn() -> dict[str, set[str]]:
    """The floors of the drawing with their rooms, from the words that stand in it for who cannot see it."""
    text = (ROOT / "docs/drawings/floors.svg").read_text()
    words = text[text.index('<desc id="words">') : text.index("</desc>")]
    return {floor: set(rooms.split(", ")) for floor, rooms in re.findall(r"(\w+): ([\w, ]+)\.", words)}


def drawing_program(name: str) -> ModuleType:
    """A program of docs/drawings, loaded from its path."""
    spec = importlib.util.spec_from_file_location(name, ROOT / f"docs/drawings/{name}.py")
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    sys.modules[name] = found
    spec.loader.exec_module(found)
    return found


def test_the_drawings_of_the_ways_are_what_their_program_draws() -> None:
    folder = ROOT / "docs/drawings/ways"
    assert {path.name: path.read_text() for path in folder.iterdir()} == drawing_program("ways").drawn()


def test_the_architecture_drawing_matches_the_imports() -> None:
    """Counts of imports may be a little older; a room that came, went or has another name may not: `make drawings`."""
    floors = drawing_program("floors")
    house = floors.survey()
    rooms: dict[str, set[str]] = {}
    for floor, room in house.modules:
        rooms.setdefault(floor, set()).add(room)
    assert drawn() == rooms, "the house has other rooms now: make drawings"
    order = list(floors.FLOORS.values())
    upwards = {pair for pair in house.between_floors() if order.index(pair[0]) > order.index(pair[1])}
    assert upwards == set()
