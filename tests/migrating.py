"""One worker migrates, the others copy what it made: migrations take a core ten seconds, a copy takes it half of one."""

import fcntl
from pathlib import Path

from django.db import connection

# Of nobody, so that it can be copied: PostgreSQL copies no database that somebody is connected to.
COPIED = "migrated"


class Migrating:
    """What the workers of one run know of each other, in a folder that all of them have."""

    def __init__(self, folder: Path) -> None:
        self._note, self._lock = folder / "migrated", (folder / "migrating").open("w")
        self._first = False

    def begin(self) -> None:
        """Wait for who migrates, and copy that; whoever finds nothing to copy does it for the others."""
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self._first = not self._note.exists()
        if not self._first:
            connection.settings_dict["TEST"]["TEMPLATE"] = self._note.read_text()

    def end(self) -> None:
        """This worker has its database; the first leaves a copy for the others."""
        if self._first:
            own = connection.settings_dict["NAME"]
            connection.close()
            self._drop(f"{own}_{COPIED}")
            with connection.creation._nodb_cursor() as cursor:
                cursor.execute(f'CREATE DATABASE "{own}_{COPIED}" TEMPLATE "{own}"')
            self._note.write_text(f"{own}_{COPIED}")
        fcntl.flock(self._lock, fcntl.LOCK_UN)

    def tidy(self) -> None:
        """The copy is in nobody's way when the server goes on; whoever comes to their first test so late migrates anew."""
        if self._first:
            fcntl.flock(self._lock, fcntl.LOCK_EX)
            self._drop(self._note.read_text())
            self._note.unlink()
            fcntl.flock(self._lock, fcntl.LOCK_UN)

    def _drop(self, name: str) -> None:
        with connection.creation._nodb_cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')
