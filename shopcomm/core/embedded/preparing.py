"""What a start prepares, tables and static files, and how the next one knows that nothing of it has to be done again.

Django takes seconds to find out that there is nothing to do. So a start that prepared something writes down of which
sources, and what came of it: the rows of `django_migrations` and the collected files. Where both are as they were, the
start goes on; where either differs (a new version, another database, a restored one, a file that is gone), Django looks.
Imports nothing of Django.
"""

import hashlib
import json
import os
import sysconfig
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

from shopcomm.core.embedded.attach import ROOT
from shopcomm.core.embedded.opening import Manage

PACKAGES = ("shopcomm", "orders", "messaging")
MIGRATIONS = "SELECT app, name, applied::text FROM django_migrations ORDER BY id"


class Preparation:
    """The tables and static files of one data folder."""

    def __init__(self, data: Path, manage: Manage) -> None:
        self.note, self.manage = data / "prepared.json", manage
        self.static = Path(os.environ.get("STATIC_ROOT") or data / "static")

    def tables(self) -> None:
        """Migrate, unless this database has been by the very same sources."""
        sources = tables_sources()
        if self._noted("tables") != [sources, migration_digest(os.environ["DATABASE_URL"])]:
            self.manage("migrate", "--verbosity", "0")
            self._write("tables", [sources, migration_digest(os.environ["DATABASE_URL"])])

    @contextmanager
    def static_files(self) -> Iterator[None]:
        """Collect static files beside what the block does, unless they lie there as they were collected."""
        sources = static_sources()
        if self._noted("static") == [sources, digest_of([self.static])]:
            yield
            return
        with ThreadPoolExecutor(1) as beside:
            collected: Future[str] = beside.submit(
                self.manage, "collectstatic", "--noinput", "--verbosity", "0"
            )
            yield
            collected.result()
        self._write("static", [sources, digest_of([self.static])])

    def _noted(self, what: str) -> object:
        try:
            return json.loads(self.note.read_text())[what]
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _write(self, what: str, found: list[str]) -> None:
        """In one step; on a full disk the next start does the work once more."""
        kept = {each: self._noted(each) for each in ("tables", "static")} | {what: found}
        draft = self.note.with_suffix(".new")
        with suppress(OSError):
            draft.write_text(json.dumps(kept))
            draft.replace(self.note)


def tables_sources() -> str:
    """What tables are made from: our modules, the packages and the settings that were chosen."""
    modules = [ROOT / package for package in PACKAGES]
    return digest_of(modules, "*.py", chosen=[*_installed(), _settings()])


def static_sources() -> str:
    """What static files are made from: ours, the modules that bundle and name them, the packages."""
    places = [ROOT / "static", ROOT / "shopcomm/core/ui", ROOT / "shopcomm/settings"]
    places += [place for package in PACKAGES for place in (ROOT / package).rglob("static") if place.is_dir()]
    return digest_of(places, chosen=[*_installed(), _settings()])


def digest_of(places: Iterable[Path], pattern: str = "*", *, chosen: Iterable[str] = ()) -> str:
    """A digest of every file in some folders by name, size and time of the last change, and of some words."""
    found = hashlib.sha256("\n".join(chosen).encode())
    for place in places:
        for path in sorted(place.rglob(pattern)):
            if path.suffix == ".pyc" or path.is_dir():
                continue
            with suppress(FileNotFoundError):
                state = path.stat()
                found.update(f"{path}:{state.st_size}:{state.st_mtime_ns}\n".encode())
    return found.hexdigest()


def migration_digest(url: str) -> str:
    """A digest of the migrations that a database has had, with their moments: no other database has the same."""
    try:
        with psycopg.connect(url.replace("psql://", "postgresql://", 1), connect_timeout=5) as connection:
            return hashlib.sha256(repr(connection.execute(MIGRATIONS).fetchall()).encode()).hexdigest()
    except psycopg.Error:
        return "none"


def _installed() -> list[str]:
    """The installed packages with their versions, by the names of their folders."""
    return sorted(path.name for path in Path(sysconfig.get_path("purelib")).glob("*.dist-info"))


def _settings() -> str:
    return os.environ.get("DJANGO_SETTINGS_MODULE", "")
