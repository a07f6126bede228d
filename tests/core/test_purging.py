"""What goes by age, and what stays whatever its age."""

import os
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import time_machine
from axes.models import AccessAttempt, AccessLog
from django.conf import settings as shop
from django.contrib.sessions.models import Session
from django.core.files.storage import default_storage
from django.db import connection, connections
from django.utils import timezone

from messaging.models import Attachment, Delivery, Notification, NotificationRule, ScheduledMessage
from messaging.services.notifications.rules import ensure_default_rules
from messaging.services.purges import purge_orphan_files
from orders.models import Order
from shopcomm.core import purging
from shopcomm.core.accounts.models import ApiKey, OneTimeCode
from shopcomm.core.configuration.tasks import purge_daily
from shopcomm.core.events.models import DeadLetter, DomainEvent
from shopcomm.core.http.models import IdempotencyRecord, SentForm

pytestmark = pytest.mark.django_db
NOW = timezone.make_aware(datetime(2026, 11, 24, 10))


def time_ago(**age: int) -> datetime:
    return NOW - timedelta(**age)


def with_times(row, **moments: datetime):
    """A row with its moments set, `auto_now_add` or not."""
    type(row)._base_manager.filter(pk=row.pk).update(**moments)
    return row


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def rows(order, sales) -> dict[str, list]:
    """Of every kind one row that has just reached its age, and one that has not."""
    key = ApiKey.objects.create(name="k", prefix="p", digest="d", scopes=["*"])
    event = DomainEvent.objects.first()

    def pair(days: int, make) -> list:
        return [make(time_ago(days=days, minutes=1)), make(time_ago(days=days, minutes=-1))]

    def letter(when):
        return with_times(
            DeadLetter.objects.create(reader=f"h{when}", event=event, error="x"), resolved_at=when
        )

    def later(when):
        talk, said = order.conversation, ScheduledMessage.State.SENT
        row = ScheduledMessage.objects.create(
            conversation=talk, author=sales, body="x", send_at=when, state=said
        )
        return with_times(row, created_at=when)

    return {
        "sessions": pair(1, lambda when: Session.objects.create(session_key=f"{when}", expire_date=when)),
        "keys": pair(7, lambda when: with_times(IdempotencyRecord.objects.create(api_key=key, key=f"{when}", status=201, sealed="x"), created_at=when)),
        "forms": pair(7, lambda when: with_times(SentForm.objects.create(owner="1", key=f"{when}"), created_at=when)),
        "codes": pair(2, lambda when: OneTimeCode.objects.create(phone="+8613800138000", created_at=when, expires_at=when)),
        "attempts": pair(180, lambda when: with_times(AccessAttempt.objects.create(username=f"{when}", ip_address="::1", failures_since_start=1), attempt_time=when)),
        "log-ins": pair(180, lambda when: with_times(AccessLog.objects.create(username="x", ip_address="::1"), attempt_time=when)),
        "letters": pair(30, letter),
        "scheduled": pair(30, later),
    }  # fmt: skip


def which_exist(pair: list) -> list[bool]:
    return [type(row)._base_manager.filter(pk=row.pk).exists() for row in pair]


def test_each_kind_of_row_is_purged_at_its_age_and_not_before(rows):
    purge_daily()
    assert {name: which_exist(pair) for name, pair in rows.items()} == {name: [False, True] for name in rows}


def test_each_retention_setting_purges_its_own_kind_only(rows, settings):
    for name in {each.setting for each in purging._known}:
        setattr(settings, name, 0)
    settings.PURGE_SENT_FORMS_DAYS = 3
    purge_daily()
    stayed = {name: which_exist(pair) for name, pair in rows.items()}
    assert stayed.pop("forms") == [False, False]
    assert set(map(tuple, stayed.values())) == {(True, True)}


def test_orders_conversations_and_events_are_never_purged(order):
    events = DomainEvent.objects.count()
    with time_machine.travel(NOW + timedelta(days=5000), tick=False):
        purge_daily()
    assert (Order.objects.count(), DomainEvent.objects.count()) == (1, events)
    assert order.conversation.messages.exists()


def notice(order, trigger: str, when: datetime, **fields) -> Notification:
    rule = NotificationRule.objects.get(key=fields.pop("key", "order_confirmed"))
    row = Notification.objects.create(
        rule=rule, rule_version=1, trigger=trigger, cause=f"{uuid4()}", order=order, recipient_kind="customer",
        recipient_id=order.customer_id, happened_at=when, send_at=when, reason="x",
        **{"state": "sent", "sent_at": when, **fields},
    )  # fmt: skip
    return with_times(row, created_at=when)


