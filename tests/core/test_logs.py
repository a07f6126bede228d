"""What stands in the log: what each line is about, in two forms, and nothing that opens anything."""

import json
import logging
import os
import stat
import subprocess
import sys
from collections.abc import Iterator

import pytest
from celery.app.trace import build_tracer
from django.db import transaction

from orders.events import OrderPaid
from orders.models import Order
from orders.services.locks import lock_order
from shopcomm.celery import app, send_request_id
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import ApiKey
from shopcomm.core.accounts.services.order_links import make_link
from shopcomm.core.deadlocks import leave_to_next_sweep
from shopcomm.core.embedded.binaries import keep_private, spawn_process
from shopcomm.core.events.handlers import forget_handler, on
from shopcomm.core.events.models import DomainEvent
from shopcomm.core.events.relay import relay
from shopcomm.core.logs import (
    LogFormatter,
    add_log_fields,
    context_without_log_fields,
    log_fields,
    log_scope,
    set_log_fields,
    without_secrets,
)
from shopcomm.edge.portal.visits import visit_of
from tests.factories import move

TOKEN = "Zm9vYmFyYmF6cXV4cXV1eDE.q83vEjRWeJCrze8SNFZ4kKvN"
NUMBER = "1234567890abcdef"


class Kept(logging.Handler):
    """Keeps the lines that the product's handler writes in one form."""

    def __init__(self, form: str) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.setFormatter(LogFormatter(form))

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """Lines as somebody reads them."""
    yield from log_with_handler("lines")


@pytest.fixture(autouse=True)
def unnamed() -> None:
    """Other tests of this process have named orders outside any piece of work."""
    set_log_fields({})


@pytest.fixture
def json_lines() -> Iterator[list[str]]:
    """Lines as a collector reads them."""
    yield from log_with_handler("json")


def log_with_handler(form: str) -> Iterator[list[str]]:
    handler, root = Kept(form), logging.getLogger()
    root.addHandler(handler)
    with log_scope():
        yield handler.lines
    root.removeHandler(handler)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "status"), [(f"/o/{TOKEN}/", 404), (f"/o/{TOKEN}/urge/", 405), ("/x/", 404)]
)
def test_a_refused_request_is_logged_with_its_request_id_and_without_its_key(client, lines, path, status):
    answer = client.get(path, headers={"x-request-id": NUMBER})
    assert answer.status_code == status
    (line,) = [line for line in lines if "django.request" in line]
    assert f"request_id={NUMBER}" in line
    assert TOKEN[:20] not in line
    assert ("/o/…" in line) == path.startswith("/o/")


# --- what a line is about ------------------------------------------------------------------------
def log_context_of(line: str) -> dict[str, object]:
    """What a line of JSON says beside its text."""
    return {
        name: value
        for name, value in json.loads(line).items()
        if name not in ("event", "timestamp", "exception")
    }


def test_the_log_line_of_a_refused_order_page_names_request_actor_and_order(log_in, sales, json_lines):
    log_in(sales).get("/orders/XB-000000-0000/", headers={"x-request-id": NUMBER})
    (line,) = [line for line in json_lines if "django.request" in line]
    assert log_context_of(line) == {
        "level": "warning",
        "logger": "django.request",
        "request_id": NUMBER,
        "actor": f"staff:{sales.pk}",
        "order": "XB-000000-0000",
    }


def test_the_log_line_of_a_refused_api_call_names_its_api_key(api, json_lines):
    api.get("/api/v1/orders/XB-000000-0000/")
    (line,) = [line for line in json_lines if "django.request" in line]
    assert log_context_of(line)["actor"] == f"api:{ApiKey.objects.get().pk}"
    assert log_context_of(line)["order"] == "XB-000000-0000"


def test_the_log_line_of_a_link_page_names_the_order_instead_of_the_token(order: Order):
    link = make_link(customer=order.customer, order_id=order.pk)
    with log_scope():
        visit_of(link, "", preview=False)
        assert log_fields() == {"order": order.number}


@pytest.mark.django_db(transaction=True)
def test_after_an_order_is_locked_every_log_line_of_that_work_names_the_order(order: Order, json_lines):
    with leave_to_next_sweep("row 1"), transaction.atomic():
        lock_order(order.pk)
        raise RuntimeError("broken")
    logging.getLogger("shopcomm").warning("the next one")
    assert log_context_of(json_lines[-2])["order"] == order.number
    assert "RuntimeError: broken" in json.loads(json_lines[-2])["exception"]
    assert "order" not in log_context_of(json_lines[-1])


@pytest.mark.django_db(transaction=True)
def test_the_log_line_of_a_failed_event_reader_names_order_and_actor(order: Order, manager, json_lines):
    @on(OrderPaid)
    def breaks(event: DomainEvent) -> None:
        raise RuntimeError("broken")

    name = f"{breaks.__module__}.{breaks.__qualname__}"
    move(order, "paid", actor=Actor.staff(manager), reference="T-1")
    relay()
    forget_handler(name)
    (line,) = [line for line in json_lines if "RuntimeError: broken" in line]
    assert log_context_of(line) == {
        "level": "error",
        "logger": "shopcomm.core.events.relay",
        "reader": name,
        "actor": f"staff:{manager.pk}",
        "order": order.number,
    }
    assert "reader" not in log_fields()


def test_log_context_ends_with_the_scope_that_set_it():
    with log_scope(request_id=NUMBER):
        with log_scope(actor="staff:1"):
            add_log_fields(order="XB-1", request_id="another")
            assert log_fields() == {"request_id": "another", "actor": "staff:1", "order": "XB-1"}
        assert log_fields() == {"request_id": NUMBER}
        assert context_without_log_fields().run(log_fields) == {}
    assert log_fields() == {}


