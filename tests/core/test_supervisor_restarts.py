"""A process that ends is started again at once, one that keeps ending ever later, and everybody is told which."""

import json
import subprocess

import psycopg
import pytest
from django.test import Client

from shopcomm.core.embedded.restarts import (
    Restarts,
    keeps_ending_file,
    read_keeps_ending,
    write_keeps_ending,
)
from shopcomm.core.embedded.services import _make_database, last_line_of
from shopcomm.core.embedded.supervisor import Supervisor


def test_a_process_is_restarted_at_once_five_times_a_minute_and_then_with_growing_delays() -> None:
    restarts = Restarts()

    assert [restarts.ended(now) for now in range(12)] == [0, 0, 0, 0, 0, 2, 4, 8, 16, 32, 60, 60]


def test_a_process_that_ends_now_and_then_is_restarted_at_once() -> None:
    restarts = Restarts()

    assert [restarts.ended(20.0 * turn) for turn in range(30)] == [0.0] * 30


def test_a_process_that_ran_long_enough_is_no_longer_reported_as_failing() -> None:
    restarts = Restarts()
    for now in range(8):
        restarts.ended(now)

    assert restarts.keeps_ending(20)
    assert not restarts.keeps_ending(200)
    assert restarts.ended(200) == 0


@pytest.mark.django_db
def test_readyz_and_the_notices_page_name_processes_that_keep_ending(
    settings, tmp_path, log_in, manager, sales
) -> None:
    settings.DATA_DIR = tmp_path
    assert Client().get("/readyz").json()["keeps_ending"] == []
    write_keeps_ending(tmp_path, ["worker"])

    answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()["keeps_ending"]) == (200, ["worker"])
    assert "系统进程 worker 反复退出" in log_in(manager).get("/notices/").content.decode()
    assert "反复退出" not in log_in(sales).get("/notices/").content.decode()

    write_keeps_ending(tmp_path, [])
    assert not keeps_ending_file(tmp_path).exists()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"names": 3}', json.dumps({"at": 1})])
def test_an_unreadable_report_of_failing_processes_is_ignored(tmp_path, content: str) -> None:
    keeps_ending_file(tmp_path).write_text(content)

    assert read_keeps_ending(tmp_path) == []


def test_a_database_that_fails_while_it_comes_back_does_not_end_the_supervisor(
    tmp_path, monkeypatch, capfd
) -> None:
    """On a full disk PostgreSQL answers and cannot make a database: not this supervisor's end, tried again later."""

    def full(**_: object) -> None:
        raise psycopg.errors.DiskFull("could not extend file: No space left on device")

    monkeypatch.setattr(psycopg, "connect", full)
    supervisor = Supervisor(tmp_path, 1)
    monkeypatch.setattr(supervisor.services, "start_again", lambda _name: _make_database(tmp_path))
    ended = subprocess.Popen(["true"])
    ended.wait()
    supervisor.services.processes["postgres"] = ended

    supervisor.look_after("postgres")
    supervisor.look_after("postgres")

    assert "postgres could not be started: PostgreSQL has no database for the shop: could not extend" in (
        capfd.readouterr().out
    )


def test_the_last_line_of_a_log_that_is_larger_than_memory_is_found(tmp_path) -> None:
    log = tmp_path / "web.log"
    with log.open("wb") as file:
        file.truncate(2**40)
        file.seek(0, 2)
        file.write("\n前一行\n磁盘已满\n\n".encode())

    assert last_line_of(log) == "磁盘已满"
    assert "No such file" in last_line_of(tmp_path / "none.log")
