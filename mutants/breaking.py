"""Every way in which one line of a module is broken: one break for each place and kind.

The operators and the rewriting are Cosmic Ray's. Of the many replacements that it knows for an operator, the nearest is
taken (`<` becomes `<=`): what notices that one notices the others.
"""

import difflib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.operator import Operator
from cosmic_ray.plugins import get_operator
from parso.python.tree import Keyword

NEAREST = {
    "ComparisonOperator": (
        "Eq_NotEq",
        "NotEq_Eq",
        "Lt_LtE",
        "LtE_Lt",
        "Gt_GtE",
        "GtE_Gt",
        "Is_IsNot",
        "IsNot_Is",
    ),
    "BinaryOperator": (
        "Add_Sub",
        "Sub_Add",
        "Mul_Div",
        "Div_Mul",
        "FloorDiv_Mul",
        "BitOr_BitAnd",
        "BitAnd_BitOr",
    ),
    "UnaryOperator": ("USub_UAdd", "Delete_Not"),
}
WHOLE = (
    "AddNot",
    "ReplaceTrueWithFalse",
    "ReplaceFalseWithTrue",
    "ReplaceAndWithOr",
    "ReplaceOrWithAnd",
    "ReplaceBreakWithContinue",
    "ReplaceContinueWithBreak",
    "ExceptionReplacer",
    "NumberReplacer",
    "RemoveDecorator",
    "ZeroIterationForLoop",
)
# `int & None` in a signature ends the import: every test would notice, and none of them the rule.
# Whether a dataclass is frozen is the type checker's to notice.
SIGNATURES = {"annassign", "tfpdef", "param", "parameters", "decorator"}


class RemoveStatement(Operator):
    """Leave out a call whose answer nobody uses, or a refusal."""

    def mutation_positions(self, node: Any) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
        if node.type == "simple_stmt" and node.children[0].type in {"atom_expr", "await_expr", "raise_stmt"}:
            yield node.start_pos, node.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        node.children[0] = Keyword("pass", node.start_pos, prefix=node.children[0].get_first_leaf().prefix)
        return node

    @classmethod
    def examples(cls) -> tuple[()]:
        return ()


@dataclass(frozen=True)
class Break:
    """One module with one place broken: `code` is all of it, `change` the lines that differ.

    `first`: the line on which the statement begins that `line` belongs to.
    """

    module: str
    first: int
    line: int
    kind: str
    code: str
    change: str


def operators() -> list[tuple[str, Operator]]:
    """Every kind of break by its name."""
    nearest = [f"Replace{family}_{pair}" for family, pairs in NEAREST.items() for pair in pairs]
    core = [(name, get_operator(f"core/{name}")()) for name in (*WHOLE, *nearest)]
    return [*core, ("RemoveStatement", RemoveStatement())]


def breaks_of(path: str) -> list[Break]:
    """Every break of the module at `path`, in the order of its lines."""
    source = Path(path).read_text(encoding="utf-8")
    found = []
    for name, operator in operators():
        places = [
            (node, start)
            for node in ast_nodes(get_ast(source))
            for start, _ in operator.mutation_positions(node)
        ]
        taken = set()
        for occurrence, (node, start) in enumerate(places):
            if start in taken or _in_log(node) or (name != "RemoveDecorator" and _in_signature(node)):
                continue
            taken.add(start)
            code = _broken(source, operator, occurrence)
            if code and code != source:
                found.append(Break(path, _first_line(node), start[0], name, code, _change(source, code)))
    return sorted(found, key=lambda each: (each.line, each.kind))


def sample(found: list[Break], size: int) -> list[Break]:
    """So many of them, the same ones every time; all when `size` is 0."""
    if not size or size >= len(found):
        return found
    return random.Random(20260101).sample(found, size)


def _broken(source: str, operator: Operator, occurrence: int) -> str | None:
    try:
        code: str | None = mutate_code(source, operator, occurrence)
    except AttributeError:
        # It replaces no dotted name of an exception.
        return None
    return code


def _first_line(node: Any) -> int:
    """The line of the innermost statement, or of the `if`, `elif`, `while`, … whose condition the node is in."""
    while node.parent is not None:
        below, node = node, node.parent
        if node.type == "simple_stmt":
            break
        if node.type.endswith("_stmt") and any(child.type == "suite" for child in node.children):
            before = node.children[: node.children.index(below) + 1]
            keywords = [child for child in before if isinstance(child, Keyword)]
            return int((keywords[-1] if keywords else node).start_pos[0])
    return int(node.start_pos[0])


def _in_log(node: Any) -> bool:
    """Whether the place is in a call that writes into the log: that is no rule."""
    while node is not None and node.type != "simple_stmt":
        node = node.parent
    return node is not None and bool(node.get_first_leaf().value == "log")


def _in_signature(node: Any) -> bool:
    while node is not None:
        if node.type in SIGNATURES:
            return True
        if node.type == "funcdef":
            return False
        below, node = node, node.parent
        if node is not None and node.type == "funcdef" and below is node.annotation:
            return True
    return False


def _change(old: str, new: str) -> str:
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), n=0, lineterm="")
    return "\n".join(line for line in lines if not line.startswith(("---", "+++", "@@")))
