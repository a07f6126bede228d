"""A start does again what its sources, its database or its collected files ask for, and nothing else."""

import os
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.db import connection

from shopcomm.core.embedded import preparing
from shopcomm.core.embedded.binaries import EmbeddedError
from shopcomm.core.embedded.preparing import Preparation, migration_digest


class Sources:
    """A checkout and a data folder of one migration and one style sheet each, and what was run on them."""

    def __init__(self, folder: Path) -> None:
        self.data, self.had, self.ran = folder / "data", "one", list[str]()
        self.migration = folder / "orders/migrations/0001_initial.py"
        self.style, self.collected = folder / "static/shop.css", folder / "data/static/shop.css"
        for path in (self.migration, self.style, self.collected):
            path.parent.mkdir(parents=True)
            path.write_text("1")

    def manage(self, *arguments: str) -> str:
        self.ran.append(arguments[0])
        return ""

    def start(self) -> list[str]:
        self.ran.clear()
        preparation = Preparation(self.data, self.manage)
        with preparation.static_files():
            preparation.tables()
        return sorted(self.ran)


@pytest.fixture
def sources(tmp_path, monkeypatch) -> Sources:
    made = Sources(tmp_path)
    monkeypatch.setattr(preparing, "ROOT", tmp_path)
    monkeypatch.setattr(preparing, "migration_digest", lambda _url: made.had)
    monkeypatch.setenv("DATABASE_URL", "postgresql:///any")
    monkeypatch.delenv("STATIC_ROOT", raising=False)
    return made


def test_the_first_start_prepares_everything_and_the_next_ones_nothing(sources) -> None:
    assert [sources.start() for _ in range(3)] == [["collectstatic", "migrate"], [], []]


@pytest.mark.parametrize(
    ("change", "again"),
    [
        (lambda sources: sources.migration.write_text("22"), ["migrate"]),
        (lambda sources: sources.migration.with_name("0002_more.py").write_text(""), ["migrate"]),
        (lambda sources: setattr(sources, "had", "other"), ["migrate"]),
        (lambda sources: sources.style.write_text("22"), ["collectstatic"]),
        (lambda sources: sources.style.unlink(), ["collectstatic"]),
        (lambda sources: sources.collected.unlink(), ["collectstatic"]),
        (lambda sources: (sources.data / "prepared.json").write_text("{"), ["collectstatic", "migrate"]),
    ],
    ids=[
        "a migration was changed",
        "a migration was added",
        "another database",
        "a style sheet was changed",
        "a style sheet is gone",
        "a collected file is gone",
        "an unreadable note",
    ],
)
def test_a_start_repeats_what_a_change_concerns(
    sources, change: Callable[[Sources], object], again: list[str]
) -> None:
    sources.start()
    change(sources)

    assert [sources.start(), sources.start()] == [again, []]


def test_another_version_of_a_package_has_everything_done_again(sources, monkeypatch) -> None:
    sources.start()
    monkeypatch.setattr(preparing, "_installed", lambda: ["django-9.dist-info"])

    assert sources.start() == ["collectstatic", "migrate"]


def test_what_failed_is_tried_again_at_the_next_start(sources) -> None:
    def fails(*_arguments: str) -> str:
        raise EmbeddedError("the disk is full")

    preparation = Preparation(sources.data, fails)
    with pytest.raises(EmbeddedError):
        preparation.tables()
    with pytest.raises(EmbeddedError), preparation.static_files():
        pass

    assert sources.start() == ["collectstatic", "migrate"]


@pytest.mark.django_db
def test_a_database_is_known_by_the_migrations_it_has_had() -> None:
    address = urlsplit(os.environ["DATABASE_URL"])
    ours = address._replace(path=f"/{connection.settings_dict['NAME']}").geturl()

    assert migration_digest(ours) == migration_digest(ours) != "none"
    assert migration_digest(address._replace(path="/nowhere").geturl()) == "none"
