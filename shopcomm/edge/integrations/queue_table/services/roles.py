"""Roles of other systems: what each logs in to PostgreSQL as, and all that it may do there."""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import psycopg
from django.db import ProgrammingError, transaction
from django.db import connection as database
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shopcomm.core.events.models import Reader
from shopcomm.core.events.readers import add_reader
from shopcomm.core.refusals import Refusal
from shopcomm.edge.integrations.models import Connection
from shopcomm.edge.integrations.services.connections import add_connection

# The way's name in a connection's row, and in that of its reader of the log.
KIND = "queue"
# As PostgreSQL has it without quotes, but for the hyphen; names that begin with pg_ are its own.
ROLE_NAME = re.compile(r"(?!pg_)[a-z][a-z0-9_-]{0,59}")
# Of a role: whoever hangs, or forgets to commit, is ended.
LIMITS = {"statement_timeout": "30s", "lock_timeout": "10s", "idle_in_transaction_session_timeout": "60s"}
MOST_LINES = 20
# The roles of this database that the server has. One that was dropped may be somebody else's by now: its reader rests.
KNOWN = """
SELECT role FROM sync.sync_role JOIN pg_roles ON rolname = role
JOIN events_reader ON name = 'queue:' || connection_id AND state = 'active' ORDER BY role
"""
# All that a role may do.
FUNCTIONS = (
    "put(text, text)",
    "take(integer, integer)",
    "ack(bigint, bigint[])",
    "fail(bigint, bigint, text, interval)",
    "release(bigint, bigint[])",
    "parked(integer)",
    "replay(timestamptz)",
)


class RoleRefused(Refusal):
    """No role can be made of it."""

    code, detail = "role_refused", gettext_lazy("这个角色建立不了")


def reader_name(connection_id: int) -> str:
    """The reader of the log that fills a connection's outbox."""
    return f"queue:{connection_id}"


def create_sync_role(name: str) -> tuple[Connection, str]:
    """A role with the connection whose rows it sees, and the URL it logs in with, which is kept nowhere. Raises RoleRefused.

    The connection is there already after a restore, or when its role was dropped.
    """
    with transaction.atomic():
        connection = _join(name)
        if role_exists(name):
            raise RoleRefused(
                _("数据库里已经有 %(name)s 这个角色：换一个名字，或给它更换密码（命令行用 --rotate）")
                % {"name": name}
            )
        password, verifier = _new_password(name)
        with _told_to_the_administrator(name):
            _execute(f"CREATE ROLE {_quoted(name)} LOGIN PASSWORD '{verifier}' CONNECTION LIMIT {MOST_LINES}")
            for limit, value in LIMITS.items():
                _execute(f"ALTER ROLE {_quoted(name)} SET {limit} = '{value}'")
        let_role_in(name)
    return connection, role_url(name, password)


def adopt_sync_role(name: str) -> tuple[Connection, str]:
    """Let a role in that the server's administrator has made, and its URL without the password. Raises RoleRefused."""
    with transaction.atomic():
        connection = _join(name)
        if not role_exists(name):
            raise RoleRefused(_("数据库里没有 %(name)s 这个角色") % {"name": name})
        if _may_more(name):
            raise RoleRefused(_("%(name)s 的权限太大，不能给对方系统用") % {"name": name})
        let_role_in(name)
    return connection, role_url(name)


def rotate_sync_role(name: str) -> tuple[Connection, str]:
    """Another password for a role that is there, and the URL with it. The old one is void at once. Raises RoleRefused."""
    with transaction.atomic():
        connection = _connection_of(name)
        if not role_exists(name):
            raise RoleRefused(_("数据库里没有 %(name)s 这个角色") % {"name": name})
        password, verifier = _new_password(name)
        with _told_to_the_administrator(name):
            _execute(f"ALTER ROLE {_quoted(name)} PASSWORD '{verifier}'")
        let_role_in(name)
    _end_lines(name)
    return connection, role_url(name, password)


def drop_sync_role(name: str) -> Connection:
    """Take a role away. Its connection and all rows stay, and what happens meanwhile waits. Raises RoleRefused."""
    _end_lines(name)
    with transaction.atomic():
        connection = _connection_of(name)
        Reader.objects.filter(name=reader_name(connection.pk)).update(state=Reader.State.PAUSED)
        if role_exists(name):
            _execute(f"REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sync FROM {_quoted(name)}")
            _execute(f"REVOKE ALL ON SCHEMA sync FROM {_quoted(name)}")
            with _told_to_the_administrator(name):
                _execute(f"DROP ROLE {_quoted(name)}")
    return connection


def let_known_roles_in() -> None:
    """Give the roles of this database, those of them that the server has, what they may do, and nobody else anything."""
    if _one("SELECT to_regclass('sync.sync_role')") is None:
        return
    with transaction.atomic():
        _execute("REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sync FROM PUBLIC")
        with database.cursor() as cursor:
            cursor.execute(KNOWN)
            known = [role for (role,) in cursor.fetchall()]
        for role in known:
            let_role_in(role)


