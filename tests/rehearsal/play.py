"""The rehearsal: orders live in the other system and are told over a bad line, while one thing after the other fails."""

import json
import random
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from shopcomm.core.embedded.binaries import spawn_process
from shopcomm.core.embedded.services import end_process, free_port
from shopcomm.core.embedded.supervisor import page_answers
from tests.bad_network import Line
from tests.faults.stack import Stack
from tests.faults.waiting import eventually

PROGRAM = Path(__file__).with_name("order_system.py")
OUR_ORDERS = """
SELECT external_id, status, street FROM orders_order WHERE external_id LIKE %s
"""
# Of each order how often its customer was told of each step: alone, or together with another one.
NOTICES = """
SELECT o.external_id, n.trigger, count(*) FROM messaging_notification n JOIN orders_order o ON o.id = n.order_id
WHERE o.external_id LIKE %s AND n.recipient_kind = 'customer' AND n.state IN ('sent', 'merged') GROUP BY 1, 2
"""
UNTOLD = """
SELECT count(*) FROM messaging_notification n JOIN orders_order o ON o.id = n.order_id
WHERE o.external_id LIKE %s AND n.recipient_kind = 'customer' AND n.state = 'waiting'
"""
ASKABLE = """
SELECT number, receiver_name, receiver_phone, province, city, district, street FROM orders_order o
WHERE external_id LIKE %s AND status IN ('pending_payment', 'paid')
AND NOT EXISTS (SELECT FROM orders_changerequest r WHERE r.order_id = o.id AND r.handler = 'outside')
"""
OPEN = """
SELECT count(*) FROM orders_changerequest r JOIN orders_order o ON o.id = r.order_id
WHERE o.external_id LIKE %s AND r.state = 'open'
"""
ANSWERED = """
SELECT count(*) FROM orders_changerequest r JOIN orders_order o ON o.id = r.order_id
WHERE o.external_id LIKE %s AND r.handler = 'outside' AND r.state <> 'open'
"""
ADDRESS = ("name", "phone", "province", "city", "district", "street")
CSRF = re.compile('name="csrfmiddlewaretoken" value="([^"]+)"')
ASKED_AT_ONCE = 2
PAUSED = "UPDATE integrations_connection SET state = 'paused' WHERE name = %s RETURNING 1"
CLAIMS_RUN_OUT = """
WITH due AS (UPDATE webhooks_out_webhookdelivery SET claimed_until = now() WHERE state = 'pending' RETURNING 1)
SELECT count(*) FROM due
"""
UNREAD = """
SELECT count(*) FROM events_reader WHERE state = 'active'
AND position < (SELECT max(position) FROM events_domainevent)
"""
IN_QUEUES = """
SELECT (SELECT count(*) FROM sync.sync_inbox JOIN sync.sync_role r USING (connection_id)
        WHERE r.role = %(role)s AND parked_at IS NULL)
     + (SELECT count(*) FROM sync.sync_outbox JOIN sync.sync_role r USING (connection_id)
        WHERE r.role = %(role)s AND parked_at IS NULL)
"""
UNAPPLIED = "SELECT state, count(*) FROM integrations_inboundrecord WHERE external_id LIKE %s GROUP BY 1"
# What a customer is told of an order in each status.
STEPS_TOLD = {
    "pending_payment": ("order_confirmed",),
    "paid": ("order_confirmed", "paid"),
    "picking": ("order_confirmed", "paid", "picking"),
    "shipped": ("order_confirmed", "paid", "picking", "shipped"),
    "delivered": ("order_confirmed", "paid", "picking", "shipped", "delivered"),
    "cancelled": ("order_confirmed", "cancelled"),
}


