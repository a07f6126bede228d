"""Public functions with many arguments say what they are for, and what comes back where its type does not tell."""

import ast
from collections.abc import Iterator

from tests.house.sources import ROOT, committed, tree_of

MANY = 4
# Types that only say how something is put together.
UNSPEAKING = ("tuple", "dict", "int")
# A docstring that names a thing names what comes back.
THING = ("What", "The", "A ", "An ", "How", "Whether", "Why", "Where", "Who", "Those", "One", "Each", "All")


def takes_many(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a caller has to fill in so many arguments that their names alone do not tell."""
    given = function.args
    return len([*given.posonlyargs, *given.args, *given.kwonlyargs]) >= MANY


def silent(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a docstring is missing, or does not say what a type leaves open."""
    said = ast.get_docstring(function) or ""
    returned = ast.unparse(function.returns).strip("'") if function.returns else ""
    told = said.startswith(THING) or "Returns" in said
    # Chinese names of features come first in some.
    told = told or "：" in said.split("\n")[0]
    return not said or (returned.startswith(UNSPEAKING) and not told)


def functions() -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """The public functions of the product's modules."""
    for path in committed("shopcomm/*.py", "orders/*.py", "messaging/*.py"):
        if "migrations" in path.parts:
            continue
        for node in tree_of(path).body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
                yield str(path.relative_to(ROOT)), node


def test_the_docstring_of_a_public_function_with_four_arguments_says_what_it_returns() -> None:
    found = [f"{name}: {each.name}" for name, each in functions() if takes_many(each) and silent(each)]
    assert found == []


def test_the_check_finds_a_docstring_that_does_not_say_what_is_returned() -> None:
    source = 'def split(a, b, c, d) -> tuple[int, int]:\n    """Split an order."""\n'
    function = ast.parse(source).body[0]
    assert isinstance(function, ast.FunctionDef)
    assert takes_many(function)
    assert silent(function)
