"""`make backup`: the database, the uploads and the secret key of a data folder in one file that `make restore` takes."""

import fcntl
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from shopcomm.core.embedded.attach import attached_services, data_folder
from shopcomm.core.embedded.binaries import EmbeddedError, postgres_bin
from shopcomm.core.embedded.services import last_line

FORMAT = 1
MANIFEST, DUMP, KEY, MEDIA = "manifest.json", "database.dump", "secret_key", "media/"
# In the folder of uploads, so that files can be linked instead of copied.
HELD = ".backup"


@dataclass(frozen=True)
class Manifest:
    """The description of a backup, first in its file."""

    format: int
    made_at: str
    # Every migration that its database has had, as `app.name`.
    migrations: list[str]
    files: int
    dump_sha256: str


def media_folder() -> Path:
    """MEDIA_ROOT, or the data folder's."""
    return Path(os.environ.get("MEDIA_ROOT") or data_folder() / "media")


def key_file() -> Path | None:
    """The data folder's secret key; None where SECRET_KEY is set, because then the operator keeps it."""
    path = data_folder() / KEY
    return path if path.exists() and not os.environ.get("SECRET_KEY") else None


def back_up(target: Path) -> Manifest:
    """Write a backup of the running or resting shop; DATABASE_URL is set. Raises EmbeddedError, OSError.

    Uploads are held by hard links before and after the database is read, so that every file its rows name is in the
    backup, although the shop goes on.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f"{target.name}.part")
    draft.touch(mode=0o600)
    try:
        with tempfile.TemporaryDirectory(dir=target.parent) as folder, _held(media_folder()) as held:
            dump = Path(folder) / DUMP
            hold_uploads(media_folder(), held)
            run_postgres_program(
                "pg_dump",
                "--format=custom",
                "--no-owner",
                "--no-privileges",
                f"--file={dump}",
                backup_database_url(),
            )
            hold_uploads(media_folder(), held)
            files = sorted(path for path in held.rglob("*") if path.is_file())
            made_at = datetime.now(UTC).isoformat(timespec="seconds")
            manifest = Manifest(FORMAT, made_at, applied_migrations(), len(files), sha256_of(dump))
            _write(draft, manifest, dump, held, files)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    return manifest


def _write(draft: Path, manifest: Manifest, dump: Path, held: Path, files: list[Path]) -> None:
    with tarfile.open(draft, "w") as archive:
        _add(archive, MANIFEST, json.dumps(asdict(manifest)).encode())
        archive.add(dump, DUMP)
        if key := key_file():
            _add(archive, KEY, key.read_bytes())
        for file in files:
            archive.add(file, f"{MEDIA}{file.relative_to(held)}")


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), 0o600
    archive.addfile(entry, io.BytesIO(content))


@contextmanager
def _held(media: Path) -> Iterator[Path]:
    """A folder for links beside the uploads, gone afterwards. Raises EmbeddedError while another backup has it."""
    media.mkdir(parents=True, exist_ok=True)
    folder = media / HELD
    folder.mkdir(mode=0o700, exist_ok=True)
    lock = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        raise EmbeddedError("another backup of this shop is being made") from error
    try:
        # What a backup that was killed left behind.
        for left in folder.iterdir():
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def hold_uploads(media: Path, held: Path) -> None:
    """Link every upload that is not held yet; copied where the disk knows no links."""
    for path in media.rglob("*"):
        place = path.relative_to(media)
        if place.parts[0].startswith(".") or not path.is_file() or (held / place).exists():
            continue
        (held / place).parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(path, held / place)
        except FileNotFoundError:
            # Deleted at this moment: no row names it any more.
            continue
        except OSError:
            shutil.copy2(path, held / place)


def backup_database_url() -> str:
    """The database's address, as PostgreSQL's programs take it."""
    return os.environ["DATABASE_URL"].replace("psql://", "postgresql://", 1)


def run_postgres_program(program: str, *arguments: str, reads: IO[bytes] | None = None) -> None:
    """Run one of the wheel's programs, which know every server up to their own version. Raises EmbeddedError."""
    done = subprocess.run([postgres_bin(program), *arguments], stdin=reads, capture_output=True)
    if done.returncode:
        raise EmbeddedError(f"{program}: {last_line(done.stderr.decode(errors='replace'))}")


def applied_migrations() -> list[str]:
    """What the database has had; nothing in one without tables."""
    rows = query_rows(
        "SELECT app || '.' || name FROM django_migrations ORDER BY 1", if_there="django_migrations"
    )
    return [name for (name,) in rows]


def query_rows(sql: str, *, if_there: str = "") -> list[tuple[Any, ...]]:
    """Ask the database; nothing where the table `if_there` is not."""
    import psycopg

    with psycopg.connect(backup_database_url(), autocommit=True) as connection:
        if if_there and connection.execute("SELECT to_regclass(%s)", [if_there]).fetchone() == (None,):
            return []
        return connection.execute(sql).fetchall()


def sha256_of(path: Path) -> str:
    """The checksum of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def new_backup_path(prefix: str = "shopcomm") -> Path:
    """A file in the data folder's `backups/` for a backup made now."""
    return data_folder() / "backups" / f"{prefix}-{datetime.now():%Y%m%d-%H%M%S}.tar"


def main() -> None:
    """`python -m shopcomm.core.embedded.backups [FILE]`."""
    try:
        target = Path(sys.argv[1]).resolve() if sys.argv[1:] and sys.argv[1] else new_backup_path()
        with attached_services():
            made = back_up(target)
    except (EmbeddedError, OSError) as error:
        sys.exit(f"shopcomm: no backup was made: {error}")
    size = target.stat().st_size / 1e6
    key = "the secret key" if key_file() else "not SECRET_KEY, which this environment keeps"
    sys.stdout.write(f"{target}: the database, {made.files} files, {key}; {size:.1f} MB\n")


if __name__ == "__main__":
    main()
