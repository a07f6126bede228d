"""Which shop a data folder holds, the demo or an own one, and the log-ins that are printed."""

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psycopg

from shopcomm.core.embedded.binaries import EmbeddedError

# Marks in the data folder, from the first start on.
DEMO, OWN = "demo_shop", "own_shop"
DEMO_USERS = ("sales", "warehouse", "manager")
# How `seed_demo` and `setup_code` begin the line that is meant for us.
LOG_INS, CODE = "log-ins:", "code:"
STILL_THERE = "SELECT username FROM accounts_staff WHERE is_active AND username = ANY(%s)"

# Runs a command of manage.py and answers what it printed.
Manage = Callable[..., str]


@dataclass(frozen=True)
class Folder:
    """A data folder, and whether the shop in it is to be somebody's own."""

    data: Path
    wants_own: bool = False

    @property
    def is_own(self) -> bool:
        """Whether there is, or is to be, a shop of somebody's own."""
        return self.wants_own or (self.data / OWN).exists()

    def check(self) -> None:
        """Raises EmbeddedError where somebody wants a shop of their own in the folder of the demo."""
        if self.wants_own and (self.data / DEMO).exists():
            raise EmbeddedError(
                f"{self.data} holds the demo shop: for your own, name another folder: "
                f"SHOPCOMM_DATA={self.data.with_name('my-shop')} make shop"
            )

    def open(self, manage: Manage, port: int) -> list[str]:
        """Prepare the shop at the first start, and return the lines about its log-ins."""
        return self._open_own(manage, port) if self.is_own else self._open_demo(manage)

    def _open_own(self, manage: Manage, port: int) -> list[str]:
        (self.data / OWN).touch()
        code = words_of_line(manage("setup_code"), CODE)
        if not code:
            return []
        return [
            f"  your shop has no manager yet: open http://127.0.0.1:{port}/setup/",
            f"  and enter this code there: {code[0]}",
        ]

    def _open_demo(self, manage: Manage) -> list[str]:
        mark, given = self.data / DEMO, os.environ.get("SHOPCOMM_DEMO_PASSWORD", "")
        if mark.exists() and not given:
            return [f"  {user:<10} (unchanged since the first start)" for user in remaining_demo_users()]
        password = given or secrets.token_urlsafe(9)
        os.environ["SHOPCOMM_DEMO_PASSWORD"] = password
        users = words_of_line(manage("seed_demo"), LOG_INS)
        # A database that was there before, with a shop that is no demo: nothing of it is ours to open or to tell.
        (mark if users or mark.exists() else self.data / OWN).touch()
        return [f"  {user:<10} {password}" for user in users]


def words_of_line(printed: str, head: str) -> list[str]:
    """The words of the line that begins so; none where there is no such line."""
    return next((line[len(head) :].split() for line in printed.splitlines() if line.startswith(head)), [])


def remaining_demo_users() -> list[str]:
    """The demo's users who can log in, in their usual order. Asked directly: Django would take seconds at every start."""
    url = os.environ["DATABASE_URL"].replace("psql://", "postgresql://", 1)
    with psycopg.connect(url, connect_timeout=5) as connection:
        found = {row[0] for row in connection.execute(STILL_THERE, [list(DEMO_USERS)])}
    return [user for user in DEMO_USERS if user in found]
