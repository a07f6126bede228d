"""The shared queue tables and the functions through which another program uses them.

A schema of their own: its functions are all that a role of another system may call. Who calls is told by `session_user`,
which nobody but a superuser can change, so each role sees the rows of its own connection.
"""

from django.db import migrations

# Both tables lose each row they are given: space in each page for the claim of a row beside it, and vacuum early.
STORAGE = """
    fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000,
    autovacuum_vacuum_cost_delay = 0, autovacuum_analyze_scale_factor = 0.05
"""

TABLES = f"""
CREATE SCHEMA IF NOT EXISTS sync;

CREATE TABLE sync.sync_role (
    connection_id bigint PRIMARY KEY REFERENCES public.integrations_connection ON DELETE CASCADE,
    role text NOT NULL UNIQUE,
    -- When the other system put or took something last; to the minute.
    seen_at timestamptz
);

-- What the other system tells ShopComm.
CREATE TABLE sync.sync_inbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    connection_id bigint NOT NULL REFERENCES sync.sync_role ON DELETE CASCADE,
    message_id text NOT NULL,
    body text NOT NULL,
    put_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    failures integer NOT NULL DEFAULT 0,
    parked_at timestamptz,
    reason text NOT NULL DEFAULT ''
) WITH ({STORAGE});
CREATE UNIQUE INDEX sync_inbox_once ON sync.sync_inbox (connection_id, message_id);
CREATE INDEX sync_inbox_waiting ON sync.sync_inbox (connection_id, id) WHERE parked_at IS NULL;
CREATE INDEX sync_inbox_parked ON sync.sync_inbox (connection_id, parked_at) WHERE parked_at IS NOT NULL;

-- What ShopComm tells the other system.
CREATE TABLE sync.sync_outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    connection_id bigint NOT NULL REFERENCES sync.sync_role ON DELETE CASCADE,
    message_id text NOT NULL,
    type text NOT NULL,
    -- What a row must not be overtaken in: its order or conversation; empty where nothing waits behind it.
    stream text NOT NULL DEFAULT '',
    -- Of its event in the log.
    position bigint NOT NULL DEFAULT 0,
    body text NOT NULL,
    put_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    claim bigint,
    claimed_at timestamptz,
    -- When it may be taken (again): a claim that runs out, a pause after a failure.
    free_at timestamptz,
    attempts integer NOT NULL DEFAULT 0,
    parked_at timestamptz,
    reason text NOT NULL DEFAULT ''
) WITH ({STORAGE});
CREATE SEQUENCE sync.claim_number;
CREATE UNIQUE INDEX sync_outbox_once ON sync.sync_outbox (connection_id, message_id);
-- No index has what a claim changes, so that a claim is a change within its page.
CREATE INDEX sync_outbox_waiting ON sync.sync_outbox (connection_id, id) WHERE parked_at IS NULL;
CREATE INDEX sync_outbox_stream ON sync.sync_outbox (connection_id, stream, id)
    WHERE parked_at IS NULL AND stream <> '';
CREATE INDEX sync_outbox_parked ON sync.sync_outbox (connection_id, parked_at) WHERE parked_at IS NOT NULL;
"""

# Every function below: with the owner's rights, and no name looked up anywhere but here.
AS_OWNER = "LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp"

CALLER = f"""
CREATE FUNCTION sync.caller() RETURNS bigint {AS_OWNER} AS $$
#variable_conflict use_column
DECLARE
    mine bigint;
    seen timestamptz;
BEGIN
    SELECT connection_id, seen_at INTO mine, seen FROM sync.sync_role WHERE role = session_user;
    IF mine IS NULL THEN
        RAISE insufficient_privilege USING MESSAGE = format('"%s" is no role of a queue', session_user);
    END IF;
    IF seen IS NULL OR abs(extract(epoch FROM clock_timestamp() - seen)) > 60 THEN
        -- Whoever keeps their transaction open must not hold up others here.
        UPDATE sync.sync_role SET seen_at = clock_timestamp() WHERE connection_id =
            (SELECT connection_id FROM sync.sync_role WHERE connection_id = mine FOR NO KEY UPDATE SKIP LOCKED);
    END IF;
    RETURN mine;
END $$;
"""