@dataclass
class Rehearsal:
    """One way, so many orders. `seed` decides what fails when."""

    stack: Stack
    way: str
    orders: int
    rate: float
    seed: int = 1
    faults: list[str] = field(default_factory=list)
    process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.random, self.prefix = random.Random(self.seed), f"R{self.way}{self.seed}"
        # As the connection, its goods and its database role are called.
        self.role = self.prefix.lower()
        self.folder = self.stack.data / f"rehearsal-{self.prefix}"
        self.folder.mkdir()
        self.port = free_port()
        # The two ways of the line: to the product and back.
        self.line = Line(self.stack.url())
        self.line_back = Line(f"127.0.0.1:{self.port}", listen_on=self.stack.ports["outside"])
        self.system = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=20)

    # --- the other system ------------------------------------------------------------------------
    @property
    def lines(self) -> tuple[Line, Line]:
        return self.line, self.line_back

    def start_system(self) -> None:
        command = [sys.executable, str(PROGRAM), str(self.folder), str(self.port)]
        self.process = spawn_process(command, self.stack.data / "order_system.log")
        eventually(lambda: page_answers(f"http://127.0.0.1:{self.port}/left"), why="the other system answers")

    def kill_system(self) -> None:
        assert self.process
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """End the other system; nobody is told anything from now on, or asked."""
        self.stack.rows(PAUSED, self.role)
        if self.way == "queue_table":
            self.stack.python("manage.py", "create_sync_role", self.role, "--drop")
        with self.stack.api() as api:
            for endpoint in api.get("webhook-endpoints/").json()["results"]:
                api.delete(f"webhook-endpoints/{endpoint['id']}/")
        if self.process:
            end_process(self.process, signal.SIGTERM, within=5)
        self.system.close()
        for line in self.lines:
            line.close()

    def join(self) -> None:
        """Join the two and have orders begin to live."""
        call = f"main({self.way!r}, {self.role!r}, '{self.line_back.url}/hook')"
        known = json.loads(self.stack.django_of("tests.rehearsal.shop", call))
        for name, value in WAYS[self.way](self, known).items():
            self.system.put(f"/{name}", json=value)
        plan = {"count": self.orders, "seed": self.seed, "sku": known["sku"], "prefix": self.prefix}
        self.system.put("/plan", json=plan)
        self.system.put("/rate", json=self.rate)

    def ask_for_changes(self) -> None:
        """Customers ask for another address on their phones; the other system has to say yes or no."""
        askable = self._rows(ASKABLE)
        for number, *address in self.random.sample(askable, k=min(ASKED_AT_ONCE, len(askable))):
            # Some are cut off: their change is asked for, or it is not.
            with suppress(httpx.HTTPError), self.stack.api() as api, httpx.Client(timeout=20) as phone:
                page = api.get(f"orders/{number}/").json()["customer_url"]
                opened = phone.get(self.stack.url() + urlsplit(page).path, follow_redirects=True)
                street, told = f"{address[-1]}改", dict(zip(ADDRESS, address, strict=True))
                form = {"kind": "address", "key": f"{number}-{street}", **told, "street": street}
                token = {"csrfmiddlewaretoken": CSRF.findall(opened.text)[0]}
                phone.post(f"{opened.url}change/", data=form | token, headers={"Referer": str(opened.url)})

    # --- what fails ------------------------------------------------------------------------------
    def fail_once(self, pause: threading.Event) -> None:
        """One thing fails for a moment and comes back."""
        name = self.random.choice(list(FAULTS))
        self.faults.append(name)
        FAULTS[name](self, pause)

    def play(self, *, faults: int, seconds_between: float, within: float) -> None:
        """From the first order to the last, with so many faults on the way; then until both are at rest."""
        pause = threading.Event()
        eventually(lambda: self._rows(ASKABLE), within, "the first orders are here")
        for _number in range(faults):
            if self._left() == {"orders": 0, "messages": 0}:
                break
            self.ask_for_changes()
            self.fail_once(pause)
            pause.wait(seconds_between)
        eventually(self._is_at_rest, within, "everything is told and applied")

    def _left(self) -> dict[str, int]:
        return dict(self.system.get("/left").json())

    def _is_at_rest(self) -> bool:
        self.stack.look_after()
        at_rest = self._left() == {"orders": 0, "messages": 0} and not self.records().get("received")
        at_rest = at_rest and self._in_queues() == 0 and self._rows(OPEN) == [(0,)]
        # What is fetched is told to nobody who could say that it has been: both agree when all of it is here.
        at_rest = at_rest and (self.way != "polling" or not self.differences())
        return at_rest and self.stack.rows(UNREAD) == [(0,)] and self._rows(UNTOLD) == [(0,)]

    def _in_queues(self) -> int:
        """Rows that wait in either direction, of a system that is joined by the database."""
        sql = IN_QUEUES.replace("%(role)s", f"'{self.role}'")
        return int(self.stack.rows(sql)[0][0])

    # --- what came of it -------------------------------------------------------------------------
    def records(self) -> dict[str, int]:
        """How many of the messages are in which state."""
        return dict(self.stack.rows(UNAPPLIED, f"{self.prefix}-%"))

    def answered(self) -> int:
        """How many changes the other system was asked for and has answered."""
        return int(self._rows(ANSWERED)[0][0])

    def differences(self) -> list[str]:
        """Orders of which the two do not say the same, each as a line."""
        theirs = {
            number: (facts["status"], facts["address"]["street"])
            for number, facts in self.system.get("/all").json().items()
        }
        ours = {number.split(":")[-1]: (status, street) for number, status, street in self._rows(OUR_ORDERS)}
        return [
            f"{number}: {theirs.get(number)} there, {ours.get(number)} here"
            for number in sorted(theirs.keys() | ours.keys())
            if theirs.get(number) != ours.get(number)
        ]

    def wrongly_told(self) -> list[str]:
        """Steps that an order went and of which its customer was told never or twice, each as a line."""
        counts = {(number.split(":")[-1], trigger): count for number, trigger, count in self._rows(NOTICES)}
        return [
            f"{number} {step}: {counts.get((number, step), 0)} times"
            for number, facts in self.system.get("/all").json().items()
            for step in STEPS_TOLD[facts["status"]]
            if counts.get((number, step)) != 1
        ]

    def _rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.stack.rows(sql, f"%{self.prefix}-%")


