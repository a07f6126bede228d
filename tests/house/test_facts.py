"""Facts are read typed: no reader of the log asks a row for a field by its name, and no script knows a list of kinds."""

import ast
import re

from tests.house.sources import ROOT, committed

# Where rows are written, read back and handed out as they are.
THE_LOG = "shopcomm/core/events/"
READERS = ("shopcomm/*.py", "orders/*.py", "messaging/*.py")
KIND = re.compile(r'"(?:order|stock|shipment|quote|conversation)\.[a-z_]+"')


def rows_in(function: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    """The names under which a function has rows of the log in hand."""
    asked = [*function.args.args, *function.args.kwonlyargs, *function.args.posonlyargs]
    given = {each.arg for each in asked if each.annotation and "DomainEvent" in ast.unparse(each.annotation)}
    loops = [node for node in ast.walk(function) if isinstance(node, ast.For | ast.comprehension)]
    for loop in loops:
        source = ast.unparse(loop.iter)
        rows = "DomainEvent" in source or "events_of_order" in source or "events_after" in source
        if rows or set(re.findall(r"\w+", source)) & given:
            given |= {node.id for node in ast.walk(loop.target) if isinstance(node, ast.Name)}
    return given | {"event"}


def reads_of(source: str) -> list[int]:
    """The lines of a file that take the data of a row of the log apart."""
    found = set()
    for function in ast.walk(ast.parse(source)):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        rows = rows_in(function)
        found |= {
            node.lineno
            for node in ast.walk(function)
            if isinstance(node, ast.Attribute)
            and node.attr == "data"
            and isinstance(node.value, ast.Name)
            and node.value.id in rows
        }
    return sorted(found)


def test_no_code_reads_event_data_by_string_keys():
    found = {}
    for path in committed(*READERS):
        name = str(path.relative_to(ROOT))
        if "migrations" not in path.parts and not name.startswith(THE_LOG):
            # Only of these anything can be taken apart; the others need not be looked through.
            text = path.read_text()
            found[name] = reads_of(text) if ".data" in text else []
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_the_check_finds_a_read_of_event_data_by_key():
    assert reads_of('def tell(row: DomainEvent):\n    return row.data["sku"]\n') == [2]
    assert reads_of("def told(order):\n    return [each.data for each in events_of_order(order.pk)]\n") == [2]
    assert reads_of('def show(message):\n    return message.data["card"]\n') == []


def test_no_script_has_its_own_list_of_event_kinds():
    lists = {
        str(path.relative_to(ROOT)): found
        for path in committed("static/*.js")
        if len(found := set(KIND.findall(path.read_text()))) > 1
    }
    assert lists == {}