PUT = f"""
CREATE FUNCTION sync.put(message_id text, body text) RETURNS bigint {AS_OWNER} AS $$
#variable_conflict use_column
DECLARE
    mine bigint := sync.caller();
    made bigint;
BEGIN
    IF coalesce(length($1), 0) NOT BETWEEN 1 AND 255 THEN
        RAISE invalid_parameter_value USING MESSAGE = 'message_id: 1 to 255 characters';
    END IF;
    IF $2 IS NULL OR octet_length($2) > 262144 THEN
        RAISE invalid_parameter_value USING MESSAGE = 'body: a text of 256 KiB at most';
    END IF;
    IF EXISTS (
        SELECT FROM public.integrations_inboundrecord known WHERE known.connection_id = mine AND known.message_id = $1
    ) THEN
        RETURN NULL;
    END IF;
    INSERT INTO sync.sync_inbox (connection_id, message_id, body) VALUES (mine, $1, $2)
        ON CONFLICT (connection_id, message_id) DO NOTHING RETURNING id INTO made;
    IF made IS NOT NULL THEN
        PERFORM pg_notify('sync_inbox', '');
    END IF;
    RETURN made;
END $$;
"""

# Along its index whatever the statistics say: they are of another hour, and a plan is kept for as long as a connection.
# A claim that seems to be of the future is of a clock that was set back since.
TAKE = f"""
CREATE FUNCTION sync.take(most integer DEFAULT 10, seconds integer DEFAULT 60)
RETURNS TABLE (
    claim bigint, id bigint, message_id text, type text, stream text, body text, attempt integer, put_at timestamptz
) {AS_OWNER} SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off AS $$
#variable_conflict use_column
DECLARE
    mine bigint := sync.caller();
    this_claim bigint := nextval('sync.claim_number');
    moment timestamptz;
BEGIN
    IF most IS NULL OR most NOT BETWEEN 1 AND 1000 THEN
        RAISE invalid_parameter_value USING MESSAGE = 'most: 1 to 1000 rows';
    END IF;
    IF seconds IS NULL OR seconds NOT BETWEEN 1 AND 3600 THEN
        RAISE invalid_parameter_value USING MESSAGE = 'seconds: 1 to 3600';
    END IF;
    LOOP
        moment := clock_timestamp();
        RETURN QUERY
        WITH picked AS MATERIALIZED (
            SELECT waiting.id FROM sync.sync_outbox waiting
            WHERE waiting.connection_id = mine AND waiting.parked_at IS NULL
                AND (waiting.free_at IS NULL OR waiting.free_at <= moment
                     OR waiting.claimed_at > moment + interval '1 minute')
                AND (waiting.stream = '' OR NOT EXISTS (
                    SELECT FROM sync.sync_outbox earlier
                    WHERE earlier.connection_id = mine AND earlier.stream = waiting.stream AND earlier.stream <> ''
                        AND earlier.parked_at IS NULL AND earlier.id < waiting.id
                ))
            ORDER BY waiting.id LIMIT most FOR NO KEY UPDATE OF waiting SKIP LOCKED
        ), claimed AS (
            UPDATE sync.sync_outbox taken SET
                claim = this_claim, claimed_at = moment, free_at = moment + make_interval(secs => seconds),
                attempts = taken.attempts + 1,
                -- Ten claims have run out or failed: whoever takes it does not survive it.
                parked_at = CASE WHEN taken.attempts >= 10 THEN moment END,
                reason = CASE WHEN taken.attempts >= 10 AND taken.reason = '' THEN 'never acknowledged'
                    ELSE taken.reason END
            FROM picked WHERE taken.id = picked.id RETURNING taken.*
        )
        SELECT claimed.claim, claimed.id, claimed.message_id, claimed.type, claimed.stream, claimed.body,
            claimed.attempts, claimed.put_at
        FROM claimed WHERE claimed.parked_at IS NULL ORDER BY claimed.id;
        EXIT WHEN FOUND OR NOT EXISTS (
            SELECT FROM sync.sync_outbox WHERE connection_id = mine AND parked_at = moment AND claim = this_claim
        );
    END LOOP;
END $$;
"""