# --- faults ---------------------------------------------------------------------------------------
def _system_killed(play: Rehearsal, _pause: threading.Event) -> None:
    play.kill_system()
    play.start_system()


def _worker_killed(play: Rehearsal, _pause: threading.Event) -> None:
    play.stack.kill("worker")
    # As if the minute were over that it had for the webhooks in its hands.
    play.stack.rows(CLAIMS_RUN_OUT)
    play.stack.start_worker()


def _valkey_killed(play: Rehearsal, _pause: threading.Event) -> None:
    play.stack.kill_valkey()
    play.stack.start_valkey()


def _postgres_crashes(play: Rehearsal, _pause: threading.Event) -> None:
    play.stack.crash_postgres()
    play.stack.start_postgres()


def _line_cut(play: Rehearsal, pause: threading.Event) -> None:
    for line in play.lines:
        line.cut()
    pause.wait(0.5)
    for line in play.lines:
        line.mend()


def _answers_lost(play: Rehearsal, pause: threading.Event) -> None:
    for line in play.lines:
        line.cut_answers()
    pause.wait(0.5)
    for line in play.lines:
        line.mend()


def _line_reset(play: Rehearsal, _pause: threading.Event) -> None:
    for line in play.lines:
        line.drop()


def _line_slow(play: Rehearsal, pause: threading.Event) -> None:
    for line in play.lines:
        line.delay = 0.3
    pause.wait(1)
    for line in play.lines:
        line.delay = 0


FAULTS: dict[str, Callable[[Rehearsal, threading.Event], None]] = {
    "the other system is killed": _system_killed,
    "the worker is killed": _worker_killed,
    "Valkey is killed": _valkey_killed,
    "PostgreSQL crashes": _postgres_crashes,
    "the line is cut": _line_cut,
    "answers are lost": _answers_lost,
    "the line is reset": _line_reset,
    "the line is slow": _line_slow,
}


# --- ways -----------------------------------------------------------------------------------------
def _webhook(play: Rehearsal, known: dict[str, str]) -> dict[str, Any]:
    url = f"{play.line.url}/api/v1/inbound/orders/"
    teller = {"kind": "webhook", "settings": {"url": url, "secret": known["secret"]}}
    return {"teller": teller, "hook_secret": known["hook_secret"]}


def _queue_table(play: Rehearsal, known: dict[str, str]) -> dict[str, Any]:
    """The line leads to the database, whose server has a socket alone."""
    role = urlsplit(known["url"])
    asked = parse_qs(role.query)
    play.line.close()
    play.line = Line(f"{asked['host'][0]}/.s.PGSQL.{asked['port'][0]}")
    near = urlsplit(play.line.url).netloc
    url = f"postgresql://{role.username}:{role.password}@{near}{role.path}"
    return {"teller": {"kind": "queue_table", "settings": {"url": url}}, "queue": url}


def _polling(play: Rehearsal, known: dict[str, str]) -> dict[str, Any]:
    """The product comes for the orders; what it says goes by webhook."""
    settings = {"url": play.line.url, "key": play.stack.cast["api_key"]}
    return {"teller": {"kind": "polling", "settings": settings}, "hook_secret": known["hook_secret"]}


# What the other system has to know, by the way in which it is joined.
WAYS: dict[str, Callable[[Rehearsal, dict[str, str]], dict[str, Any]]] = {
    "webhook": _webhook,
    "queue_table": _queue_table,
    "polling": _polling,
}
