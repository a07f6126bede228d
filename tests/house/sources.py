"""The sources of the house for its tests: each file is read and parsed once, whoever asks."""

import ast
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


@cache
def _names(patterns: tuple[str, ...]) -> tuple[str, ...]:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    return tuple(name for name in names if name and (ROOT / name).exists())


def committed(*patterns: str) -> list[Path]:
    """The files git knows, or would know, that match."""
    return [ROOT / name for name in _names(patterns)]


@cache
def tree_of(path: Path) -> ast.Module:
    """A module, parsed."""
    return ast.parse(path.read_text())


@cache
def nodes_of(path: Path) -> tuple[ast.AST, ...]:
    """Every node of a module, in the order of `ast.walk`."""
    return tuple(ast.walk(tree_of(path)))
