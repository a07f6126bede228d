"""One consumer of a queue as another program is: a connection of psycopg, and batches until nothing waits.

`python -m benchmarks.floor.queue_worker URL product|floor`: says that it is there, begins at a line of its input, and
prints when it had its first and its last batch and how many rows they were.
"""

import sys
import time

import psycopg

MOST = 100
PRODUCT = (
    f"SELECT claim, id, message_id, type, body FROM sync.take({MOST}, 60)",
    "SELECT sync.ack(%s, %s)",
)
# As little as a queue can be: no order, no roles, no failures.
FLOOR = (
    f"""
    WITH picked AS MATERIALIZED (
        SELECT id FROM bare_queue WHERE claimed_until IS NULL OR claimed_until < now()
        ORDER BY id LIMIT {MOST} FOR UPDATE SKIP LOCKED
    )
    UPDATE bare_queue SET claimed_until = now() + interval '60 s' FROM picked WHERE bare_queue.id = picked.id
    RETURNING 1, bare_queue.id, body
    """,
    "DELETE FROM bare_queue WHERE %s = 1 AND id = ANY (%s)",
)


def main(url: str, side: str) -> None:
    take, ack = PRODUCT if side == "product" else FLOOR
    with psycopg.connect(url, autocommit=True) as line:
        print("there", flush=True)
        sys.stdin.readline()
        begun, count = time.time(), 0
        while rows := line.execute(take).fetchall():
            line.execute(ack, [rows[0][0], [row[1] for row in rows]])
            count += len(rows)
        print(begun, time.time(), count, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
