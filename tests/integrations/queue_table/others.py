"""Another program, which has nothing but a URL: it logs in as its role and calls the functions."""

import json
from dataclasses import dataclass, field
from typing import Any

import psycopg
from django.db import connection
from psycopg.rows import namedtuple_row

from orders.events import StockLow
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.events.models import DomainEvent
from shopcomm.core.events.publish import publish
from shopcomm.edge.integrations.models import Connection
from shopcomm.edge.integrations.queue_table.services.roles import create_sync_role, role_exists


@dataclass
class Other:
    """One of them, with its lines to the database."""

    connection: Connection
    role: str
    url: str
    lines: list[psycopg.Connection[Any]] = field(default_factory=list)

    def line(self) -> psycopg.Connection[Any]:
        """A connection of its own, each statement committed."""
        self.lines.append(psycopg.connect(self.url, autocommit=True, row_factory=namedtuple_row))
        return self.lines[-1]

    def ask(self, sql: str, *values: Any) -> list[Any]:
        """The rows of one statement."""
        line = self.lines[0] if self.lines and not self.lines[0].closed else self.line()
        return line.execute(sql, values).fetchall()

    def put(self, message_id: str, body: Any) -> int | None:
        text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
        return self.ask("SELECT sync.put(%s, %s)", message_id, text)[0][0]

    def take(self, most: int = 10, seconds: int = 60) -> list[Any]:
        return self.ask("SELECT * FROM sync.take(%s, %s)", most, seconds)

    def ack(self, rows: list[Any]) -> int:
        """Acknowledge rows, all of one claim."""
        return self.ask("SELECT sync.ack(%s, %s)", rows[0].claim, [row.id for row in rows])[0][0]

    def fail(self, row: Any, reason: str = "no", retry_in: str | None = None) -> str | None:
        return self.ask("SELECT sync.fail(%s, %s, %s, %s)", row.claim, row.id, reason, retry_in)[0][0]

    def leave(self) -> None:
        for line in self.lines:
            line.close()


def join_queue(name: str) -> Other:
    """A new role with its queue. Roles are the server's: the databases of other workers of the suite have their own."""
    own = f"{name}_{connection.settings_dict['NAME']}".lower()
    drop_leftover(own)
    made, url = create_sync_role(own)
    return Other(made, own, url)


def drop_leftover(name: str) -> None:
    """A role that a run which was killed has left."""
    if role_exists(name):
        run_sql(f'DROP OWNED BY "{name}"; DROP ROLE "{name}"')


def run_sql(sql: str, *values: Any) -> list[Any]:
    """As the shop itself, which owns the tables."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall() if cursor.description else []


def offer(other: Other, *rows: tuple[str, str]) -> None:
    """Rows of the outbox, each a message and the order (or whatever) it must not be overtaken in."""
    for message_id, stream in rows:
        run_sql(
            "INSERT INTO sync.sync_outbox (connection_id, message_id, type, stream, body) VALUES (%s, %s, 'order.paid', %s, %s)",
            other.connection.pk,
            message_id,
            stream,
            json.dumps({"message": message_id}),
        )


def say_stock_is_low(sku: str = "DJX-20-BLK") -> DomainEvent:
    """An event without an order, committed with its transaction."""
    return publish(StockLow(sku=sku, available=3, threshold=10), actor=Actor.system())
