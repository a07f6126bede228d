"""Space of rows that are gone: each table loses every row it is given, in an hour more than it ever holds at once.

The server's own vacuum comes once a minute at most; a busy minute leaves a table many times the size of its rows.
"""

from django.db import connection as database

TABLES = ("sync_inbox", "sync_outbox")
# Fewer dead rows than these are no work worth doing.
FEW, SHARE = 2_000, 0.2
# An empty table that holds more than this gives its pages back.
LARGE_BYTES = 32 * 1024**2
STATE = """
SELECT relname, n_live_tup, n_dead_tup, pg_total_relation_size(relid) FROM pg_stat_user_tables
WHERE schemaname = 'sync' AND relname = ANY (%s)
"""


def tidy_outbox() -> None:
    """Free the space of the rows that were just acknowledged, unless somebody is at it. Not inside a transaction.

    Asked for once in some two thousand rows. The statistics, which count dead rows, are a second late: in it a fast consumer
    leaves several times the rows that wait.
    """
    _vacuum("SKIP_LOCKED", "sync_outbox")


def tidy_queue_tables() -> list[str]:
    """Free the space of dead rows where they are many, and give that of an empty queue back. Not inside a transaction.

    Returns the tables that were done.
    """
    with database.cursor() as cursor:
        cursor.execute(STATE, [list(TABLES)])
        found = cursor.fetchall()
    done = []
    for name, live, dead, size in found:
        if dead > FEW + live * SHARE:
            _vacuum("ANALYZE, SKIP_LOCKED", name)
        elif size > LARGE_BYTES and live + dead < FEW:
            _vacuum("ANALYZE, SKIP_LOCKED, TRUNCATE", name)
        else:
            continue
        done.append(name)
    return done


def _vacuum(how: str, table: str) -> None:
    with database.cursor() as cursor:
        cursor.execute(f"VACUUM ({how}) sync.{table}")
