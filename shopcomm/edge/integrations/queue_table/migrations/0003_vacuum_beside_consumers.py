"""Vacuum gives no pages back while a consumer is busy: to do so it waits five seconds for a moment alone with the table.

`tidy_queue_tables()` does it for a queue that is empty.
"""

from django.db import migrations

TABLES = ("sync_inbox", "sync_outbox")
KEEP = ";".join(f"ALTER TABLE sync.{table} SET (vacuum_truncate = off)" for table in TABLES)
AGAIN = ";".join(f"ALTER TABLE sync.{table} RESET (vacuum_truncate)" for table in TABLES)


class Migration(migrations.Migration):
    dependencies = [("queue_table", "0002_tidy_soon")]

    operations = [migrations.RunSQL(KEEP, AGAIN)]
