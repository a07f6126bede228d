"""What comes from outside is read in one place: `int("²")` and its like never meet a request."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.house.sources import ROOT, committed, nodes_of

# Each raises or lies for some text: `²` passes isdigit, int() of 5,000 digits raises, Decimal("1e400") fits no column.
READERS = {
    "int",
    "float",
    "Decimal",
    "UUID",
    "fromisoformat",
    "parse_date",
    "parse_datetime",
    "parse_time",
    "loads",
}
CHECKS = {"isdigit", "isdecimal", "isnumeric"}
# Where requests and frames are read; services get values that are read already.
FACES = ("admin", "views", "api", "consumers", "cards", "forms", "portal")
# What a process of ours has sent.
OURS = {
    (f"messaging/consumers/{name}.py", "loads")
    for name in ("topics/feed", "fanout", "presence", "open_sockets")
}


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Every call in a file, by the last part of what is called."""
    for node in nodes_of(path):
        if isinstance(node, ast.Call):
            called = node.func
            name = called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")
            yield name, node


def sources() -> Iterator[tuple[str, Path]]:
    for path in committed("shopcomm/*.py", "orders/*.py", "messaging/*.py"):
        name = str(path.relative_to(ROOT))
        # What reads addresses looks at characters and makes no numbers of them.
        if not {"migrations", "reading"} & {*path.parts} and name != "shopcomm/core/reading.py":
            yield name, path


def is_face(name: str) -> bool:
    stem = Path(name).stem
    return stem in FACES or stem.endswith(("form", "forms")) or bool(set(FACES) & set(Path(name).parts))


def is_constant(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except ValueError:
        return False
    return True


def test_only_core_reading_tests_whether_a_text_is_a_number() -> None:
    found = {
        f"{name}:{call.lineno}" for name, path in sources() for made, call in calls(path) if made in CHECKS
    }

    assert found == set(), "read it with shopcomm.core.reading"


def test_no_view_api_or_consumer_parses_a_number_or_a_date_itself() -> None:
    found = {
        f"{name}:{call.lineno} {made}()"
        for name, path in sources()
        if is_face(name)
        for made, call in calls(path)
        if made in READERS and (name, made) not in OURS and call.args and not is_constant(call.args[0])
    }

    assert found == set(), "read it with shopcomm.core.reading"


def test_the_check_covers_the_modules_that_read_requests() -> None:
    assert {name for name, _path in sources() if is_face(name)} >= {
        "orders/forms/desk.py",
        "orders/forms/change.py",
        "orders/api/orders.py",
        "messaging/views/messages.py",
        "messaging/consumers/frames.py",
        "shopcomm/edge/portal/changes.py",
        "shopcomm/core/configuration/views.py",
    }
