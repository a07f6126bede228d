"""`make restore`: replaces the shop by a backup, completely or not at all."""

import json
import os
import secrets
import shutil
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from functools import cache
from pathlib import Path

from shopcomm.core.embedded.attach import data_folder
from shopcomm.core.embedded.backups import (
    DUMP,
    FORMAT,
    KEY,
    MANIFEST,
    MEDIA,
    Manifest,
    applied_migrations,
    back_up,
    backup_database_url,
    media_folder,
    new_backup_path,
    query_rows,
    run_postgres_program,
    sha256_of,
)
from shopcomm.core.embedded.binaries import EmbeddedError
from shopcomm.core.embedded.services import Services
from shopcomm.core.embedded.supervisor import hold_data_folder

# Beside the uploads: what is brought, and what was there until the last moment.
BROUGHT, BEFORE = ".restoring", ".before"
UNREADABLE = (tarfile.TarError, EOFError, KeyError, ValueError, TypeError, AttributeError)
# Where everything of a shop is; one that a backup has nothing of stays empty.
SCHEMAS = ("public", "sync")
EMPTY = " ".join(f"DROP SCHEMA IF EXISTS {name} CASCADE; CREATE SCHEMA {name};" for name in SCHEMAS)
OTHERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


def restore_backup(source: Path) -> str:
    """Replace database, uploads and key by a backup's. DATABASE_URL is set, nobody else uses the database.

    Looks first: at the whole file and at the schema that is there. What was there is backed up before.
    Returns what was done, in words. Raises EmbeddedError, OSError; until the database is exchanged, in one
    transaction, nothing has changed.
    """
    media = media_folder()
    media.mkdir(parents=True, exist_ok=True)
    brought = media / BROUGHT
    shutil.rmtree(brought, ignore_errors=True)
    brought.mkdir(mode=0o700)
    try:
        # Where there is room for it, which need not be so in /tmp.
        with tempfile.TemporaryDirectory(dir=media, prefix=".restoring-") as folder:
            manifest = unpack_backup(source, Path(folder), brought)
            check_schema("the database there", applied_migrations())
            kept = back_up_current_state()
            exchange_database(Path(folder) / DUMP)
            exchange_files(media, brought)
            exchange_key(Path(folder) / KEY)
    finally:
        shutil.rmtree(brought, ignore_errors=True)
    was = f"; what was there before is in {kept}" if kept else ""
    return f"restored the state of {manifest.made_at}: the database and {manifest.files} files{was}"


def unpack_backup(source: Path, folder: Path, brought: Path) -> Manifest:
    """Read all of a backup into two folders. Raises EmbeddedError when it is none, or not whole."""
    files = 0
    try:
        with tarfile.open(source, "r:") as archive:
            manifest = _manifest_of(archive)
            for entry in archive:
                if entry.name in (DUMP, KEY):
                    archive.extract(entry, folder, filter="data")
                elif entry.name.startswith(MEDIA):
                    entry.name = entry.name.removeprefix(MEDIA)
                    archive.extract(entry, brought, filter="data")
                    files += 1
    except UNREADABLE as error:
        raise EmbeddedError(
            f"{source} is no whole backup of ShopComm ({error}); nothing was changed"
        ) from error
    dump = folder / DUMP
    if files != manifest.files or not dump.exists() or sha256_of(dump) != manifest.dump_sha256:
        raise EmbeddedError(f"{source} is damaged or was cut off; nothing was changed")
    return manifest


def _manifest_of(archive: tarfile.TarFile) -> Manifest:
    file = archive.extractfile(MANIFEST)
    read = json.loads(file.read()) if file else {}
    if read.get("format", FORMAT) > FORMAT:
        raise EmbeddedError("this backup was made by a later version of ShopComm; nothing was changed")
    return Manifest(**{field.name: read[field.name] for field in fields(Manifest)})


def read_manifest(source: Path) -> Manifest:
    """What a backup says of itself. Raises EmbeddedError when it is none, or of a later version than this one."""
    try:
        with tarfile.open(source, "r:") as archive:
            manifest = _manifest_of(archive)
    except UNREADABLE as error:
        raise EmbeddedError(f"{source} is no backup of ShopComm ({error}); nothing was changed") from error
    check_schema("this backup", manifest.migrations)
    return manifest


