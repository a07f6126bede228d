"""Refusals are of one class, and pages catch them in one place."""

import ast
from pathlib import Path

from tests.house.sources import nodes_of, tree_of

ROOT = Path(__file__).resolve().parents[2]
# Where a refusal is caught for whoever asked by a page, or keeps it; sockets and the API have a place each.
CATCHER = "shopcomm/core/outcomes.py"
FACES = ("orders/views", "messaging/views", "shopcomm/edge", "shopcomm/core")
# Text of a form is checked, not done: its field says what is wrong.
CHECKS_TEXT = {("shopcomm/edge/first_day/forms.py", "ScheduleRefused")}


def python(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def names_in(node: ast.AST | None) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)} if node else set()


def refusals() -> set[str]:
    """The names of all classes that refuse, however far below the one they stand."""
    classes = {
        node.name: names_in(ast.Tuple(node.bases))
        for path in python("shopcomm", "orders", "messaging")
        for node in tree_of(path).body
        if isinstance(node, ast.ClassDef)
    }
    found = {"Refusal"}
    while more := {name for name, bases in classes.items() if bases & found} - found:
        found |= more
    return found


def test_pages_catch_refusals_in_one_place():
    wanted = refusals()
    assert {"OrderError", "StaleVersion", "FileTooLarge", "CodeRefused"} <= wanted
    caught = {
        (str(path.relative_to(ROOT)), name)
        for path in python(*FACES)
        for node in nodes_of(path)
        if isinstance(node, ast.ExceptHandler)
        for name in names_in(node.type) & wanted
    }
    # Two views ask what a refusal means for what they draw: no page shows it.
    draws = {("orders/views/scanning.py", "StaleVersion"), ("orders/views/warehouse.py", "ChangePending")}
    assert caught - draws - CHECKS_TEXT == {(CATCHER, "Refusal")}
