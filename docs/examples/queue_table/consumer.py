"""An order system beside ShopComm: it takes what ShopComm tells, and tells ShopComm of its orders.

pip install "psycopg[binary]"; SYNC_URL is what `manage.py create_sync_role` printed.
"""

import json
import os
import time

import psycopg
from psycopg import sql

URL = os.environ["SYNC_URL"]


def put_order(line, message_id, order):
    """Tell ShopComm of an order. The same message_id again changes nothing, so it may be repeated after any error."""
    line.execute("SELECT sync.put(%s, %s)", [message_id, json.dumps(order)])


def handle(message_id, kind, body):
    """Your part. It may see a message twice, when it was killed before the acknowledgement: remember message_id."""
    print(message_id, kind, body["data"].get("number", ""), flush=True)


def take_all(line):
    """Take, handle and acknowledge until nothing waits. Of each order one row at a time, in order."""
    while True:
        rows = line.execute("SELECT claim, id, message_id, type, body FROM sync.take(100, 60)").fetchall()
        if not rows:
            return
        done = []
        for claim, row_id, message_id, kind, body in rows:
            try:
                handle(message_id, kind, json.loads(body))
                done.append(row_id)
            except Exception as error:
                line.execute("SELECT sync.fail(%s, %s, %s)", [claim, row_id, str(error)])
        line.execute("SELECT sync.ack(%s, %s)", [rows[0][0], done])


def main():
    while True:
        try:
            with psycopg.connect(URL, autocommit=True) as line:
                line.execute(sql.SQL("LISTEN {}").format(sql.Identifier(line.info.user)))
                while True:
                    take_all(line)
                    # Until ShopComm says that there is more; after five seconds anyway, should that be lost.
                    list(line.notifies(timeout=5, stop_after=1))
        except psycopg.OperationalError as error:
            print("the database is away:", error, flush=True)
            time.sleep(1)


if __name__ == "__main__":
    main()
