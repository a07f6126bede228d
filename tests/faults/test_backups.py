"""`make backup` of a running shop, `make restore` into an empty place and over what is there."""

import fcntl
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from shopcomm.core.embedded.attach import ROOT
from shopcomm.core.embedded.restoring import exchange_files
from shopcomm.core.embedded.services import Services
from shopcomm.core.embedded.supervisor import hold_data_folder
from tests.faults.stack import Stack

TABLES = "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname IN ('public', 'sync') ORDER BY 1"
# Of the shared queue, which has a schema of its own.
QUEUE = (
    "INSERT INTO integrations_connection (name, kind, configuration, sealed_credentials, state, cursor, last_error, "
    "created_at) VALUES ('erp', 'queue', '{}', '', 'active', '', '', now())",
    "INSERT INTO sync.sync_role (connection_id, role) SELECT id, name FROM integrations_connection WHERE name = 'erp'",
    "INSERT INTO sync.sync_inbox (connection_id, message_id, body, parked_at) SELECT connection_id, '1', '{', now() FROM sync.sync_role",
)
SEQUENCES = "SELECT sequencename, last_value FROM pg_sequences ORDER BY 1"
FILE = "attachments/2026/11/quittung.txt"
OUTSIDE = {"DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE", "SECRET_KEY", "MEDIA_ROOT"}