def let_role_in(name: str) -> None:
    """What a role may do: call its functions, and nothing else."""
    _execute(f"GRANT USAGE ON SCHEMA sync TO {_quoted(name)}")
    called = ", ".join(f"sync.{function}" for function in FUNCTIONS)
    _execute(f"GRANT EXECUTE ON FUNCTION {called} TO {_quoted(name)}")


def role_exists(name: str) -> bool:
    """Whether the server has a role of this name, whoever's it is."""
    return bool(_one("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = %s)", name))


def role_url(name: str, password: str = "") -> str:
    """How another program reaches the database as a role."""
    host, port, base = database_address()
    secret = f":{quote(password, safe='')}" if password else ""
    if host.startswith("/"):
        return f"postgresql://{name}{secret}@/{quote(base)}?host={quote(host, safe='')}&port={port}"
    return f"postgresql://{name}{secret}@{f'[{host}]' if ':' in host else host}:{port}/{quote(base)}"


def database_address() -> tuple[str, int, str]:
    """Host (or the folder of a socket), port and name of the database, as this process reaches it. Returns all three."""
    database.ensure_connection()
    line: psycopg.Connection = database.connection
    return line.info.host or "localhost", line.info.port, line.info.dbname


def _join(name: str) -> Connection:
    """The connection of a role, with its reader of the log. A role of another connection, or none of ours, is not taken."""
    if not ROLE_NAME.fullmatch(name):
        raise RoleRefused(_("名称只能用小写英文字母、数字、- 和 _，字母开头，最多 60 个"))
    connection, _made = add_connection(kind=KIND, name=name)
    with database.cursor() as cursor:
        known = "INSERT INTO sync.sync_role (connection_id, role) VALUES (%s, %s) ON CONFLICT DO NOTHING"
        cursor.execute(known, [connection.pk, name])
    reader = add_reader(
        name=reader_name(connection.pk), kind=KIND, configuration={"connection": connection.pk}
    )
    if reader.state != Reader.State.ACTIVE:
        Reader.objects.filter(pk=reader.pk).update(state=Reader.State.ACTIVE)
    return connection


def _connection_of(name: str) -> Connection:
    found = _one("SELECT connection_id FROM sync.sync_role WHERE role = %s", name)
    if found is None:
        raise RoleRefused(_("没有 %(name)s 这个共享队列") % {"name": name})
    return Connection.objects.get(pk=found)


def _may_more(name: str) -> bool:
    """Whether a role may do more than log in, or is somebody's member: the rights of others would be its own."""
    return bool(
        _one(
            "SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls OR rolname = current_user "
            "OR EXISTS (SELECT FROM pg_auth_members WHERE member = pg_roles.oid) FROM pg_roles WHERE rolname = %s",
            name,
        )
    )


def _new_password(name: str) -> tuple[str, str]:
    """A password, and what PostgreSQL keeps of it: so no log of statements ever has it."""
    password = secrets.token_urlsafe(32)
    database.ensure_connection()
    verifier = database.connection.pgconn.encrypt_password(password.encode(), name.encode(), b"scram-sha-256")
    return password, verifier.decode()


@contextmanager
def _told_to_the_administrator(name: str) -> Iterator[None]:
    """Where our own role may make none, what the server's administrator has to run is said. Raises RoleRefused."""
    try:
        with transaction.atomic():
            yield
    except ProgrammingError as error:
        if not isinstance(error.__cause__, psycopg.errors.InsufficientPrivilege):
            raise
        raise RoleRefused(
            _(
                "本店的数据库用户没有 CREATEROLE 权限。请数据库管理员执行：\n%(sql)s\n"
                "之后运行：manage.py create_sync_role %(name)s --adopt"
            )
            % {"sql": administrators_sql(name), "name": name}
        ) from error


def administrators_sql(name: str) -> str:
    """What makes a role by hand. `\\password` asks for one without writing it down."""
    made = [f"CREATE ROLE {_quoted(name)} LOGIN CONNECTION LIMIT {MOST_LINES};"]
    limits = [f"ALTER ROLE {_quoted(name)} SET {limit} = '{value}';" for limit, value in LIMITS.items()]
    return "\n".join([*made, *limits, f"\\password {_quoted(name)}"])


def _end_lines(name: str) -> None:
    """Whoever is logged in with the old password has to come again; where we may not end them, they stay until they go."""
    ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s"
    try:
        with transaction.atomic():
            _one(ended, name)
    except ProgrammingError:
        return


def _quoted(name: str) -> str:
    return database.ops.quote_name(name)


def _execute(sql: str) -> None:
    with database.cursor() as cursor:
        cursor.execute(sql)


def _one(sql: str, *values: str) -> Any:
    """The first column of the first row; None without one."""
    with database.cursor() as cursor:
        cursor.execute(sql, values)
        found = cursor.fetchone()
    return found[0] if found else None
