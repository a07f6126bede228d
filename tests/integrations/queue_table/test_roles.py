"""A role may call its functions for the rows of its own connection, and do nothing else."""

from io import StringIO
from urllib.parse import urlsplit

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from shopcomm.core.events.models import Reader
from shopcomm.edge.integrations.models import Connection
from shopcomm.edge.integrations.queue_table.services import roles
from tests.integrations.queue_table.others import Other, drop_leftover, offer, run_sql

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM sync.sync_outbox",
        "SELECT * FROM sync.sync_inbox",
        "SELECT * FROM sync.sync_role",
        "INSERT INTO sync.sync_outbox (connection_id, message_id, type, body) VALUES (1, 'x', 'x', 'x')",
        "DELETE FROM sync.sync_outbox",
        "UPDATE sync.sync_inbox SET body = ''",
        "TRUNCATE sync.sync_inbox",
        "SELECT nextval('sync.claim_number')",
        "SELECT sync.caller()",
        "SELECT * FROM orders_order",
        "SELECT * FROM integrations_connection",
        "SELECT * FROM accounts_staff",
        "SELECT * FROM django_session",
        "CREATE TABLE public.mine (id int)",
        "CREATE TABLE sync.mine (id int)",
        "CREATE SCHEMA mine",
        "CREATE FUNCTION sync.take() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "DROP TABLE sync.sync_outbox",
        "DROP FUNCTION sync.ack(bigint, bigint[])",
        "CREATE ROLE another",
        "GRANT EXECUTE ON FUNCTION sync.caller() TO PUBLIC",
        "COPY (SELECT 1) TO PROGRAM 'true'",
        "SELECT pg_read_file('/etc/passwd')",
    ],
)
def test_a_role_can_do_nothing_beside_its_functions(erp: Other, statement: str) -> None:
    with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.WrongObjectType)):
        erp.line().execute(statement)


def test_a_role_cannot_become_another(erp: Other) -> None:
    owner = connection.settings_dict["USER"] or run_sql("SELECT current_user")[0][0]
    for statement in (f'SET ROLE "{owner}"', f'SET SESSION AUTHORIZATION "{owner}"'):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            erp.line().execute(statement)


def test_names_of_a_roles_own_do_not_change_what_its_functions_mean(erp: Other) -> None:
    line = erp.line()
    line.execute("CREATE TEMP TABLE sync_outbox (id int); SET search_path = pg_temp, public")
    line.execute(
        "CREATE FUNCTION pg_temp.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS 'SELECT now()'"
    )
    offer(erp, ("a", ""))
    assert [row.message_id for row in line.execute("SELECT * FROM sync.take()").fetchall()] == ["a"]


def test_each_role_sees_the_rows_of_its_own_connection_alone(erp: Other, join) -> None:
    other = join("wms")
    offer(erp, ("a", ""))
    assert other.take() == []
    rows = erp.take()
    assert other.ack(rows) == 0
    assert other.fail(rows[0]) is None
    assert other.put("m", {}) is not None
    assert erp.put("m", {}) is not None
    assert run_sql("SELECT count(DISTINCT connection_id) FROM sync.sync_inbox") == [(2,)]
    assert erp.ack(rows) == 1


def test_a_role_is_held_to_its_limits(erp: Other) -> None:
    line = erp.line()
    for limit, value in roles.LIMITS.items():
        expected = value.replace("60s", "1min")
        assert line.execute(f"SHOW {limit}").fetchone() == (expected,)
    for _more in range(roles.MOST_LINES - len(erp.lines)):
        erp.line()
    with pytest.raises(psycopg.OperationalError, match="too many connections"):
        erp.line()


def test_only_the_verifier_of_a_password_is_sent_to_the_server(erp: Other) -> None:
    kept = run_sql("SELECT rolpassword FROM pg_authid WHERE rolname = %s", erp.role)[0][0]
    password = urlsplit(erp.url).password
    assert kept.startswith("SCRAM-SHA-256$")
    assert password
    assert password not in kept