def check_schema(what: str, had: list[str]) -> None:
    """Raises EmbeddedError when the schema of `what` is of a later version than this one."""
    if later := sorted(set(had) - known_migrations()):
        raise EmbeddedError(
            f"{what} is of a later version of ShopComm ({len(later)} changes of the schema that this one does not "
            f"know, such as {later[-1]}): update ShopComm first; nothing was changed"
        )


@cache
def known_migrations() -> set[str]:
    """Every migration of this version, as `app.name`, and those that they replaced."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shopcomm.settings.base")
    import django
    from django.db.migrations.loader import MigrationLoader

    # Reading the settings would leave a new key in the folder that the backup's belongs in.
    own = not os.environ.get("SECRET_KEY")
    if own:
        os.environ["SECRET_KEY"] = secrets.token_urlsafe(50)
    django.setup()
    if own:
        del os.environ["SECRET_KEY"]
    disk = MigrationLoader(None).disk_migrations or {}
    replaced = {key for migration in disk.values() for key in migration.replaces}
    return {f"{app}.{name}" for app, name in {*disk, *replaced}}


def back_up_current_state() -> Path | None:
    """A backup of the state that is about to be replaced; None where there is none."""
    if not applied_migrations():
        return None
    target = new_backup_path("before-restore")
    back_up(target)
    return target


def exchange_database(dump: Path) -> None:
    """Empty the database and fill it from a dump, in one transaction."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "restore.sql"
        chosen = [f"--schema={name}" for name in SCHEMAS]
        run_postgres_program(
            "pg_restore", "--no-owner", "--no-privileges", *chosen, f"--file={script}", str(dump)
        )
        whole = ["--single-transaction", "--set=ON_ERROR_STOP=1", "--quiet", "--no-psqlrc"]
        run_postgres_program("psql", *whole, "--command", EMPTY, f"--file={script}", backup_database_url())


def exchange_files(media: Path, brought: Path) -> None:
    """Put the backup's uploads in the place of those that are there, by renaming alone."""
    before = media / BEFORE
    # Of an exchange that was killed; the backup that was made before it has all of that.
    shutil.rmtree(before, ignore_errors=True)
    before.mkdir(mode=0o700)
    for path in list(media.iterdir()):
        if not path.name.startswith("."):
            path.rename(before / path.name)
    for path in list(brought.iterdir()):
        path.rename(media / path.name)
    shutil.rmtree(before)


def exchange_key(brought: Path) -> None:
    """The key that signed the links of the restored database."""
    if not brought.exists():
        return
    key = data_folder() / KEY
    draft = key.with_name(f"{KEY}.new")
    draft.touch(mode=0o600)
    draft.write_bytes(brought.read_bytes())
    draft.replace(key)


@contextmanager
def stopped_shop_database() -> Iterator[bool]:
    """The database of a shop that does not run; true if it is the embedded one. Raises EmbeddedError when it runs."""
    if os.environ.get("DATABASE_URL"):
        if query_rows(OTHERS)[0][0]:
            raise EmbeddedError("the database is in use: stop web, worker and beat first")
        yield False
        return
    with hold_data_folder(data_folder()):
        servers = Services(data_folder())
        try:
            servers.start(valkey=False)
            os.environ["DATABASE_URL"] = servers.database_url
            yield True
        finally:
            servers.stop()


def main() -> None:
    """`python -m shopcomm.core.embedded.restoring FILE`."""
    if len(sys.argv) != 2 or not sys.argv[1]:
        sys.exit("shopcomm: which backup? make restore FROM=/path/to/shopcomm-….tar")
    source = Path(sys.argv[1]).resolve()
    if not source.is_file():
        sys.exit(f"shopcomm: there is no {source}; nothing was changed")
    try:
        read_manifest(source)
        with stopped_shop_database() as embedded:
            done = restore_backup(source)
            if embedded:
                # A restored shop is no demo; what waited in Valkey belonged to the state before.
                (data_folder() / "demo_shop").touch()
                shutil.rmtree(data_folder() / "valkey", ignore_errors=True)
    except (EmbeddedError, OSError) as error:
        sys.exit(f"shopcomm: {error}")
    sys.stdout.write(f"{done}\nnow start the shop: it brings the schema up to this version\n")


if __name__ == "__main__":
    main()
