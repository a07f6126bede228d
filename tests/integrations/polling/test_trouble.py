"""When the other side errs: nothing is lost, it is left alone for a while, and the page says since when and why."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine

from shopcomm.edge.integrations.models import InboundRecord
from shopcomm.edge.integrations.polling import asking
from shopcomm.edge.integrations.polling.models import PolledSource
from shopcomm.edge.integrations.polling.services import passes, polling
from shopcomm.edge.integrations.polling.services.polling import due_source_ids, poll_source
from shopcomm.edge.integrations.services.connections import set_state
from shopcomm.edge.integrations.tasks import apply_inbound
from tests.integrations.polling.conftest import Make
from tests.integrations.polling.order_system import OrderSystem, Reply
from tests.integrations.polling.reading import AT_ONCE, our_orders, polled, read_now
from tests.outside_orders import outside_order

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 12, 1, 4, tzinfo=UTC)


@pytest.fixture(autouse=True)
def pauses_without_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passes, "LEAST_JITTER", 1.0)
    monkeypatch.setattr(passes, "MOST_JITTER", 1.0)


def some(sku: str, count: int) -> list[dict[str, Any]]:
    return [outside_order(sku, "paid", minute=place, external_id=f"E{place}") for place in range(count)]


WRONG = {
    "an error": (Reply(500, body="Traceback …"), "HTTP 500 Traceback"),
    "no such page": (Reply(404, body="gone"), "HTTP 404"),
    "a refused token": (Reply(401, body="bad token tiger"), "HTTP 401"),
    "a redirect": (Reply(302, headers={"Location": "http://169.254.169.254/"}), "没有跟过去"),
    "half of a page": (
        Reply(body='{"data": {"orders": [{"external_id": "E0"', declared=100_000),
        "不是完整的 JSON",
    ),
    "no JSON": (Reply(body="<html>登录</html>"), "不是完整的 JSON：<html>登录"),
    "another JSON": (Reply(body={"code": 40001, "msg": "invalid tiger"}), "不是一个列表"),
    "no number": (Reply(body='{"data": {"orders": [{"external_id": NaN}]}}'), "不是完整的 JSON"),
    "far too deep": (Reply(body='{"data": {"orders": ' + "[" * 100_000), "不是完整的 JSON"),
    "far too long a number": (Reply(body='{"data": {"orders": [' + "9" * 10_000 + "]}}"), "不是完整的 JSON"),
    "bytes of no charset": (Reply(body=b"\xff\xfe\xfd" * 9), "不是完整的 JSON"),
    "a hundred megabytes": (Reply(body=b"[" + b" " * (1024 * 1024 - 1), times=100), "一页超过 8 MB"),
    "more rows than a page has": (Reply(body={"data": {"orders": [1] * 5001}}), "一页超过 5000 条"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_no_page_is_told_and_asked_for_again_and_what_was_there_stays(
    system: OrderSystem, make_source: Make, sku: str, kind: str
) -> None:
    reply, told = WRONG[kind]
    system.answer, system.rows = (lambda _asked: reply), some(sku, 3)
    source = make_source(auth="bearer", secret="tiger")
    read_now(source)
    assert told in source.last_error
    # What authorises is never shown, although the other side repeats it.
    assert "tiger" not in source.last_error
    assert source.failing_since
    assert not InboundRecord.objects.exists()
    system.answer = system.by_number
    read_now(source)
    assert our_orders() == ["E0", "E1", "E2"]
    assert (source.failing_since, source.last_error, polled(source).failures) == (None, "", 0)


def test_a_side_that_hangs_is_left_after_a_while(
    system: OrderSystem, make_source: Make, sku: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "SECONDS", 0.3)
    system.answer = lambda _asked: Reply(hangs=True)
    source = make_source()
    read_now(source)
    assert "Timeout" in source.last_error
    assert polled(source).failures == 1


def test_pauses_grow_to_an_hour_and_one_answer_ends_them(
    system: OrderSystem, make_source: Make, sku: str
) -> None:
    source = make_source(interval=60)
    system.answer, pauses = (lambda _asked: Reply(500)), []
    with time_machine.travel(NOW, tick=False) as clock:
        for _time in range(9):
            poll_source(source.pk)
            pauses.append((polled(source).due_at - datetime.now(UTC)).total_seconds())
            # It is not asked again before.
            assert poll_source(source.pk) == 0
            clock.move_to(polled(source).due_at)
        assert pauses == [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]
        assert len(system.asked) == 9
        system.answer = system.by_number
        assert poll_source(source.pk) == 1
        assert polled(source).due_at - datetime.now(UTC) == timedelta(seconds=60)


@pytest.mark.parametrize(
    ("status", "header", "seconds"),
    [
        (429, "600", 600),
        (503, "Tue, 01 Dec 2026 04:30:00 GMT", 1800),
        (429, "soon", 60),
        (503, "999999999", 12 * 3600),
    ],
)
def test_retry_after_is_honoured(
    system: OrderSystem, make_source: Make, status: int, header: str, seconds: int
) -> None:
    system.answer = lambda _asked: Reply(status, headers={"Retry-After": header})
    source = make_source(interval=60)
    with time_machine.travel(NOW, tick=False):
        poll_source(source.pk)
        assert polled(source).due_at - datetime.now(UTC) == timedelta(seconds=seconds)


def test_an_error_in_the_middle_goes_on_at_the_page_that_failed(
    system: OrderSystem, make_source: Make, sku: str
) -> None:
    system.rows = some(sku, 6)
    system.answer = lambda asked: Reply(502) if asked.query["page"] == "3" else system.by_number(asked)
    source = make_source()
    read_now(source)
    # What was read is there already.
    assert our_orders() == ["E0", "E1", "E2", "E3"]
    system.answer, system.asked = system.by_number, []
    read_now(source)
    assert system.asked[0].query["page"] == "3"
    assert our_orders() == [f"E{place}" for place in range(6)]


def test_a_worker_that_is_killed_between_pages_loses_nothing_and_doubles_nothing(
    system: OrderSystem, make_source: Make, sku: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    system.rows = some(sku, 6)
    source, real, calls = make_source(), polling.go_on, []

    def killed_at_the_second(*given: Any) -> None:
        calls.append(given)
        if len(calls) == 2:
            raise Killed
        real(*given)

    with monkeypatch.context() as patched:
        patched.setattr(polling, "go_on", killed_at_the_second)
        with pytest.raises(Killed):
            read_now(source)
    apply_inbound()
    # The second page was stored in the transaction that the killed worker never committed.
    assert our_orders() == ["E0", "E1"]
    read_now(source)
    assert our_orders() == [f"E{place}" for place in range(6)]
    assert InboundRecord.objects.count() == 6


def test_what_is_read_while_a_source_is_paused_or_changed_is_thrown_away_and_read_later(
    system: OrderSystem, make_source: Make, sku: str
) -> None:
    system.rows = some(sku, 2)
    source = make_source(**AT_ONCE)

    fetch = polling._fetch

    def paused_meanwhile(asked: Any) -> Any:
        page = fetch(asked)
        set_state(connection_id=source.pk, active=False)
        return page

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(polling, "_fetch", paused_meanwhile)
        read_now(source)
    assert not InboundRecord.objects.exists()
    assert source.pk not in due_source_ids(datetime.now(UTC) + timedelta(days=1))
    set_state(connection_id=source.pk, active=True)
    read_now(source)
    assert our_orders() == ["E0", "E1"]


def test_a_fault_of_the_program_is_told_like_one_of_the_other_side_and_tried_again(
    system: OrderSystem, make_source: Make, sku: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    system.rows = some(sku, 2)
    source = make_source()
    with monkeypatch.context() as patched:
        patched.setattr(polling, "read_order", lambda *_given: 1 / 0)
        read_now(source)
    assert "ZeroDivisionError" in source.last_error
    read_now(source)
    assert our_orders() == ["E0", "E1"]


def test_after_days_away_a_long_list_is_caught_up_with_in_pages_and_runs(
    system: OrderSystem, make_source: Make, sku: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    system.rows = some(sku, 9)
    source = make_source()
    PolledSource.objects.update(due_at=datetime.now(UTC) - timedelta(days=3))
    # Two pages take up what a run may take.
    clock = iter([0.0, 0.0, 0.0, 99.0] * 50)
    monkeypatch.setattr(polling, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    runs = 0
    while source.pk in due_source_ids(datetime.now(UTC)):
        poll_source(source.pk)
        runs += 1
        assert runs < 20
    apply_inbound()
    assert our_orders() == [f"E{place}" for place in range(9)]
    assert runs > 2