ANSWERS = f"""
CREATE FUNCTION sync.ack(claim bigint, ids bigint[]) RETURNS integer {AS_OWNER} SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    mine bigint := sync.caller();
    gone integer;
BEGIN
    DELETE FROM sync.sync_outbox done
    WHERE done.id = ANY ($2) AND done.connection_id = mine AND done.claim = $1 AND done.parked_at IS NULL;
    GET DIAGNOSTICS gone = ROW_COUNT;
    RETURN gone;
END $$;

CREATE FUNCTION sync.fail(claim bigint, id bigint, reason text, retry_in interval DEFAULT NULL)
RETURNS text {AS_OWNER} SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    mine bigint := sync.caller();
    became text;
BEGIN
    IF $4 < interval '0' OR $4 > interval '1 day' THEN
        RAISE invalid_parameter_value USING MESSAGE = 'retry_in: up to one day';
    END IF;
    UPDATE sync.sync_outbox failed SET
        claim = NULL, reason = left(coalesce($3, ''), 1000),
        free_at = clock_timestamp() + coalesce(
            $4, least(interval '5 seconds' * 2 ^ (failed.attempts - 1), interval '30 minutes')
        ),
        parked_at = CASE WHEN failed.attempts >= 10 THEN clock_timestamp() END
    WHERE failed.id = $2 AND failed.connection_id = mine AND failed.claim = $1 AND failed.parked_at IS NULL
    RETURNING CASE WHEN failed.parked_at IS NULL THEN 'waiting' ELSE 'parked' END INTO became;
    RETURN became;
END $$;

CREATE FUNCTION sync.release(claim bigint, ids bigint[]) RETURNS integer {AS_OWNER} SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    mine bigint := sync.caller();
    freed integer;
BEGIN
    UPDATE sync.sync_outbox free SET claim = NULL, claimed_at = NULL, free_at = NULL, attempts = free.attempts - 1
    WHERE free.id = ANY ($2) AND free.connection_id = mine AND free.claim = $1 AND free.parked_at IS NULL;
    GET DIAGNOSTICS freed = ROW_COUNT;
    RETURN freed;
END $$;
"""

PARKED = f"""
CREATE FUNCTION sync.parked(most integer DEFAULT 100)
RETURNS TABLE (box text, id bigint, message_id text, reason text, parked_at timestamptz, body text) {AS_OWNER} AS $$
#variable_conflict use_column
DECLARE
    mine bigint := sync.caller();
BEGIN
    RETURN QUERY
    SELECT * FROM (
        SELECT 'inbox', b.id, b.message_id, b.reason, b.parked_at, b.body FROM sync.sync_inbox b
        WHERE b.connection_id = mine AND b.parked_at IS NOT NULL
        UNION ALL
        SELECT 'outbox', b.id, b.message_id, b.reason, b.parked_at, b.body FROM sync.sync_outbox b
        WHERE b.connection_id = mine AND b.parked_at IS NOT NULL
    ) AS parked (box, id, message_id, reason, parked_at, body)
    ORDER BY parked.parked_at DESC, parked.id DESC LIMIT least(greatest(most, 1), 1000);
END $$;

-- Behind all that waits: others of the same order may be under way by now.
CREATE FUNCTION sync.replay(since timestamptz) RETURNS integer {AS_OWNER} AS $$
#variable_conflict use_column
DECLARE
    mine bigint := sync.caller();
    parked bigint;
    again integer := 0;
BEGIN
    FOR parked IN
        SELECT id FROM sync.sync_outbox
        WHERE connection_id = mine AND parked_at >= $1 AND body <> '' ORDER BY id FOR UPDATE
    LOOP
        UPDATE sync.sync_outbox SET id = DEFAULT, claim = NULL, claimed_at = NULL, free_at = NULL, attempts = 0,
            parked_at = NULL, reason = '' WHERE id = parked;
        again := again + 1;
    END LOOP;
    IF again > 0 THEN
        PERFORM pg_notify(session_user, '');
    END IF;
    RETURN again;
END $$;
"""

CLOSED = """
REVOKE ALL ON SCHEMA sync FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA sync FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sync FROM PUBLIC;
"""


class Migration(migrations.Migration):
    dependencies = [("integrations", "0002_joined_by_ways")]

    operations = [
        migrations.RunSQL(TABLES, "DROP SCHEMA sync CASCADE"),
        *[
            migrations.RunSQL(each, migrations.RunSQL.noop)
            for each in (CALLER, PUT, TAKE, ANSWERS, PARKED, CLOSED)
        ],
    ]
