"""A public function's name says what it does, and says it of one thing."""

import ast
from collections import defaultdict
from collections.abc import Mapping
from functools import cache

from tests.house.sources import ROOT, committed

# Words of the field that need no second one.
STANDARD_WORDS = {"main", "on", "publish", "relay"}


def public_functions(source: str) -> list[str]:
    """The names of a module's own public functions."""
    made = (
        node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    return [function.name for function in made if not function.name.startswith("_")]


@cache
def modules_by_function() -> Mapping[str, list[str]]:
    """Where each name of a public function is defined."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in committed("shopcomm/*.py", "orders/*.py", "messaging/*.py"):
        if "migrations" not in path.parts:
            for name in public_functions(path.read_text()):
                found[name].append(str(path.relative_to(ROOT)))
    return found


def test_a_public_function_has_more_than_one_word():
    short = {name: where for name, where in modules_by_function().items() if "_" not in name}
    assert {name: where for name, where in short.items() if name not in STANDARD_WORDS} == {}


def test_no_two_public_functions_share_a_name():
    shared = {name: where for name, where in modules_by_function().items() if len(where) > 1}
    assert {name: where for name, where in shared.items() if name not in STANDARD_WORDS} == {}


def test_the_check_finds_a_public_function_of_one_word():
    assert public_functions("def settle(order): ...\ndef _tell(): ...\nasync def show_page(): ...\n") == [
        "settle",
        "show_page",
    ]
