"""The courier of a worker: it claims what is due, has it sent in threads, and writes down what came of it.

One thread of a process has the database; the calls, which may hang, have none. So an endpoint that does not answer holds
its own places and nobody else's, and no worker waits for it. A courier that is killed leaves claims that run out.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable
from queue import Empty, SimpleQueue
from threading import Lock, Thread

from django.db import connection
from django.utils import timezone

from shopcomm.edge.integrations.webhooks_out.models import WebhookDelivery
from shopcomm.edge.integrations.webhooks_out.services.calling import Attempted, attempt_delivery
from shopcomm.edge.integrations.webhooks_out.services.claims import (
    claim_deliveries,
    endpoints_with_due_deliveries,
)
from shopcomm.edge.integrations.webhooks_out.services.outcomes import record_attempts

log = logging.getLogger(__name__)
# So many calls at once in one process.
AT_ONCE = 200


class Courier:
    """Sends what is due until nothing is, and nothing is under way. Woken, it looks again at once."""

    def __init__(self) -> None:
        self._open = 0
        # Attempts that have ended; None says that there is something new.
        self._news: SimpleQueue[Attempted | None] = SimpleQueue()

    def look_again(self) -> None:
        """Have it see what has become due. From any thread."""
        self._news.put(None)

    @property
    def has_news(self) -> bool:
        """Whether it was woken and has not looked yet."""
        return not self._news.empty()

    def run_until_idle(self) -> None:
        """Serve every endpoint. The caller's thread has the database."""
        self._begin_calls()
        while self._open or self.has_news:
            self._record(self._next_news())
            self._begin_calls()

    def _begin_calls(self) -> None:
        for endpoint_id in endpoints_with_due_deliveries(timezone.now()):
            for delivery in claim_deliveries(endpoint_id, AT_ONCE - self._open):
                self._open += 1
                Thread(target=self._send, args=(delivery,), name="webhook call", daemon=True).start()

    def _send(self, delivery: WebhookDelivery) -> None:
        self._news.put(attempt_delivery(delivery))

    def _next_news(self) -> list[Attempted]:
        """Everything that has ended by now; waits for the first."""
        news = [self._news.get()]
        while True:
            try:
                news.append(self._news.get_nowait())
            except Empty:
                break
        ended = [each for each in news if each is not None]
        self._open -= len(ended)
        return ended

    def _record(self, ended: Iterable[Attempted]) -> None:
        by_endpoint: dict[int, list[Attempted]] = defaultdict(list)
        for each in ended:
            by_endpoint[each.delivery.endpoint_id].append(each)
        for endpoint_id, made in by_endpoint.items():
            record_attempts(endpoint_id, made)


class CourierOfProcess:
    """The one courier of this process, in a thread of its own while there is something to do."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._courier: Courier | None = None

    def serve(self) -> None:
        """Have it see what is due, now. Returns at once."""
        with self._lock:
            if self._courier is not None:
                self._courier.look_again()
                return
            self._courier = Courier()
            Thread(target=self._run, args=(self._courier,), name="webhook courier", daemon=True).start()

    def _run(self, courier: Courier) -> None:
        try:
            while True:
                courier.run_until_idle()
                with self._lock:
                    # Whoever asks from here on finds no courier and starts one.
                    if not courier.has_news:
                        self._courier = None
                        return
        except Exception:
            # A thread has nobody to tell; the next sweep begins again, and its claims run out.
            log.exception("the courier of webhooks stopped")
            with self._lock:
                self._courier = None
        finally:
            connection.close()


_of_process = CourierOfProcess()


def serve_webhooks() -> None:
    """Send everything that is due, in the background of this process."""
    if endpoints_with_due_deliveries(timezone.now()):
        _of_process.serve()