def test_old_notices_and_deliveries_are_purged_except_those_a_timer_would_repeat(order):
    ensure_default_rules()
    old = time_ago(days=181)
    head = notice(order, "paid", old)
    merged = notice(order, "paid", old, state="merged", merged_into=head)
    sent = Delivery.objects.create(notification=head, channel="sms", state="sent", due_at=old)
    waiting, underway = notice(order, "paid", old, state="waiting"), notice(order, "paid", old)
    Delivery.objects.create(notification=underway, channel="sms", due_at=old)
    timer, fresh = notice(order, "unpaid", old), notice(order, "paid", time_ago(days=179))
    purge_daily()
    assert which_exist([head, merged, sent, waiting, underway, timer, fresh]) == [False] * 3 + [True] * 4
    with_times(order, closed_at=old)
    purge_daily()
    assert which_exist([timer]) == [False]


def test_a_large_backlog_is_purged_in_batches(monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(purging, "BATCH", 100)
    forms = SentForm.objects.bulk_create(SentForm(owner="1", key=f"{place}") for place in range(250))
    SentForm.objects.update(created_at=time_ago(days=8))
    known = purging.Purge(
        "PURGE_SENT_FORMS_DAYS", lambda before: SentForm.objects.filter(created_at__lt=before)
    )
    deletes: list[int] = []

    def count(execute, sql, params, many, context):
        if sql.startswith("DELETE"):
            deletes.append(len(params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(count):
        assert purging._purge(known, NOW) == len(forms)
    assert max(deletes) <= 100
    assert not SentForm.objects.exists()


def test_rows_that_are_kept_are_read_once_and_not_again_for_every_batch(order, monkeypatch):
    """Rows that stay stand before those that go: with a backlog of many batches that was most of the time."""
    monkeypatch.setattr(purging, "BATCH", 10)
    ensure_default_rules()
    for _ in range(3):
        notice(order, "unpaid", time_ago(days=200))
    sent = [notice(order, "paid", time_ago(days=200)) for _ in range(25)]
    known = next(each for each in purging._known if each.rows(NOW).model is Notification)
    behind: list[int] = []

    def note(execute, sql, params, many, context):
        if sql.startswith("SELECT") and "LIMIT 10" in sql:
            behind.append(sql.count('"id" > '))
        return execute(sql, params, many, context)

    carriers = [each for each in purging._known if each.rows(NOW).model is Notification][-1]
    with connection.execute_wrapper(note):
        assert purging._purge(known, NOW) == 0
        assert purging._purge(carriers, NOW) == len(sent)
    assert behind == [0, 0, 1, 1]


def test_a_kind_whose_purge_fails_does_not_stop_the_others(rows, monkeypatch):
    def broken(before):
        raise ValueError("no")

    monkeypatch.setattr(purging, "_known", [purging.Purge("PURGE_NOTICES_DAYS", broken), *purging._known])
    assert purge_daily()["sessions"] == 1


@pytest.mark.django_db(transaction=True)
def test_two_concurrent_runs_do_not_both_purge(order):
    other = connections["default"].copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [purging.LOCK])
            assert purging.purge_by_age() == {}
            # PostgreSQL gives up the locks of a closed connection only some time later.
            cursor.execute("SELECT pg_advisory_unlock(%s)", [purging.LOCK])
    finally:
        other.close()
    assert "sessions" in purging.purge_by_age()


def test_files_without_a_row_are_deleted_and_others_kept(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    folder = Path(default_storage.path("attachments/2026/11"))
    folder.mkdir(parents=True)
    names = ("orphan.jpg", "young.jpg", "sent.jpg")
    for name in names:
        (folder / name).write_bytes(b"x")
        age = time_ago(hours=1 if name == "young.jpg" else 49).timestamp()
        os.utime(folder / name, (age, age))
    Attachment.objects.create(
        kind="image", mime="image/jpeg", name="x", size=1, file="attachments/2026/11/sent.jpg"
    )
    assert purge_orphan_files() == 1
    assert sorted(path.name for path in folder.iterdir()) == ["sent.jpg", "young.jpg"]


def test_every_retention_setting_is_documented():
    page = (shop.BASE_DIR / "docs/operations.md").read_text()
    named = {each.setting for each in purging._known}
    assert {name for name in dir(shop) if name.startswith("PURGE_")} == named
    assert [name for name in named if f"`{name}`" not in page] == []


def test_purging_is_scheduled(settings):
    tasks = {entry["task"]: entry["schedule"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert tasks["shop.purge_by_age"] == tasks["attachments.purge_orphans"] == 24 * 3600
