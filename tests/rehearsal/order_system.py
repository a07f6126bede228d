"""Another order system: a program and a database of its own that knows nothing of the product but its public ways in.

    python order_system.py FOLDER PORT

Orders live through plans (placed, a new address, paid, picked, shipped, signed, or cancelled). Each step is written
together with the message that tells of it, so a process that is killed goes on where it was. What it tells over is
a `Teller`, set by `PUT /teller`; what it hears of the product it decides and answers.
"""

import json
import random
import signal
import sqlite3
import sys
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zlib import crc32

import psycopg
from standardwebhooks import Webhook

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.rehearsal.tellers import TELLERS, Teller, Told, take_from_queue  # noqa: E402

TABLES = """
CREATE TABLE IF NOT EXISTS orders (
    id TEXT PRIMARY KEY, facts TEXT NOT NULL, plan TEXT NOT NULL, version INTEGER NOT NULL, updated REAL NOT NULL);
CREATE INDEX IF NOT EXISTS orders_by_time ON orders (updated, id);
CREATE TABLE IF NOT EXISTS messages (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL, order_id TEXT NOT NULL, body TEXT NOT NULL, told INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS messages_untold ON messages (seq) WHERE told = 0;
CREATE TABLE IF NOT EXISTS heard (id TEXT PRIMARY KEY, type TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
PLANS = (
    ("paid", "picking", "shipped", "delivered"),
    ("address", "paid", "address", "picking", "shipped", "delivered"),
    ("paid", "picking", "shipped"),
    ("address", "paid"),
    ("cancelled",),
)
STREETS = ("机场路 88 号", "解放北路 1 号", "三元里大道 217 号", "站前路 93 号", "梓元岗 2 座 318")
CHANGEABLE = ("pending_payment", "paid", "picking")
TELLING_THREADS, AT_ONCE, PAUSE = 4, 20, 0.1
TOLD_TWICE = 0.1


class OrderSystem:
    """The orders, in SQLite. Every thread has a connection of its own."""

    def __init__(self, folder: Path) -> None:
        self.path, self.random = folder / "orders.sqlite3", random.Random()
        base = sqlite3.connect(self.path)
        base.execute("PRAGMA journal_mode=WAL")
        base.executescript(TABLES)
        base.close()

    @contextmanager
    def database(self) -> Iterator[sqlite3.Connection]:
        """A connection and a transaction: committed at the end, taken back by an error."""
        base = sqlite3.connect(self.path, timeout=30, isolation_level=None)
        try:
            base.execute("BEGIN IMMEDIATE")
            yield base
            base.execute("COMMIT")
        finally:
            base.close()

    def setting(self, name: str) -> Any:
        with self.database() as base:
            found = base.execute("SELECT value FROM settings WHERE name = ?", [name]).fetchone()
        return json.loads(found[0]) if found else None

    def keep_setting(self, name: str, value: Any) -> None:
        with self.database() as base:
            base.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", [name, json.dumps(value)])

    # --- orders ----------------------------------------------------------------------------------
    def plan_orders(self, count: int, seed: int, sku: str, prefix: str) -> None:
        """So many orders, each with a plan. Planned again with the same prefix nothing is added."""
        chance = random.Random(seed)
        with self.database() as base:
            for number in range(count):
                facts = _new_order(chance, f"{prefix}-{number}", sku, number)
                row = [facts["external_id"], json.dumps(facts), json.dumps(["placed", *chance.choice(PLANS)])]
                base.execute("INSERT OR IGNORE INTO orders VALUES (?, ?, ?, 0, 0)", row)

    def step(self) -> bool:
        """Any order that is not at its end goes one step on. False where none is left."""
        with self.database() as base:
            rows = base.execute("SELECT id, facts, plan FROM orders WHERE plan <> '[]' LIMIT 200").fetchall()
            if not rows:
                return False
            number, facts, plan = self.random.choice(rows)
            step, *rest = json.loads(plan)
            self._write(base, number, _after(json.loads(facts), step, self.random), rest)
        return True

    # --- hearing ---------------------------------------------------------------------------------
    def hear(self, message_id: str, body: dict[str, Any]) -> None:
        """What happened in the product. A change that is asked for is decided and answered, once however often it is heard."""
        with self.database() as base:
            known = base.execute("INSERT OR IGNORE INTO heard VALUES (?, ?)", [message_id, body["type"]])
            command = body["data"].get("command")
            if known.rowcount and body["type"] == "order.change_requested" and command:
                self._decide(base, command)

    def _decide(self, base: sqlite3.Connection, command: dict[str, Any]) -> None:
        """Another address is taken until the parcel has left; nothing else ever."""
        number = command["external_id"]
        facts, plan = base.execute("SELECT facts, plan FROM orders WHERE id = ?", [number]).fetchone()
        known = json.loads(facts)
        accepted = command["kind"] == "address" and known["status"] in CHANGEABLE
        if accepted:
            # Of an address only what is otherwise may be told.
            address = known["address"] | command["data"]["address"]
            self._write(base, number, known | {"address": address}, json.loads(plan))
        answer = {
            "request": command["request"],
            "accepted": accepted,
            "reason": "" if accepted else "已经发货",
        }
        # By which it is known there, and here.
        answer |= {"external_id": number, "number": command["order"]}
        at = datetime.now(UTC).isoformat()
        self._tell(base, number, {"type": "order.change_answered", "timestamp": at, "data": answer})

    def _write(self, base: sqlite3.Connection, number: str, facts: dict[str, Any], plan: list[str]) -> None:
        now = datetime.now(UTC)
        told = facts | {"occurred_at": now.isoformat(), "version": facts.get("version", 0) + 1}
        base.execute(
            "UPDATE orders SET facts = ?, plan = ?, version = ?, updated = ? WHERE id = ?",
            [json.dumps(told), json.dumps(plan), told["version"], now.timestamp(), number],
        )
        self._tell(base, number, told)

    def _tell(self, base: sqlite3.Connection, number: str, body: dict[str, Any]) -> None:
        row = [f"msg_{uuid.uuid4().hex}", number, json.dumps(body, ensure_ascii=False)]
        base.execute("INSERT INTO messages (id, order_id, body) VALUES (?, ?, ?)", row)

    # --- telling ---------------------------------------------------------------------------------
    def untold(self) -> list[Told]:
        """Messages that nobody has taken yet, in no order."""
        with self.database() as base:
            rows = base.execute("SELECT seq, id, order_id, body FROM messages WHERE told = 0 LIMIT 200")
            found = [Told(*row) for row in rows]
        self.random.shuffle(found)
        return found[:AT_ONCE]

    def note_told(self, told: Told) -> None:
        with self.database() as base:
            base.execute("UPDATE messages SET told = 1 WHERE seq = ?", [told.seq])

    # --- reading ---------------------------------------------------------------------------------
    def page(self, since: float, number: int, size: int) -> list[dict[str, Any]]:
        """A page of the orders that changed at this moment (seconds since 1970) or later, the longest unchanged first."""
        sql = "SELECT facts FROM orders WHERE version > 0 AND updated >= ? ORDER BY updated, id LIMIT ? OFFSET ?"
        with self.database() as base:
            rows = base.execute(sql, [since, size, (number - 1) * size]).fetchall()
        return [json.loads(facts) for (facts,) in rows]

    def everything(self) -> dict[str, dict[str, Any]]:
        with self.database() as base:
            rows = base.execute("SELECT id, facts FROM orders").fetchall()
        return {number: json.loads(facts) for number, facts in rows}

    def left(self) -> dict[str, int]:
        """How many orders are not at their end, and how many messages nobody has taken."""
        with self.database() as base:
            (orders,) = base.execute("SELECT count(*) FROM orders WHERE plan <> '[]'").fetchone()
            (messages,) = base.execute("SELECT count(*) FROM messages WHERE told = 0").fetchone()
        return {"orders": orders, "messages": messages}


def _new_order(chance: random.Random, number: str, sku: str, place: int) -> dict[str, Any]:
    phone = f"139{place:08d}"
    return {
        "external_id": number,
        "status": "pending_payment",
        "source": "web",
        "customer": {"name": f"客户{place}", "phone": phone},
        "items": [{"sku": sku, "quantity": 1}],
        "address": {
            "name": f"客户{place}",
            "phone": phone,
            "province": "广东省",
            "city": "广州市",
            "district": "白云区",
            "street": chance.choice(STREETS),
        },
    }


def _after(facts: dict[str, Any], step: str, chance: random.Random) -> dict[str, Any]:
    """An order after a step of its plan."""
    if step == "placed":
        return facts
    if step == "address":
        return facts | {"address": facts["address"] | {"street": f"{chance.choice(STREETS)}乙"}}
    if step == "shipped":
        parcel = {"carrier": "zhongtong", "tracking_number": f"78{crc32(facts['external_id'].encode()):010d}"}
        return facts | {"status": step, "shipments": [parcel]}
    return facts | {"status": step}


# --- the program ----------------------------------------------------------------------------------
def live(system: OrderSystem, stopped: threading.Event) -> None:
    """Have orders go on, so many steps a second as it was told."""
    pause = PAUSE
    while not stopped.wait(pause):
        rate = system.setting("rate")
        pause = 1 / rate if rate and system.step() else PAUSE


def tell(system: OrderSystem, stopped: threading.Event) -> None:
    """Tell what nobody has taken yet, until it is taken."""
    while not stopped.wait(PAUSE):
        if known := system.setting("teller"):
            with TELLERS[known["kind"]](**known["settings"]) as teller:
                tell_untold(system, teller)


def tell_untold(system: OrderSystem, teller: Teller) -> None:
    """Tell message by message, some of them twice, until none is left or one is not taken."""
    while batch := system.untold():
        for told in batch:
            if not teller.tell(told):
                return
            system.note_told(told)
            if system.random.random() < TOLD_TWICE:
                teller.tell(told)


def listen(system: OrderSystem, stopped: threading.Event) -> None:
    """Take what the product has put into the queue for this system."""
    while not stopped.wait(PAUSE):
        if url := system.setting("queue"):
            with suppress(psycopg.Error), psycopg.connect(url, autocommit=True) as line:
                take_from_queue(line, system.hear)


def handler_of(system: OrderSystem) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            address = urlsplit(self.path)
            asked = {name: values[0] for name, values in parse_qs(address.query).items()}
            if address.path == "/orders":
                since, number, size = float(asked.get("since", 0)), int(asked["page"]), int(asked["size"])
                return self._answer({"orders": system.page(since, number, size)})
            return self._answer({"/left": system.left, "/all": system.everything}[address.path]())

        def do_POST(self) -> None:
            """A webhook of the product."""
            raw = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = Webhook(system.setting("hook_secret")).verify(raw, headers)
            system.hear(headers["webhook-id"], body)
            self._answer({})

        def do_PUT(self) -> None:
            given = self._body()
            if self.path == "/plan":
                system.plan_orders(**given)
            else:
                system.keep_setting(self.path.strip("/"), given)
            self._answer({})

        def _body(self) -> Any:
            return json.loads(self.rfile.read(int(self.headers.get("content-length", 0))))

        def _answer(self, told: Any) -> None:
            body = json.dumps(told, ensure_ascii=False).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_words: object) -> None:
            pass

    return Handler


def main() -> None:
    """Until SIGTERM."""
    folder, port = Path(sys.argv[1]), int(sys.argv[2])
    system, stopped = OrderSystem(folder), threading.Event()
    signal.signal(signal.SIGTERM, lambda *_signal: stopped.set())
    server = ThreadingHTTPServer(("127.0.0.1", port), handler_of(system))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for work in (live, listen, *[tell] * TELLING_THREADS):
        threading.Thread(target=work, args=[system, stopped], daemon=True).start()
    stopped.wait()
    server.shutdown()


if __name__ == "__main__":
    main()
