"""A copy of the project with a database of its own, in which one line after the other is broken."""

import compileall
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg

from mutants.breaking import Break
from mutants.parts import Part
from mutants.reach import Reach
from shopcomm.core.embedded.services import Services

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("shopcomm", "orders", "messaging", "templates", "static", "locale", "tests", "fuzz")
FILES = ("manage.py", "pyproject.toml")


class TestsFail(Exception):
    """A part's tests do not pass on the sound code: nothing can be said of its breaks."""


class Workshop:
    """One of several that work side by side on the same servers."""

    def __init__(self, number: int, services: Services, folder: Path) -> None:
        self.folder, self.log = folder / f"copy-{number}", folder / f"copy-{number}.log"
        for name in FOLDERS:
            shutil.copytree(ROOT / name, self.folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        for name in FILES:
            shutil.copy2(ROOT / name, self.folder / name)
        compileall.compile_dir(self.folder, quiet=2)
        environment = os.environ | {
            "DATABASE_URL": _own_database(services.database_url, f"workshop_{number}"),
            "REDIS_URL": services.redis_url,
            "PYTEST_XDIST_WORKER": f"workshop{number}",
            "SHOPCOMM_DATA": str(folder / f"data-{number}"),
            "PYTHONPATH": str(self.folder),
        }
        # Nothing of the project is loaded before a run begins, its settings neither.
        environment.pop("DJANGO_SETTINGS_MODULE", None)
        self._nursery = subprocess.Popen(
            [sys.executable, str(ROOT / "mutants" / "nursery.py")],
            cwd=self.folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._answer()

    def run_sound(self, part: Part, seconds: float) -> Reach:
        """Run all of a part's tests on the sound code. Returns which lines each of them reached.

        Raises TestsFail when they do not pass.
        """
        seen = self.folder / "reach.json"
        record = {"modules": list(part.modules), "path": str(seen)}
        if self._run(tests=part.tests, seconds=seconds, record=record) != "passed":
            raise TestsFail(self.log.read_text()[-4000:])
        return Reach.read(seen)

    def run_broken(self, broken: Break, chosen: list[str], seconds: float) -> str:
        """Run the chosen tests with one module broken, and mend it. Returns `passed`, `failed` or `time out`."""
        path = self.folder / broken.module
        sound = path.read_bytes()
        for compiled in path.parent.glob(f"__pycache__/{path.stem}.*.pyc"):
            # It is told from the text by seconds and size, which one changed character leaves as they were.
            compiled.unlink()
        path.write_text(broken.code, encoding="utf-8")
        try:
            files = sorted({name.partition("::")[0] for name in chosen})
            return self._run(tests=files, seconds=seconds, chosen=chosen)
        finally:
            path.write_bytes(sound)

    def close(self) -> None:
        """End the process that forks."""
        assert self._nursery.stdin is not None
        self._nursery.stdin.close()
        self._nursery.wait(10)

    def _run(self, **order: Any) -> str:
        assert self._nursery.stdin is not None
        self._nursery.stdin.write(json.dumps(order | {"log": str(self.log)}) + "\n")
        self._nursery.stdin.flush()
        return self._answer()

    def _answer(self) -> str:
        assert self._nursery.stdout is not None
        return self._nursery.stdout.readline().strip()


def _own_database(url: str, name: str) -> str:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