def test_a_task_logs_the_request_id_of_the_request_that_started_it(json_lines):
    @app.task(name="tests.says", shared=False)
    def says() -> None:
        add_log_fields(order="XB-261129-0001")
        logging.getLogger("shopcomm.tests").warning("working")

    headers: dict[str, object] = {}
    with log_scope(request_id=NUMBER, actor="staff:1"):
        send_request_id(headers=headers)
        # As a worker does with what came in a message.
        build_tracer(says.name, says, app=app)("d3b0", (), {}, {"id": "d3b0"} | headers)
        assert log_fields() == {"request_id": NUMBER, "actor": "staff:1"}
    assert headers == {"request_id": NUMBER}
    (line,) = [line for line in json_lines if "working" in line]
    assert log_context_of(line) == {
        "level": "warning",
        "logger": "shopcomm.tests",
        "request_id": NUMBER,
        "task": "tests.says",
        "order": "XB-261129-0001",
    }


def test_a_celery_worker_logs_in_the_same_format_and_masks_secrets():
    """Celery takes every handler away and sets its own unless it is told not to."""
    script = (
        "import logging; from shopcomm.celery import app; app.log.setup(loglevel='WARNING')\n"
        f"logging.getLogger('shopcomm').info('sent to /o/{TOKEN}/')\n"
        "logging.getLogger('celery.worker').info('received')\n"
    )
    settings = os.environ | {"DJANGO_SETTINGS_MODULE": "shopcomm.settings.test", "LOG_FORMAT": "json"}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=settings)
    (line,) = done.stderr.splitlines()
    assert json.loads(line)["event"] == "sent to /o/…/"


def test_an_unknown_log_format_is_refused():
    with pytest.raises(ValueError, match="LOG_FORMAT=xml: set lines or json"):
        LogFormatter("xml")


# --- secrets -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (f'"GET /o/{TOKEN}/chat/?x=1 HTTP/1.1" 200', '"GET /o/…/chat/?x=1 HTTP/1.1" 200'),
        (f"/manifest.webmanifest?start=%2Fo%2F{TOKEN}%2Fchat", "/manifest.webmanifest?start=%2Fo%2F…%2Fchat"),
        (f"https://shop.example.com/o/{TOKEN} said", "https://shop.example.com/o/… said"),
        ("key sk_0a1b2c3d4e_AbC-dEf_gh is", "key sk_… is"),
        ("Authorization: Bearer sk_a_b", "Authorization: Bearer …"),
        ("{'Authorization': 'Bearer abc.def'}", "{'Authorization': 'Bearer …'}"),
        ("secret whsec_MfKQ9r8GKYqrTwjU+/=", "secret whsec_…"),
        ("POST https://gateway/send?access_token=abc123&x=1", "POST https://gateway/send?access_token=…&x=1"),
        ("no order/o/ here, /orders/XB-261123-0187/", "no order/o/ here, /orders/XB-261123-0187/"),
    ],
)
def test_secrets_are_masked_in_log_lines(line, shown):
    assert without_secrets(line) == shown


def test_secrets_are_masked_in_tracebacks_and_log_context(lines, json_lines):
    add_log_fields(page=f"/o/{TOKEN}/")
    try:
        raise ValueError(f'cannot open /o/{TOKEN}/ with password="abc123"')
    except ValueError:
        logging.getLogger("shopcomm").exception("broke")
    for line in (lines[-1], json_lines[-1]):
        assert TOKEN not in line
        assert "abc123" not in line
    assert "cannot open /o/…/" in lines[-1]
    # Cut before it is written as JSON: what is left can be read back.
    assert json.loads(json_lines[-1])["exception"].endswith('ValueError: cannot open /o/…/ with password="…"')
    assert json.loads(json_lines[-1])["page"] == "/o/…/"


def test_log_lines_of_the_web_server_have_the_same_format(settings):
    for name in ("uvicorn", "uvicorn.access"):
        assert settings.LOGGING["loggers"][name]["handlers"] == ["stderr"]
    assert settings.LOGGING["handlers"]["stderr"]["formatter"] == "line"
    assert settings.LOGGING["formatters"]["line"]["()"] == "shopcomm.core.logs.LogFormatter"


def test_the_web_server_keeps_the_log_level_of_its_option():
    script = (
        "import logging; logging.getLogger('uvicorn.error').setLevel('WARNING'); import django; django.setup()\n"
        "logging.getLogger('uvicorn.error').info('Started'); logging.getLogger('uvicorn.error').error('broke')\n"
    )
    settings = os.environ | {"DJANGO_SETTINGS_MODULE": "shopcomm.settings.test", "LOG_FORMAT": "json"}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=settings)
    assert [json.loads(line)["event"] for line in done.stderr.splitlines()] == ["broke"]


def mode(path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_log_files_are_readable_by_their_owner_only(tmp_path):
    data = tmp_path / "data"
    before = os.umask(0o022)
    try:
        keep_private(data)
        (data / "worker.log").write_text("of an earlier version")
        for name in ("web", "worker"):
            spawn_process([sys.executable, "-c", "print('code 123456')"], data / f"{name}.log").wait(30)
    finally:
        os.umask(before)
    assert [mode(data / f"{name}.log") for name in ("web", "worker")] == [0o600, 0o600]
    assert mode(data) & 0o007 == 0
    assert "code 123456" in (data / "web.log").read_text()


def test_an_older_data_folder_is_made_private_and_a_foreign_folder_left_alone(tmp_path):
    ours, strange = tmp_path / "ours", tmp_path / "strange"
    for folder, name in ((ours, "services.json"), (strange, "holiday.jpg")):
        folder.mkdir(mode=0o755)
        (folder / name).touch()
        keep_private(folder)
    assert (mode(ours) & 0o007, mode(strange)) == (0, 0o755)
