"""Who may do what stands in one table: nobody else compares roles, every right is asked for, and none is made up."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from orders.policies.after_sales import CASE_MOVES
from orders.policies.transitions import TRANSITIONS
from shopcomm.core.accounts.rights import RIGHT
from tests.house.sources import ROOT, committed, nodes_of, tree_of

# Where the table is asked with the column that somebody stands in.
TABLE = {"shopcomm/core/accounts/actors.py", "shopcomm/core/accounts/rights.py"}
# Variables that hold who acts. Kinds of messages, requests, notices and recipients are something else.
WHO_ACTS = {"actor", "staff", "user", "reader", "author", "asker", "colleague"}
# What is addressed to a role has one as well: a bot in a group, a rule for notices.
ADDRESSED = {"bot", "rule"}
IN_TEMPLATES = re.compile(r"{%[^%]*\b(?:user|actor|staff)\.(?:role|kind)\b[^%]*%}")
NAMED = re.compile(
    r"""(?:may\(|right_required\(|require_right\(|people_who_may\(|staff_roles_with\(|key_may\()"""
)
KEY = re.compile(r"""["']([a-z_]+\.[a-z_]+|admin)["']""")


def looks_at_role(node: ast.expr) -> bool:
    """Whether an expression is the role or the kind of somebody who acts."""
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return any(looks_at_role(each) for each in node.elts if not isinstance(each, ast.Name))
    if isinstance(node, ast.Name):
        return node.id == "role"
    if not isinstance(node, ast.Attribute):
        return False
    owner = getattr(node.value, "attr", None) or getattr(node.value, "id", "")
    return (node.attr in ("role", "roles") and owner not in ADDRESSED) or (
        node.attr == "kind" and owner in WHO_ACTS
    )


def judged_by_role(tree: ast.AST) -> Iterator[int]:
    """The lines on which somebody's role or kind decides."""
    for node in ast.walk(tree):
        match node:
            case ast.Compare():
                asked = [node.left, *node.comparators]
            case ast.BinOp(op=ast.BitAnd() | ast.Sub()):
                asked = [node.left, node.right]
            case ast.Match():
                asked = [node.subject]
            case ast.Subscript():
                asked = [node.slice]
            case _:
                continue
        addressed = any(getattr(getattr(each, "value", None), "id", "") in ADDRESSED for each in asked)
        if not addressed and any(looks_at_role(each) for each in asked):
            yield node.lineno


def sources() -> Iterator[tuple[str, Path]]:
    for path in committed("shopcomm/*.py", "orders/*.py", "messaging/*.py"):
        if "migrations" not in path.parts:
            yield str(path.relative_to(ROOT)), path


def test_only_the_rights_table_compares_roles_and_kinds_of_actors() -> None:
    found = [
        f"{name}:{line}"
        for name, path in sources()
        if name not in TABLE
        for line in judged_by_role(tree_of(path))
    ]
    assert found == []


def test_templates_do_not_compare_roles_either() -> None:
    found = {
        str(path.relative_to(ROOT)): IN_TEMPLATES.findall(path.read_text())
        for path in committed("templates/*.html")
    }
    assert {name: each for name, each in found.items() if each} == {}


def test_the_check_finds_a_comparison_of_roles_and_ignores_others() -> None:
    judging = (
        'actor.role == "manager"',
        'self.actor.kind != "customer"',
        '(actor.kind, actor.role) == ("staff", "sales")',
        "request.user.role in SELLERS",
        "needed & actor.roles",
        "LIMITS[staff.role]",
        "role == Role.MANAGER",
    )
    others = ('message.kind == "event"', 'bot.role in ("", role)', "actor.id == row.author_id")
    assert all(list(judged_by_role(ast.parse(each))) for each in judging)
    assert not any(list(judged_by_role(ast.parse(each))) for each in others)


def asked_rights() -> set[str]:
    """Every right that the code names, and those that the two tables of moves name by their commands."""
    found = {row.right for row in TRANSITIONS} | {move.right for move in CASE_MOVES.values()}
    for name, path in sources():
        if name not in TABLE:
            found |= {key for key in KEY.findall(path.read_text()) if key in RIGHT}
    for path in committed("templates/*.html"):
        found |= set(re.findall(r'\|may:"([a-z_.]+)"', path.read_text()))
    return found


def test_every_right_of_the_table_is_used_and_every_used_right_is_in_the_table() -> None:
    assert asked_rights() == set(RIGHT)


def test_every_right_named_in_the_code_is_in_the_table() -> None:
    unknown = {
        f"{name}: {key}"
        for name, path in sources()
        for node in nodes_of(path)
        if isinstance(node, ast.Call) and NAMED.match(f"{ast.unparse(node.func).rpartition('.')[2]}(")
        for each in node.args
        if isinstance(each, ast.Constant) and isinstance(each.value, str)
        for key in KEY.findall(repr(each.value))
        if key not in RIGHT
    }
    assert unknown == set()
