"""Space of rows that are gone: each table loses every row it is given, in an hour more than it ever holds at once.

The server's own vacuum comes once a minute at most; a busy minute leaves a table many times the size of its rows.
"""

from django.db import connection as database

TABLES = ("sync_inbox", "sync_outbox")
# Fewer dead rows than these are no work worth doing.
FEW, SHARE = 2_000, 0.2
DEAD = "SELECT relname, n_live_tup, n_dead_tup FROM pg_stat_user_tables WHERE schemaname = 'sync' AND relname = ANY (%s)"


def tidy_queue_tables() -> list[str]:
    """Free the space of dead rows where they are many. Returns the tables that were done. Not inside a transaction."""
    with database.cursor() as cursor:
        cursor.execute(DEAD, [list(TABLES)])
        full = [name for name, live, dead in cursor.fetchall() if dead > FEW + live * SHARE]
        for name in full:
            cursor.execute(f"VACUUM (ANALYZE) sync.{name}")
    return full
