"""`/metrics` for Prometheus: how the shop's work stands. Every process answers the same, since all of it is asked of the
database and of Redis when somebody looks."""

import logging
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from secrets import compare_digest
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.registry import Collector
from redis.exceptions import RedisError

from messaging.consumers.open_sockets import open_sockets, short_redis
from messaging.selectors.outcomes import delivery_outcomes, notice_outcomes, overdue_notices
from shopcomm.core.accounts.rights import role_may
from shopcomm.core.events.lags import reader_lags, unhandled_events
from shopcomm.core.http.errors import permission_denied

log = logging.getLogger(__name__)
PATH = "/metrics"
OUTCOMES_OF = timedelta(days=1)
# The one queue of Celery, as its transport names it.
TASK_QUEUE = "celery"
Samples = Iterable[tuple[tuple[str, ...], float]]


class MetricsMiddleware:
    """Answers a probe that shows the token before anything asks for the host's name: like those of /healthz it calls a
    process by its address."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info == PATH and shows_token(request):
            return require_safe(metrics_answer)(request)
        return self.get_response(request)


def shows_token(request: HttpRequest) -> bool:
    """Whether a request carries METRICS_TOKEN. Without one set nothing does."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    wanted = settings.METRICS_TOKEN
    return bool(wanted) and scheme.lower() == "bearer" and compare_digest(given.encode(), wanted.encode())


@require_safe
def metrics_page(request: HttpRequest) -> HttpResponse:
    """The same for a manager who looks; a probe without the token gets the 403, and no page to log in at."""
    if not (request.user.is_authenticated and role_may(request.user.role, "admin")):
        return permission_denied(request)
    return metrics_answer(request)


def metrics_answer(request: HttpRequest) -> HttpResponse:
    """All figures in the form that the reader asks for: Prometheus' own text, or OpenMetrics."""
    registry = CollectorRegistry()
    registry.register(ShopCollector())
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return HttpResponse(encode(registry), content_type=content_type)


class ShopCollector(Collector):
    """Reads the figures each time they are asked for."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Gauges alone: what is counted is rows, which go by age."""
        yield from _readers()
        yield from _notices()
        try:
            yield from _redis()
        except (RedisError, OSError):
            # /readyz says so; what the database knows is told all the same.
            log.warning("redis does not answer: no figures of sockets and tasks")


def _readers() -> Iterator[GaugeMetricFamily]:
    lags = reader_lags(timezone.now())
    yield _gauge(
        "shopcomm_reader_lag_events",
        "Committed events that a reader of the log has not seen yet.",
        ("reader",),
        [((lag.reader,), lag.events) for lag in lags],
    )
    yield _gauge(
        "shopcomm_reader_lag_seconds",
        "For how long the oldest of them has waited.",
        ("reader",),
        [((lag.reader,), lag.seconds) for lag in lags],
    )
    unhandled = unhandled_events()
    yield _gauge(
        "shopcomm_dead_letters",
        "Events that a reader could not handle: tried again by themselves, kept back behind one, or left to a manager.",
        ("reader", "state"),
        [
            ((lag.reader, state), unhandled.get((lag.reader, state), 0))
            for lag in lags
            for state in ("retrying", "kept_back", "given_up")
        ],
    )


def _notices() -> Iterator[GaugeMetricFamily]:
    now = timezone.now()
    since, overdue = now - OUTCOMES_OF, overdue_notices(now)
    yield _gauge(
        "shopcomm_notices_last_day",
        "Notices decided in the last 24 hours, by what became of them.",
        ("outcome",),
        [((state,), count) for state, count in notice_outcomes(since).items()],
    )
    yield _gauge(
        "shopcomm_deliveries_last_day",
        "Their ways through channels outside the product, by channel and outcome.",
        ("channel", "outcome"),
        delivery_outcomes(since).items(),
    )
    yield _gauge("shopcomm_notices_overdue", "Notices whose moment has come.", (), [((), overdue.count)])
    yield _gauge(
        "shopcomm_notices_overdue_seconds",
        "For how long the oldest of them has waited.",
        (),
        [((), overdue.seconds)],
    )


def _redis() -> Iterator[GaugeMetricFamily]:
    yield _gauge(
        "shopcomm_open_sockets",
        "Open sockets of all web processes, as of half a minute ago at most.",
        ("visitor",),
        [((kind,), count) for kind, count in open_sockets().items()],
    )
    with short_redis() as redis:
        # redis-py types every answer as one that may have to be awaited.
        waiting: Any = redis.llen(f"{settings.REDIS_PREFIX}:{TASK_QUEUE}")
    yield _gauge("shopcomm_tasks_waiting", "Tasks that no worker has taken yet.", (), [((), waiting)])


def _gauge(name: str, text: str, labels: tuple[str, ...], samples: Samples) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=labels)
    for values, figure in samples:
        family.add_metric(values, figure)
    return family
