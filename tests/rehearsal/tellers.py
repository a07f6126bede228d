"""The ways over which the other order system tells of its orders. Each is a context and says of a message if it was taken."""

from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

import httpx
import psycopg
from standardwebhooks import Webhook

SECONDS = 5


@dataclass(frozen=True)
class Told:
    """A message: its place, its id, the order it is about, and its text."""

    seq: int
    message_id: str
    order_id: str
    body: str


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


TELLERS = {"webhook": WebhookTeller, "queue": QueueTeller}
