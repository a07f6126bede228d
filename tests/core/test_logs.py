"""What stands in the log: the request's number on every line, and nothing that opens anything."""

import logging
import os
import stat
import sys

import pytest

from shopcomm.core.embedded.binaries import keep_private, spawn
from shopcomm.core.http.logs import RequestIdFilter, SecretFreeFormatter, without_secrets

TOKEN = "Zm9vYmFyYmF6cXV4cXV1eDE.q83vEjRWeJCrze8SNFZ4kKvN"


@pytest.fixture
def lines(settings) -> list[str]:
    """The lines as the product's handler writes them."""
    written: list[str] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            written.append(self.format(record))

    handler = Kept()
    handler.addFilter(RequestIdFilter())
    handler.setFormatter(SecretFreeFormatter(settings.LOGGING["formatters"]["line"]["format"]))
    logging.getLogger().addHandler(handler)
    yield written
    logging.getLogger().removeHandler(handler)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "status"), [(f"/o/{TOKEN}/", 404), (f"/o/{TOKEN}/urge/", 405), ("/x/", 404)]
)
def test_a_refused_request_is_logged_with_its_number_and_without_its_key(client, lines, path, status):
    answer = client.get(path, headers={"x-request-id": "1234567890abcdef"})
    assert answer.status_code == status
    (line,) = [line for line in lines if "django.request" in line]
    assert "[1234567890abcdef]" in line
    assert TOKEN[:20] not in line
    assert ("/o/…" in line) == path.startswith("/o/")


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
def test_a_line_names_no_secret(line, shown):
    assert without_secrets(line) == shown


def test_neither_does_a_traceback(lines):
    try:
        raise ValueError(f"cannot open /o/{TOKEN}/")
    except ValueError:
        logging.getLogger("shopcomm").exception("broke")
    assert "cannot open /o/…/" in lines[-1]
    assert TOKEN not in lines[-1]


def test_the_servers_own_lines_are_written_in_the_same_way(settings):
    for name in ("uvicorn", "uvicorn.access"):
        assert settings.LOGGING["loggers"][name]["handlers"] == ["stderr"]
    assert settings.LOGGING["handlers"]["stderr"]["formatter"] == "line"


def mode(path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_logs_are_read_by_nobody_else_of_the_machine(tmp_path):
    data = tmp_path / "data"
    before = os.umask(0o022)
    try:
        keep_private(data)
        (data / "worker.log").write_text("of an earlier version")
        for name in ("web", "worker"):
            spawn([sys.executable, "-c", "print('code 123456')"], data / f"{name}.log").wait(30)
    finally:
        os.umask(before)
    assert [mode(data / f"{name}.log") for name in ("web", "worker")] == [0o600, 0o600]
    assert mode(data) & 0o007 == 0
    assert "code 123456" in (data / "web.log").read_text()


def test_a_data_folder_of_an_earlier_version_is_closed_and_a_strange_one_left(tmp_path):
    ours, strange = tmp_path / "ours", tmp_path / "strange"
    for folder, name in ((ours, "services.json"), (strange, "holiday.jpg")):
        folder.mkdir(mode=0o755)
        (folder / name).touch()
        keep_private(folder)
    assert (mode(ours) & 0o007, mode(strange)) == (0, 0o755)
