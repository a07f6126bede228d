"""Another system that cannot be reached for long: managers are told once, and again only after it has answered."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from messaging.models import Notification
from messaging.services.notifications.rules import ensure_default_rules
from shopcomm.core.accounts.models import Staff
from shopcomm.core.events.relay import relay
from shopcomm.edge.admin_home.figures import room_standings
from shopcomm.edge.integrations.models import Connection
from shopcomm.edge.integrations.reachability import note_failure, note_success

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 30, 4, tzinfo=UTC)


def told() -> int:
    relay()
    return Notification.objects.filter(trigger="system_unreachable").count()


def test_managers_are_told_once_of_a_system_that_cannot_be_reached_for_an_hour(manager: Staff) -> None:
    ensure_default_rules()
    system = Connection.objects.create(name="聚水潭", kind="polling")
    counts = []
    with time_machine.travel(NOON, tick=False) as clock:
        for _half_hour in range(5):
            note_failure(system, "HTTP 503")
            counts.append(told())
            clock.shift(timedelta(minutes=30))
        alerts = [each.text for each in room_standings()["system"].alerts if "联系不上" in each.text]
        assert (counts, alerts) == ([0, 0, 1, 1, 1], ["联系不上的对方系统：1"])
        # It answers, and is away again: that is news once more, an hour later.
        note_success(system)
        note_failure(system, "HTTP 503")
        assert told() == 1
        clock.shift(timedelta(minutes=61))
        note_failure(system, "HTTP 503")
        assert told() == 2


def test_what_the_other_system_said_is_cut_and_kept_readable() -> None:
    system = Connection.objects.create(name="聚水潭", kind="polling")
    note_failure(system, "\0" + "长" * 1000)
    system.refresh_from_db()
    assert system.last_error == "长" * 300
