"""The pool of a web process: how it is divided, and what it does while the database is unavailable."""

import logging
import select
from dataclasses import dataclass
from time import monotonic
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import InterfaceError, OperationalError, connections
from psycopg_pool import ConnectionPool, PoolTimeout

# What a web process sets aside, so that a flood of pages never takes it: one connection for the message writer
# (which has its own, outside the pool), one for the thread of the sockets, one for the probe, two for log-ins.
WRITER, SOCKETS, PROBE, LOGINS = 1, 1, 1, 2
FEWEST = 8
IDLE = 2
# So long after its use a connection is not asked whether it works: that costs a fourth of a short call.
FRESH_SECONDS = 5.0


@dataclass(frozen=True)
class Shares:
    """How many connections each part of a web process may hold at once."""

    pool: int
    pages: int
    logins: int
    probe: int


def connection_shares() -> Shares:
    """What DB_POOL_SIZE comes to. Raises ImproperlyConfigured when it leaves too little for pages."""
    size = settings.DB_POOL_SIZE
    if size < FEWEST:
        raise ImproperlyConfigured(f"DB_POOL_SIZE={size} is too small: at least {FEWEST}")
    return Shares(size - WRITER, size - WRITER - SOCKETS - PROBE - LOGINS, LOGINS, PROBE)


def pool_connections() -> None:
    """Have the threads of this process share a pool. Only web processes do: a pool does not survive a fork."""
    if not settings.DB_POOLED:
        return
    database: dict[str, Any] = connections.settings["default"]
    database["OPTIONS"]["pool"] = {
        "min_size": IDLE,
        "max_size": connection_shares().pool,
        "timeout": settings.DB_POOL_WAIT,
        # Tried again whenever somebody asks, not by a clock that grows slower: back at once when the database is.
        "reconnect_timeout": 0.0,
        "name": "web",
    }
    database["CONN_MAX_AGE"] = 0


def is_unavailable(error: BaseException | None) -> bool:
    """Whether an error says that the database is away, overloaded or gave up a deadlock: later it may work."""
    return isinstance(error, OperationalError | InterfaceError | psycopg.OperationalError)


class DatabaseAwayFilter(logging.Filter):
    """One line for each request that met no database, in place of a trace: nothing is to be found in those."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if is_unavailable(error):
            record.msg, record.args = "%s: %s", (record.getMessage(), str(error).strip())
            record.exc_info = None
        return True


class PatientPool(ConnectionPool[psycopg.Connection]):
    """psycopg's pool, for a database that may be restarted under it.

    Connections are looked at when they are handed out. The library does so too, but waits a second, then two, then
    four after each broken one, and after a restart all of them are. One that was in use a moment ago is not asked
    anything: a server that went has written its goodbye to the socket, or closed it.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._returned_at: WeakKeyDictionary[psycopg.Connection, float] = WeakKeyDictionary()

    def getconn(self, timeout: float | None = None) -> psycopg.Connection:
        """A connection that works. Raises psycopg.OperationalError: after `timeout` seconds, or at once when the
        database cannot be reached."""
        deadline = monotonic() + (self.timeout if timeout is None else timeout)
        while True:
            found = super().getconn(max(0.0, deadline - monotonic()))
            try:
                if monotonic() > self._returned_at.get(found, 0.0) + FRESH_SECONDS or _has_unread_bytes(
                    found
                ):
                    self.check_connection(found)
            except psycopg.Error:
                # Closed, and another one made in its place.
                found.close()
                self.putconn(found)
            else:
                return found

    def putconn(self, conn: psycopg.Connection) -> None:
        """Take a connection back."""
        self._returned_at[conn] = monotonic()
        super().putconn(conn)

    def reconnect_failed(self) -> None:
        """No connection could be made: those who wait for one get the error now and not at the end of their wait."""
        with self._lock:
            waiting = list(self._waiting)
            self._waiting.clear()
        for client in waiting:
            client.fail(PoolTimeout("the database cannot be reached"))


def _has_unread_bytes(connection: psycopg.Connection) -> bool:
    """Whether the server has sent something that nobody asked for, or closed the line. Raises psycopg.Error."""
    looks = select.poll()
    looks.register(connection.fileno(), select.POLLIN)
    return bool(looks.poll(0))
