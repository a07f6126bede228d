"""The courier of a worker: it claims what is due, has it sent in threads, and writes down what came of it.

One thread of a process has the database; the calls, which may hang, have none. So an endpoint that does not answer holds
its own places and nobody else's, and no worker waits for it. A courier that is killed leaves claims that run out.
"""

import logging
from collections import Counter, defaultdict, deque
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from uuid import uuid4

from django.db import connection
from django.utils import timezone

from shopcomm.edge.integrations.webhooks_out.models import WebhookDelivery
from shopcomm.edge.integrations.webhooks_out.services.calling import Attempted, attempt_delivery
from shopcomm.edge.integrations.webhooks_out.services.claims import (
    LEFT_FOR_A_CALL,
    claim_deliveries,
    endpoints_with_due_deliveries,
    give_back,
)
from shopcomm.edge.integrations.webhooks_out.services.outcomes import record_attempts

log = logging.getLogger(__name__)
# So many calls at once in one process, and to one endpoint.
AT_ONCE, PLACES, PLACES_WHILE_FAILING = 200, 4, 1
# So many claimed deliveries a process has in hand at most.
IN_HAND = 2000
# So many outcomes are written down together, or what there is when nothing more has ended for a moment.
TOGETHER, MOMENT_SECONDS = 50, 0.05


class Courier:
    """Sends what is due until nothing is, and nothing is under way. Woken, it looks again at once."""

    def __init__(self) -> None:
        self._id = uuid4()
        # Claimed deliveries that are not begun, and how many calls are under way, by endpoint.
        self._held: dict[int, deque[WebhookDelivery]] = defaultdict(deque)
        self._open: Counter[int] = Counter()
        self._ailing: set[int] = set()
        # Held for so long that their claims are about to run out.
        self._stale: list[WebhookDelivery] = []
        # What the threads are to send, None for one to end, and how many threads there are.
        self._jobs: SimpleQueue[WebhookDelivery | None] = SimpleQueue()
        self._threads = 0
        # What has ended and is not written down yet.
        self._ended: list[Attempted] = []
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
        try:
            self._claim()
            while self._open.total() or self.has_news:
                if self._hear():
                    self._record()
                    self._claim()
                for endpoint_id in self._held:
                    self._begin_calls(endpoint_id)
        finally:
            for _thread in range(self._threads):
                self._jobs.put(None)
            self._threads = 0

    def _claim(self) -> None:
        if self._stale:
            give_back(self._id, self._stale)
            self._stale = []
        for endpoint_id in endpoints_with_due_deliveries(timezone.now()):
            room = IN_HAND - sum(map(len, self._held.values()))
            self._held[endpoint_id].extend(claim_deliveries(endpoint_id, self._id, room))
            self._begin_calls(endpoint_id)

    def _begin_calls(self, endpoint_id: int) -> None:
        """Begin what has a place."""
        latest, held = timezone.now() + LEFT_FOR_A_CALL, self._held[endpoint_id]
        places = PLACES_WHILE_FAILING if endpoint_id in self._ailing else PLACES
        while held and self._open[endpoint_id] < places and self._open.total() < AT_ONCE:
            delivery = held.popleft()
            if delivery.claimed_until and delivery.claimed_until >= latest:
                self._open[endpoint_id] += 1
                self._call(delivery)
            else:
                self._stale.append(delivery)

    def _call(self, delivery: WebhookDelivery) -> None:
        """Have a thread send it: a new one only where all are busy, since starting one takes longer than most calls."""
        self._jobs.put(delivery)
        if self._threads < self._open.total():
            self._threads += 1
            Thread(target=self._send_all, name="webhook calls", daemon=True).start()

    def _send_all(self) -> None:
        while (delivery := self._jobs.get()) is not None:
            self._news.put(attempt_delivery(delivery))

    def _hear(self) -> bool:
        """Wait for what ends. Returns whether it is time to write down and to look for more."""
        try:
            news = [self._news.get(timeout=MOMENT_SECONDS if self._ended else None)]
        except Empty:
            return True
        with suppress(Empty):
            while True:
                news.append(self._news.get_nowait())
        for each in news:
            if each is not None:
                self._note(each)
        if any(not each.verdict.taken for each in self._ended):
            # It may have asked to be left alone.
            return True
        served = {each.delivery.endpoint_id for each in self._ended}
        done = any(not self._open[endpoint_id] and not self._held[endpoint_id] for endpoint_id in served)
        return None in news or done or len(self._ended) >= TOGETHER

    def _note(self, ended: Attempted) -> None:
        endpoint_id = ended.delivery.endpoint_id
        self._open[endpoint_id] -= 1
        self._ended.append(ended)
        if ended.verdict.taken or ended.verdict.aborted:
            self._ailing.discard(endpoint_id)
        else:
            self._ailing.add(endpoint_id)

    def _record(self) -> None:
        by_endpoint: dict[int, list[Attempted]] = defaultdict(list)
        for each in self._ended:
            by_endpoint[each.delivery.endpoint_id].append(each)
        self._ended = []
        for endpoint_id, made in by_endpoint.items():
            if not record_attempts(endpoint_id, made):
                give_back(self._id, self._held.pop(endpoint_id, ()))


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