# --- the command ---------------------------------------------------------------------------------
def run_command(*arguments: str) -> str:
    out = StringIO()
    call_command("create_sync_role", *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def name(transactional_db: None):
    """A name that no other worker of the suite makes a role of."""
    own = f"shop_{connection.settings_dict['NAME']}".lower()
    drop_leftover(own)
    yield own
    if roles.role_exists(own):
        run_command(own, "--drop")


def test_the_command_prints_a_url_last_on_its_line_and_the_same_name_is_not_made_twice(name: str) -> None:
    url = run_command(name).rstrip("\n").rpartition(" ")[2]
    with psycopg.connect(url) as line:
        assert line.execute("SELECT session_user").fetchone() == (name,)
        assert line.execute("SELECT sync.put('m', '{}')").fetchone() != (None,)
    with pytest.raises(CommandError, match="--rotate"):
        run_command(name)


def test_a_new_password_voids_the_old_one_and_ends_who_came_with_it(name: str) -> None:
    url = run_command(name).split()[-1]
    before = run_sql("SELECT rolpassword FROM pg_authid WHERE rolname = %s", name)
    with psycopg.connect(url, autocommit=True) as line:
        assert run_command(name, "--rotate").split()[-1] != url
        with pytest.raises(psycopg.OperationalError):
            line.execute("SELECT 1")
    assert run_sql("SELECT rolpassword FROM pg_authid WHERE rolname = %s", name) != before


def test_a_role_that_is_dropped_and_made_again_finds_all_rows(name: str) -> None:
    with psycopg.connect(run_command(name).split()[-1]) as line:
        line.execute("SELECT sync.put('m', '{}')")
    run_command(name, "--drop")
    assert run_sql("SELECT 1 FROM pg_roles WHERE rolname = %s", name) == []
    joined = Connection.objects.get(name=name)
    assert Reader.objects.get(name=roles.reader_name(joined.pk)).state == Reader.State.PAUSED
    run_command(name)
    assert run_sql("SELECT message_id FROM sync.sync_inbox") == [("m",)]
    assert Reader.objects.get(name=roles.reader_name(joined.pk)).state == Reader.State.ACTIVE


@pytest.mark.parametrize("bad", ["", "Erp", "pg_read", "1erp", 'erp"; DROP ROLE x; --', "吴", "x" * 61])
def test_a_name_that_postgresql_would_read_otherwise_is_refused(transactional_db: None, bad: str) -> None:
    with pytest.raises(CommandError):
        run_command(bad)
    assert not Connection.objects.exists()


def test_a_role_of_somebody_else_is_not_taken(transactional_db: None) -> None:
    owner = run_sql("SELECT current_user")[0][0]
    for how in ([], ["--adopt"], ["--rotate"]):
        with pytest.raises(CommandError):
            run_command(owner, *how)
    assert not Connection.objects.exists()


def test_without_createrole_the_administrator_is_told_what_to_run_and_the_role_let_in_after_it(
    name: str,
) -> None:
    """Our own rights are taken away by acting as somebody who has none but over the schema."""
    weak = f"weak_{name}"
    run_sql(f'CREATE ROLE "{weak}" NOLOGIN')
    run_sql(f'GRANT ALL ON ALL TABLES IN SCHEMA public, sync TO "{weak}"')
    run_sql(
        f'GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO "{weak}"; GRANT USAGE ON SCHEMA sync TO "{weak}"'
    )
    try:
        run_sql(f'SET ROLE "{weak}"')
        with pytest.raises(CommandError) as refused:
            run_command(name)
    finally:
        run_sql("RESET ROLE")
        run_sql(f'DROP OWNED BY "{weak}"; DROP ROLE "{weak}"')
    told = str(refused.value)
    assert "CREATEROLE" in told
    for line in told.splitlines():
        if line.startswith(("CREATE ROLE", "ALTER ROLE")):
            run_sql(line)
    assert not Connection.objects.exists()
    url = run_command(name, "--adopt").split()[-1]
    assert urlsplit(url).password is None
    with psycopg.connect(url) as line:
        assert line.execute("SELECT sync.put('m', '{}')").fetchone() != (None,)


def test_a_restored_database_lets_its_roles_in_again(erp: Other) -> None:
    run_sql(
        f'REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sync FROM "{erp.role}"; REVOKE ALL ON SCHEMA sync FROM "{erp.role}"'
    )
    run_sql("GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA sync TO PUBLIC")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        erp.take()
    call_command("migrate", "queue_table", verbosity=0)
    assert erp.take() == []
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        erp.ask("SELECT sync.caller()")


def test_the_migration_goes_back_and_forth(transactional_db: None) -> None:
    call_command("migrate", "queue_table", "zero", verbosity=0)
    assert run_sql("SELECT 1 FROM pg_namespace WHERE nspname = 'sync'") == []
    call_command("migrate", "queue_table", verbosity=0)
    assert len(run_sql("SELECT 1 FROM pg_tables WHERE schemaname = 'sync'")) == 3
