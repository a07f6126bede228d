"""A busy consumer has the space of its rows freed within a second, and a shop that nobody takes from does nothing for it."""

from django.db import migrations

ACK = """
CREATE OR REPLACE FUNCTION sync.ack(claim bigint, ids bigint[]) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    mine bigint := sync.caller();
    gone integer;
BEGIN
    DELETE FROM sync.sync_outbox done
    WHERE done.id = ANY ($2) AND done.connection_id = mine AND done.claim = $1 AND done.parked_at IS NULL;
    GET DIAGNOSTICS gone = ROW_COUNT;
    %s
    RETURN gone;
END $$;
"""
# Once in two thousand rows: counted by nobody, so that no two consumers wait for each other.
TOLD = """IF random() * 2000 < gone THEN
        PERFORM pg_notify('sync_tidy', '');
    END IF;"""


class Migration(migrations.Migration):
    dependencies = [("queue_table", "0001_queue_tables")]

    operations = [migrations.RunSQL(ACK % TOLD, ACK % "")]
