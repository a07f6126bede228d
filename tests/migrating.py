"""One worker migrates, the others copy what it made: migrations take a core ten seconds, a copy takes it half of one."""

import fcntl
from pathlib import Path
from typing import Any

from django.db import connection

# Of nobody, so that it can be copied: PostgreSQL copies no database that somebody is connected to.
COPIED = "migrated"


class Migrating:
    """What the workers of one run know of each other, in a folder that all of them have."""

    def __init__(self, folder: Path) -> None:
        self._done, self._lock = folder / "migrated", (folder / "migrating").open("w")
        self._first = False

    def begin(self) -> None:
        """Wait until somebody has migrated, and copy that; whoever asks first does it for all."""
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self._first = not self._done.exists()
        if not self._first:
            settings: dict[str, Any] = connection.settings_dict
            settings["TEST"]["TEMPLATE"] = self._done.read_text()
            self._lock.close()

    def end(self) -> None:
        """This worker has its database; the first leaves a copy for the others."""
        if not self._first:
            return
        own = connection.settings_dict["NAME"]
        connection.close()
        with connection.creation._nodb_cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{own}_{COPIED}"')
            cursor.execute(f'CREATE DATABASE "{own}_{COPIED}" TEMPLATE "{own}"')
        self._done.write_text(f"{own}_{COPIED}")
        self._lock.close()

    def tidy(self) -> None:
        """The copy is in nobody's way when the server goes on after the run."""
        if self._first:
            with connection.creation._nodb_cursor() as cursor:
                cursor.execute(f'DROP DATABASE IF EXISTS "{self._done.read_text()}"')
