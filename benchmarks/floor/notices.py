"""The floor of the drain: as many rows of the same shape by bare psycopg, five hundred to a statement."""

import os
import time
import uuid

import psycopg

TABLE = """
DROP TABLE IF EXISTS floor_notice;
CREATE TABLE floor_notice (LIKE messaging_message INCLUDING ALL);
"""
COLUMNS = "seq, public_prev, kind, body, sender_kind, sender_id, sender_name, client_id, internal, data, created_at, conversation_id"
ROW = "(1, 0, 'event', %s, 'system', 0, '', %s, false, '{}', now(), %s)"
BATCH = 500


def insert_messages(count: int) -> float:
    """Seconds to write so many messages."""
    body = "吴丽华，订单 DRAIN-0000001 已收到付款 ¥398.00，我们会尽快配货。"
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(TABLE)
        started = time.perf_counter()
        for first in range(0, count, BATCH):
            rows = range(first, min(first + BATCH, count))
            values = [value for row in rows for value in (body, uuid.uuid4(), row)]
            connection.execute(
                f"INSERT INTO floor_notice ({COLUMNS}) VALUES {', '.join([ROW] * len(rows))}", values
            )
        return time.perf_counter() - started
