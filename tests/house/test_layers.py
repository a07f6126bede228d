"""What import-linter cannot see of the rules in docs/architecture.md: who waits for a commit, and what it looks at."""

import ast
from collections.abc import Iterator

from tests.house.test_sizes import ROOT, committed

CODE = ("shopcomm/*.py", "orders/*.py", "messaging/*.py")
# The two doors to what follows a commit.
ON_COMMIT = {"shopcomm/core/after_commit.py", "shopcomm/core/realtime.py"}


def modules() -> Iterator[tuple[str, ast.Module]]:
    """Every module of the product but migrations, by its path."""
    for path in committed(*CODE):
        if "migrations" not in path.parts:
            yield str(path.relative_to(ROOT)), ast.parse(path.read_text())


def test_only_two_modules_speak_to_on_commit() -> None:
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