def told(program: str, data: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run one of the two commands as `make` does."""
    kept = {name: value for name, value in os.environ.items() if name not in OUTSIDE}
    command = [sys.executable, "-m", f"shopcomm.core.embedded.{program}", *arguments]
    environment = kept | {"SHOPCOMM_DATA": str(data)}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)


def restored(data: Path, source: Path) -> str:
    done = told("restoring", data, str(source))
    assert done.returncode == 0, done.stderr
    return done.stdout


def refused(data: Path, source: Path) -> str:
    """What is said, in one line."""
    done = told("restoring", data, str(source))
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    return done.stderr.strip()


def content(url: str) -> dict[str, object]:
    """Every row of every table, as a checksum, and where the numbers go on."""
    found: dict[str, object] = {}
    with psycopg.connect(url, autocommit=True) as connection:
        for (name,) in connection.execute(TABLES).fetchall():
            rows = f"SELECT count(*), md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {name} t"
            found[name] = connection.execute(rows).fetchone()
        found["sequences"] = connection.execute(SEQUENCES).fetchall()
    return found


def in_rest(data: Path, look: Callable[[str], object]) -> object:
    """Ask or change the database of a folder that does not run."""
    servers = Services(data, durable=False)
    try:
        servers.start(valkey=False)
        return look(servers.database_url)
    finally:
        servers.stop()


def change(*statements: str) -> Callable[[str], None]:
    def run(url: str) -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    return run


def files(data: Path) -> dict[str, bytes]:
    media = data / "media"
    return {str(path.relative_to(media)): path.read_bytes() for path in media.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    place = tmp_path_factory.mktemp("backups")
    # PostgreSQL runs as somebody else where we are root.
    for each in (place, place.parent):
        each.chmod(0o755)
    yield place
    shutil.rmtree(place, ignore_errors=True)


@pytest.fixture(scope="module")
def backup(stack: Stack, folder: Path) -> Path:
    """A backup of the running stack with one upload."""
    upload = stack.data / "media" / FILE
    upload.parent.mkdir(parents=True, exist_ok=True)
    upload.write_text("已付 ¥278")
    change(*QUEUE)(stack.services.database_url)
    target = folder / "shop.tar"
    done = told("backups", stack.data, str(target))
    assert done.returncode == 0, done.stderr
    assert str(target) in done.stdout
    return target


@pytest.fixture(scope="module")
def before(stack: Stack, backup: Path) -> dict[str, object]:
    """What the stack holds: nobody writes to it meanwhile."""
    return content(stack.services.database_url)


@pytest.fixture(scope="module")
def shop(folder: Path, backup: Path) -> Path:
    """The backup, restored into an empty place."""
    restored(folder / "shop", backup)
    return folder / "shop"


def test_a_backup_is_readable_by_its_owner_only_and_leaves_no_temporary_files(
    stack: Stack, backup: Path
) -> None:
    assert backup.stat().st_mode & 0o077 == 0
    assert [path.name for path in backup.parent.iterdir() if path.name.startswith((".", "shop.tar."))] == []
    assert [path.name for path in (stack.data / "media").iterdir() if path.name.startswith(".")] == []


def test_restoring_into_an_empty_folder_brings_back_all_rows_files_and_the_key(
    stack: Stack, shop: Path, before
) -> None:
    assert in_rest(shop, content) == before
    assert files(shop) == files(stack.data)
    assert (shop / "secret_key").read_text() == (stack.data / "secret_key").read_text()
    assert (shop / "demo_shop").exists(), "no demo is put over it"


def test_two_concurrent_backups_do_not_mix_their_files(stack: Stack, folder: Path) -> None:
    """The second is refused; what one that was killed left behind hinders nobody and is in no later backup."""
    held = stack.data / "media" / ".backup"
    (held / "attachments").mkdir(parents=True)
    (held / "attachments/left.txt").write_text("half")
    lock = os.open(held, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    refused = told("backups", stack.data, str(folder / "second.tar"))
    os.close(lock)
    assert (refused.returncode, (folder / "second.tar").exists()) == (1, False)
    assert "another backup of this shop is being made" in refused.stderr

    assert told("backups", stack.data, str(folder / "third.tar")).returncode == 0
    with tarfile.open(folder / "third.tar") as archive:
        assert not [name for name in archive.getnames() if "left.txt" in name]


def test_a_secret_key_from_the_environment_is_not_in_the_backup_and_said_so(
    stack: Stack, folder: Path, monkeypatch
) -> None:
    monkeypatch.setattr(f"{__name__}.OUTSIDE", OUTSIDE - {"SECRET_KEY"})
    monkeypatch.setenv("SECRET_KEY", "kept elsewhere " + "0" * 40)

    done = told("backups", stack.data, str(folder / "without-key.tar"))

    with tarfile.open(folder / "without-key.tar") as archive:
        assert "secret_key" not in archive.getnames()
    assert "not SECRET_KEY, which this environment keeps" in done.stdout


def test_an_interrupted_exchange_of_files_is_finished_by_the_next_restore(tmp_path: Path) -> None:
    media, brought = tmp_path / "media", tmp_path / "media/.restoring"
    for place in (media / "attachments", media / ".before/attachments", brought / "attachments"):
        place.mkdir(parents=True)
        (place / "a.txt").write_text(place.parent.name)

    exchange_files(media, brought)

    assert files(tmp_path) == {"attachments/a.txt": b".restoring"}
    assert not (media / ".before").exists()


def test_a_restore_replaces_an_older_state_and_keeps_a_backup_of_it(shop: Path, backup: Path, before) -> None:
    older = change(
        "DROP TABLE messaging_message CASCADE",
        "DELETE FROM django_migrations WHERE id = (SELECT max(id) FROM django_migrations WHERE app = 'messaging')",
        "CREATE TABLE of_old AS SELECT 1 AS one",
    )
    in_rest(shop, older)
    (shop / "media" / "old.txt").write_text("old")
    (shop / "secret_key").write_text("old key")
    was, earlier = in_rest(shop, content), {*(shop / "backups").glob("before-restore-*.tar")}

    said = restored(shop, backup)

    assert in_rest(shop, content) == before
    assert [*files(shop)] == [FILE]
    (kept,) = {*(shop / "backups").glob("before-restore-*.tar")} - earlier
    assert f"what was there before is in {kept}" in said
    restored(shop, kept)
    assert in_rest(shop, content) == was
    assert files(shop)["old.txt"] == b"old"
    assert (shop / "secret_key").read_text() == "old key"
    restored(shop, backup)


def test_a_backup_with_a_newer_schema_is_refused_before_anything_is_changed(
    folder: Path, backup: Path
) -> None:
    later = changed(backup, folder / "later.tar", "orders.9999_of_tomorrow")
    place = folder / "untouched"

    said = refused(place, later)

    assert "this backup is of a later version of ShopComm" in said
    assert "orders.9999_of_tomorrow" in said
    assert said.endswith("nothing was changed")
    assert not place.exists()


def test_a_shop_with_a_newer_schema_is_not_overwritten(shop: Path, backup: Path) -> None:
    tomorrow = (
        "INSERT INTO django_migrations (app, name, applied) VALUES ('orders', '9999_of_tomorrow', now())"
    )
    in_rest(shop, change(tomorrow))
    was = in_rest(shop, content)

    said = refused(shop, backup)

    assert "the database there is of a later version of ShopComm" in said
    assert in_rest(shop, content) == was
    in_rest(shop, change("DELETE FROM django_migrations WHERE name = '9999_of_tomorrow'"))
    # The number that the row took is used up, too.
    restored(shop, backup)


@pytest.mark.parametrize("kept", [0, 700, 60_000])
def test_an_incomplete_backup_is_refused_and_changes_nothing(
    folder: Path, shop: Path, backup: Path, kept: int
) -> None:
    cut = folder / f"cut-{kept}.tar"
    cut.write_bytes(backup.read_bytes()[:kept])
    was = in_rest(shop, content)

    assert "nothing was changed" in refused(shop, cut)
    assert in_rest(shop, content) == was
    assert [*files(shop)] == [FILE]


def test_a_running_shop_is_not_overwritten_by_a_restore(shop: Path, backup: Path) -> None:
    with hold_data_folder(shop):
        assert "already runs on" in refused(shop, backup)


def changed(source: Path, target: Path, migration: str) -> Path:
    """The same backup, of a database that has had one more migration."""
    with tarfile.open(source) as old, tarfile.open(target, "w") as new:
        for entry in old:
            body = old.extractfile(entry).read()
            if entry.name == "manifest.json":
                manifest = json.loads(body)
                manifest["migrations"].append(migration)
                body = json.dumps(manifest).encode()
            entry.size = len(body)
            new.addfile(entry, io.BytesIO(body))
    return target
