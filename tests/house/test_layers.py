"""What import-linter cannot see of the rules in docs/architecture.md: who waits for a commit, and what it looks at."""

import ast
import re
from collections.abc import Iterator

import pytest
from django.apps import apps

from tests.house.sources import ROOT, committed, tree_of

CODE = ("shopcomm/*.py", "orders/*.py", "messaging/*.py")
# The two doors to what follows a commit.
ON_COMMIT = {"shopcomm/core/after_commit.py", "shopcomm/core/realtime.py"}


def modules() -> Iterator[tuple[str, ast.Module]]:
    """Every module of the product but migrations, by its path."""
    for path in committed(*CODE):
        if "migrations" not in path.parts:
            yield str(path.relative_to(ROOT)), tree_of(path)


def test_only_two_modules_call_on_commit() -> None:
    speaking = {
        name
        for name, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in ("on_commit", "run_on_commit")
    }
    assert speaking == ON_COMMIT


def test_every_folder_of_code_is_a_package_so_that_import_linter_sees_it() -> None:
    folders = {path.parent for path in committed(*CODE)}
    assert {str(each.relative_to(ROOT)) for each in folders if not (each / "__init__.py").exists()} == set()


# --- tables of orders ----------------------------------------------------------------------------
WRITES = {
    "save", "update", "create", "delete", "bulk_create", "bulk_update", "get_or_create", "update_or_create",
    "select_for_update",
}  # fmt: skip
ORDERS_MODELS = {model.__name__ for model in apps.get_app_config("orders").get_models()}
# From a row of orders, these lead to rows of others.
OTHERS_ROWS = {"conversation", "customer"}


def path_of(node: ast.expr) -> list[str]:
    """The names of a chain of attributes and calls, from its root: `Order.objects.filter(…).update` gives all four."""
    names: list[str] = []
    while True:
        match node:
            case ast.Attribute():
                names.append(node.attr)
                node = node.value
            case ast.Call():
                node = node.func
            case ast.Subscript():
                node = node.value
            case ast.Name():
                return [node.id, *reversed(names)]
            case _:
                return ["", *reversed(names)]


def rows_of_orders(function: ast.AST) -> set[str]:
    """The names under which a function, or a module, has rows or querysets of orders in hand."""
    known = set(ORDERS_MODELS)
    for node in ast.walk(function):
        if (
            isinstance(node, ast.arg)
            and set(re.findall(r"\w+", ast.unparse(node.annotation or node))) & ORDERS_MODELS
        ):
            known.add(node.arg)
    for _again in range(2):
        for node in ast.walk(function):
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=source):
                    pass
                case ast.NamedExpr(target=ast.Name(id=name), value=source):
                    pass
                case ast.For(target=ast.Name(id=name), iter=source):
                    pass
                case ast.comprehension(target=ast.Name(id=name), iter=source):
                    pass
                case _:
                    continue
            root, *rest = path_of(source)
            if root in known and not OTHERS_ROWS & set(rest):
                known.add(name)
    return known


def writes_to_orders(tree: ast.AST) -> Iterator[str]:
    """Every statement of a module that writes or locks rows of orders."""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    for function in functions:
        known = rows_of_orders(function)
        for node in ast.walk(function):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in WRITES
            ):
                root, *rest = path_of(node.func)
                if root in known and not OTHERS_ROWS & set(rest):
                    yield f"{node.lineno}: {ast.unparse(node.func)[:80]}"


def test_only_the_orders_app_writes_and_locks_its_tables() -> None:
    found = {
        name: writes
        for name, tree in modules()
        if name.startswith(("messaging/", "shopcomm/edge/"))
        and (writes := sorted(set(writes_to_orders(tree))))
    }
    assert found == {}


@pytest.mark.parametrize(
    ("source", "seen"),
    [
        ("def ship(order: Order):\n    order.save()", True),
        ("def ship(pk):\n    Order.objects.filter(pk=pk).update(note='')", True),
        ("def hold(ids):\n    rows = Order.objects.filter(pk__in=ids)\n    return rows.select_for_update()", True),
        ("def pay(order: Order):\n    order.payments.update(amount=1)", True),
        ("def open_talk(order: Order):\n    order.conversation.save()", False),
        ("def open_talk(order: Order):\n    Conversation.objects.create(order=order)", False),
        ("def count(order: Order):\n    seen.update(order.number)", False),
    ],
)  # fmt: skip
def test_the_check_finds_a_write_to_a_table_of_orders_and_ignores_other_tables(
    source: str, seen: bool
) -> None:
    assert bool(list(writes_to_orders(ast.parse(source)))) is seen


# --- models --------------------------------------------------------------------------------------
def test_no_model_does_work_in_save_or_delete() -> None:
    overriding = {
        f"{name}: {kind.name}.{method.name}"
        for name, tree in modules()
        if "models" in name
        for kind in ast.walk(tree)
        if isinstance(kind, ast.ClassDef)
        for method in kind.body
        if isinstance(method, ast.FunctionDef) and method.name in ("save", "delete")
    }
    assert overriding == set()


def test_no_code_connects_to_model_signals() -> None:
    """Django's own are heard where there is no other way to learn of it: log-ins, and a database that was made ready."""
    allowed = {"user_logged_in", "user_logged_out", "user_login_failed", "post_migrate"}
    heard = {
        f"{name}: {alias.name}"
        for name, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module and node.module.endswith("signals")
        for alias in node.names
        if node.module.startswith("django") and alias.name not in allowed
    }
    assert heard == set()


# --- rules without a database --------------------------------------------------------------------
PURE = ("orders/policies/", "orders/reading/", "messaging/policies/")
# Managers, and what asks the rows on the other side of a relation.
DATABASE = {
    "objects", "_default_manager", "_base_manager", "all", "filter", "exclude", "exists", "values_list", "select_related",
    "prefetch_related", "in_bulk", "aggregate", "order_by",
}  # fmt: skip


def test_policies_and_reading_do_not_query_the_database() -> None:
    asking = {
        f"{name}:{node.lineno}"
        for name, tree in modules()
        if name.startswith(PURE)
        for node in ast.walk(tree)
        if (isinstance(node, ast.Attribute) and node.attr in DATABASE)
        or (
            isinstance(node, ast.ImportFrom)
            # `models` for TextChoices.
            and (node.module or "").startswith(
                ("django.db", "orders.selectors", "messaging.selectors", "orders.services")
            )
            and [alias.name for alias in node.names] != ["models"]
        )
    }
    assert asking == set()
