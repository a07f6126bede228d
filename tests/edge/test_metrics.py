"""What a probe reads of the shop's work, and who may read it."""

import json
import time
from datetime import timedelta
from uuid import uuid4

import pytest
from asgiref.sync import async_to_sync
from celery import current_app
from django.conf import settings as shop
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families
from redis import Redis

from messaging.consumers.open_sockets import OpenSockets, open_sockets
from messaging.handlers import plan_notifications
from messaging.models import Notification, NotificationRule
from messaging.services.notifications.rules import ensure_default_rules
from orders.events import OrderUrged
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.events.lags import ReaderLag, reader_lags
from shopcomm.core.events.models import DeadLetter, DomainEvent, HeldEvent, Reader
from shopcomm.core.events.positions import position_new_events
from shopcomm.core.events.publish import event_row
from shopcomm.core.events.readers import HANDLER, add_reader
from shopcomm.core.events.relay import relay

TOKEN = "token-of-the-probe"
PROBE = {"authorization": f"Bearer {TOKEN}"}
PLANNING = f"{plan_notifications.__module__}.{plan_notifications.__qualname__}"


@pytest.fixture(autouse=True)
def nothing_in_redis() -> None:
    Redis.from_url(shop.REDIS_URL).delete(f"{shop.REDIS_PREFIX}:open-sockets", f"{shop.REDIS_PREFIX}:celery")


def scraped_figures(**labels: str) -> dict[str, float]:
    """What a probe reads under these labels, by the names of the figures."""
    text = Client(headers=PROBE).get("/metrics").content.decode()
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {
        sample.name.removeprefix("shopcomm_"): sample.value for sample in samples if sample.labels == labels
    }


# --- who may read it -----------------------------------------------------------------------------
@pytest.mark.django_db
def test_a_probe_with_the_token_reads_metrics_by_ip_address(settings):
    settings.METRICS_TOKEN, settings.ALLOWED_HOSTS = TOKEN, ["shop.example.com"]
    answer = Client(headers=PROBE).get("/metrics", HTTP_HOST="10.0.3.7:8000")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    assert b"# TYPE shopcomm_reader_lag_seconds gauge" in answer.content
    assert Client(headers=PROBE).post("/metrics").status_code == 405


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("token", "given"),
    [(TOKEN, "Bearer wrong"), (TOKEN, f"Basic {TOKEN}"), (TOKEN, ""), ("", "Bearer "), ("", "Bearer None")],
)
def test_metrics_refuse_a_wrong_or_missing_token(settings, token, given):
    settings.METRICS_TOKEN = token
    answer = Client(headers={"authorization": given}).get("/metrics")
    assert answer.status_code == 403
    assert b"shopcomm_" not in answer.content


def test_a_manager_may_read_metrics_and_sales_may_not(log_in, manager, sales, phone):
    assert log_in(manager).get("/metrics").status_code == 200
    assert log_in(sales).get("/metrics").status_code == 403
    assert phone.get("/metrics").status_code == 403


# --- what it says --------------------------------------------------------------------------------
@pytest.fixture
def probe(settings, db) -> None:
    settings.METRICS_TOKEN = TOKEN


def urge(order, *, minutes_ago: int) -> DomainEvent:
    """An event that committed so long ago."""
    facts = {"number": order.number, "version": 1, "status_from": "paid", "status_to": "paid", "urge_id": 1}
    row = event_row(OrderUrged(order_id=order.pk, **facts), actor=Actor.system())
    row.occurred_at = timezone.now() - timedelta(minutes=minutes_ago)
    row.save()
    return row


@pytest.mark.django_db(transaction=True)
def test_the_lag_of_a_stopped_reader_is_reported(settings, order):
    settings.METRICS_TOKEN = TOKEN
    relay()
    now = timezone.now()
    assert {(lag.events, lag.seconds) for lag in reader_lags(now)} == {(0, 0.0)}
    behind = urge(order, minutes_ago=20)
    urge(order, minutes_ago=10)
    position_new_events()
    urge(order, minutes_ago=5)
    lags = {lag.reader: lag for lag in reader_lags(behind.occurred_at + timedelta(minutes=20))}
    assert lags[PLANNING] == ReaderLag(PLANNING, 3, 1200.0)
    # A reader that is no more has nothing before it.
    Reader.objects.create(name="gone.long_ago")
    assert scraped_figures(reader=PLANNING)["reader_lag_events"] == 3
    assert scraped_figures(reader="gone.long_ago") == {}


def test_dead_letters_are_counted_by_reader_and_by_who_handles_them(probe, order):
    events = [urge(order, minutes_ago=1) for _ in range(3)]
    reader, now = add_reader(name=PLANNING, kind=HANDLER), timezone.now()
    for event, resolved in zip(events[:2], (None, now), strict=True):
        DeadLetter.objects.create(reader=PLANNING, event=event, error="broken", resolved_at=resolved)
    for event, again in zip(events, (now, None, None), strict=True):
        HeldEvent.objects.create(reader=reader, event=event, position=1, stream="order:1", retry_at=again)
    assert scraped_figures(reader=PLANNING, state="given_up") == {"dead_letters": 1}
    assert scraped_figures(reader=PLANNING, state="retrying") == {"dead_letters": 1}
    assert scraped_figures(reader=PLANNING, state="kept_back") == {"dead_letters": 2}


def test_notices_of_the_last_day_are_counted_by_outcome(probe, order):
    ensure_default_rules()
    now = timezone.now()
    rule = NotificationRule.objects.first()
    # Rows are numbered as they are made.
    for state, hours_ago in [
        ("sent", 30),
        ("failed", 25),
        ("sent", 3),
        ("sent", 2),
        ("dropped", 1),
        ("waiting", 1),
    ]:
        row = Notification.objects.create(
            rule=rule,
            rule_version=1,
            trigger=rule.trigger,
            cause=f"event:{uuid4().hex[:8]}",
            order=order,
            recipient_kind="customer",
            recipient_id=order.customer_id,
            happened_at=now,
            state=state,
            send_at=now - timedelta(hours=hours_ago),
            reason="now",
        )
        Notification.objects.filter(pk=row.pk).update(created_at=now - timedelta(hours=hours_ago))
    told = {state: scraped_figures(outcome=state)["notices_last_day"] for state in Notification.State.values}
    assert told == {"sent": 2, "dropped": 1, "waiting": 1, "failed": 0, "merged": 0, "cancelled": 0}
    assert scraped_figures()["notices_overdue"] == 1
    assert 3600 <= scraped_figures()["notices_overdue_seconds"] < 3700


def test_open_sockets_are_summed_over_all_live_processes(probe):
    one, other = OpenSockets(), OpenSockets()
    for process, counts in ((one, {"staff": 2, "customer": 5}), (other, {"staff": 1})):
        async_to_sync(process.report_counts)(counts)
    dead = json.dumps([time.time() - 1, {"staff": 40}])
    Redis.from_url(shop.REDIS_URL).hset(f"{shop.REDIS_PREFIX}:open-sockets", "dead", dead)
    assert open_sockets() == {"staff": 3, "customer": 5}
    assert scraped_figures(visitor="staff") == {"open_sockets": 3}


def test_waiting_tasks_are_counted_under_the_name_of_their_celery_queue(probe):
    for _ in range(3):
        current_app.send_task("events.relay", ignore_result=True)
    assert scraped_figures()["tasks_waiting"] == 3


def test_without_redis_the_figures_from_the_database_are_still_reported(probe, settings, order):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert scraped_figures(reader=PLANNING).keys() == {"reader_lag_events", "reader_lag_seconds"}
    assert scraped_figures(visitor="staff") == {}
