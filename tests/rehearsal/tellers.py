"""The ways over which the other order system tells of its orders. Each is a context and says of a message if it was taken."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Protocol, Self

import httpx
import psycopg
from psycopg import sql
from standardwebhooks import Webhook

SECONDS = 5


@dataclass(frozen=True)
class Told:
    """A message: its place, its id, the order it is about, and its text."""

    seq: int
    message_id: str
    order_id: str
    body: str


class Teller(Protocol):
    """One way. False: not taken, and to be told again."""

    def tell(self, told: Told) -> bool: ...


class WebhookTeller:
    """Signed as Standard Webhooks says; whatever is no success is told again."""

    def __init__(self, url: str, secret: str) -> None:
        self.url, self.webhook = url, Webhook(secret)

    def __enter__(self) -> Self:
        self.client = httpx.Client(timeout=SECONDS)
        return self

    def __exit__(self, *_error: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.client.close()

    def tell(self, told: Told) -> bool:
        at = datetime.now(UTC)
        headers = {
            "content-type": "application/json",
            "webhook-id": told.message_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": self.webhook.sign(told.message_id, at, told.body),
        }
        try:
            answer = self.client.post(self.url, content=told.body.encode(), headers=headers)
        except httpx.HTTPError:
            return False
        return answer.is_success


class QueueTeller:
    """Puts into a shared queue; whatever was not answered is put again."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.line: psycopg.Connection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: type[BaseException] | BaseException | TracebackType | None) -> None:
        if self.line:
            self.line.close()

    def tell(self, told: Told) -> bool:
        try:
            self.line = self.line or psycopg.connect(self.url, autocommit=True, connect_timeout=SECONDS)
            self.line.execute("SELECT sync.put(%s, %s)", [told.message_id, told.body])
        except psycopg.Error:
            return False
        return True


class ApiTeller:
    """Its orders are fetched; what it answers to a change it says over the API."""

    def __init__(self, url: str, key: str) -> None:
        self.url, self.key = url, key

    def __enter__(self) -> Self:
        headers = {"Authorization": f"Bearer {self.key}"}
        self.client = httpx.Client(base_url=self.url, headers=headers, timeout=SECONDS)
        return self

    def __exit__(self, *_error: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.client.close()

    def tell(self, told: Told) -> bool:
        body = json.loads(told.body)
        if body.get("type") != "order.change_answered":
            return True
        said = body["data"]
        path = f"/api/v1/orders/{said['number']}/changes/{said['request']}/answer/"
        answer = {"accepted": said["accepted"], "reason": said["reason"]}
        try:
            done = self.client.post(path, json=answer, headers={"Idempotency-Key": told.message_id})
        except httpx.HTTPError:
            return False
        # What contradicts is kept there, for a person.
        return done.is_success or done.status_code == httpx.codes.CONFLICT


def take_from_queue(line: psycopg.Connection, handle: Callable[[str, dict[str, Any]], None]) -> None:
    """Take, handle and acknowledge what waits, until the line breaks."""
    while True:
        rows = line.execute("SELECT claim, id, message_id, body FROM sync.take(20, 5)").fetchall()
        for claim, row_id, message_id, body in rows:
            handle(message_id, json.loads(body))
            line.execute("SELECT sync.ack(%s, %s)", [claim, [row_id]])
        if not rows:
            line.execute(sql.SQL("LISTEN {}").format(sql.Identifier(line.info.user)))
            list(line.notifies(timeout=1, stop_after=1))


TELLERS = {"webhook": WebhookTeller, "queue_table": QueueTeller, "polling": ApiTeller}
