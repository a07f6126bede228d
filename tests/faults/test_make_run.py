"""`make run` as a person meets it: it starts, mends itself, leaves nothing behind, and says what is in the way."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import httpx
import psycopg
import pytest

from shopcomm.core.embedded.attach import ROOT
from shopcomm.core.embedded.binaries import EmbeddedError
from shopcomm.core.embedded.services import Services, free_port, started_at
from shopcomm.core.embedded.supervisor import page_answers
from tests.faults.stack import Stack
from tests.faults.waiting import eventually

SUPERVISOR = [sys.executable, "-m", "shopcomm.core.embedded.supervisor"]


class Run:
    """One `make run` on a folder and a port of its own; the demo shop is left out.

    It goes on from a folder that was prepared, as after the first start: test_make_shop.py begins with an empty one.
    """

    def __init__(self, data: Path, prepared: Path, static: Path) -> None:
        self.data, self.port = data, free_port()
        subprocess.run(["cp", "-a", f"{prepared}/postgres", data], check=True)
        (data / "demo_shop").touch()
        outside = {"DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE", "SHOPCOMM_DEMO_PASSWORD"}
        kept = {name: value for name, value in os.environ.items() if name not in outside}
        # Collected already: to compress megabytes once more would be most of a start.
        self.environment = kept | {
            "SHOPCOMM_DATA": str(data),
            "PORT": str(self.port),
            "STATIC_ROOT": str(static),
        }
        self.log = data / "said.log"
        self.process = self.start()

    def start(self, prints_to: Path | None = None) -> "subprocess.Popen[bytes]":
        out = (prints_to or self.log).open("wb")
        self.process = subprocess.Popen(SUPERVISOR, cwd=ROOT, env=self.environment, stdout=out)
        return self.process

    def again(self, **environment: str) -> str:
        """What another start says before it gives up."""
        given = self.environment | environment
        done = subprocess.run(SUPERVISOR, cwd=ROOT, env=given, capture_output=True, text=True, timeout=60)
        assert done.returncode != 0
        return done.stderr.strip()

    def has_said_so(self) -> bool:
        """Whether it has printed that it is ready; from then on it starts again what ends."""
        assert self.process.poll() is None, self.log.read_text()
        return f"ready: http://127.0.0.1:{self.port}" in self.log.read_text()

    def is_ready(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        return page_answers(f"http://127.0.0.1:{self.port}/readyz")

    def children(self) -> dict[str, int]:
        record = json.loads((self.data / "services.json").read_text())
        return {name: pid for name, (pid, _start) in record["processes"].items()}


@pytest.fixture(scope="module")
def run(stack: Stack, prepared: Path) -> Iterator[Run]:
    with tempfile.TemporaryDirectory(prefix="shopcomm-run-", ignore_cleanup_errors=True) as folder:
        os.chmod(folder, 0o755)
        running = Run(Path(folder), prepared, stack.data / "static")
        try:
            eventually(running.has_said_so, 90, "ready")
            yield running
        finally:
            children = running.children().values() if running.process.poll() is None else []
            running.process.terminate()
            running.process.wait(60)
            assert not [pid for pid in children if started_at(pid)], "Ctrl-C leaves nothing behind"


UNREAD = """
INSERT INTO events_domainevent (type, data, actor_kind, actor_name, occurred_at)
VALUES ('test.bag_scanned', '{}', 'system', '', now()) RETURNING id
"""


def test_the_demo_has_one_process_for_all_work_in_the_background(run: Run) -> None:
    """Its worker has the scheduler inside: what the clock starts is done, and no process is there twice."""
    assert {*run.children()} == {"web", "worker", "valkey", "postgres"}
    assert children_of(run.children()["worker"]) == set()
    url = json.loads((run.data / "services.json").read_text())["database_url"]
    with psycopg.connect(url, autocommit=True) as database:
        (event,) = database.execute(UNREAD).fetchone()
        given = "SELECT position FROM events_domainevent WHERE id = %s AND position IS NOT NULL"
        eventually(lambda: database.execute(given, [event]).fetchone(), 30, "the clock gave it a position")


def test_the_idle_demo_takes_less_than_600_megabytes(run: Run) -> None:
    own = {run.process.pid, *all_below(run.process.pid)}

    assert sum(proportional_bytes(pid) for pid in own) < 600 * 2**20


@pytest.mark.parametrize("name", ["web", "worker", "valkey", "postgres"])
def test_a_killed_process_is_restarted(run: Run, name: str) -> None:
    before = run.children()
    os.kill(before[name], signal.SIGKILL)

    eventually(lambda: run.children().get(name) != before[name], 30, f"{name} is started again")
    eventually(run.is_ready, 30, "the shop is ready again")
    assert {**run.children(), name: 0} == {**before, name: 0}, "the others went on"


def test_a_process_that_keeps_ending_is_restarted_with_delays_and_reported(run: Run) -> None:
    ended: set[int] = set()

    def ended_once_more() -> bool:
        pid = run.children().get("worker", 0)
        if pid not in ended and started_at(pid):
            os.kill(pid, signal.SIGKILL)
            ended.add(pid)
        return len(ended) >= 7

    others = {name: pid for name, pid in run.children().items() if name != "worker"}
    eventually(ended_once_more, 60, "the worker is killed seven times")

    assert run.process.poll() is None, "the product does not end with it"
    eventually(lambda: "worker keeps ending" in run.log.read_text(), 10, "it is said")
    named = httpx.get(f"http://127.0.0.1:{run.port}/readyz").json()
    assert (named["status"], named["keeps_ending"]) == ("ok", ["worker"])
    eventually(lambda: run.children()["worker"] not in ended, 30, "the worker is started again")
    assert {name: pid for name, pid in run.children().items() if name != "worker"} == others


def test_a_second_start_on_the_same_data_folder_is_refused(run: Run) -> None:
    assert "already runs on" in run.again(PORT=str(free_port()))


def test_a_port_in_use_is_reported_in_one_line(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, tempfile.TemporaryDirectory() as folder:
        port = taken.getsockname()[1]
        said = run.again(PORT=str(port), SHOPCOMM_DATA=folder)

    assert said.splitlines() == [
        f"shopcomm: port {port} is in use: stop what uses it, or run PORT={port + 1} make run"
    ]


@pytest.mark.parametrize("port", ["abc", "0", "65536", "-1", "８０００"])
def test_an_invalid_port_is_reported_in_one_line(run: Run, port: str) -> None:
    said = run.again(PORT=port)

    assert said == f"shopcomm: PORT={port} is no port: set a number from 1 to 65535"


def test_a_full_disk_is_reported_in_one_line(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(free=1024))
    with pytest.raises(EmbeddedError, match="is full: free 200 MB, or set SHOPCOMM_DATA"):
        Services(tmp_path / "data").start()


def test_a_data_folder_of_another_postgres_version_is_left_untouched(run: Run) -> None:
    with tempfile.TemporaryDirectory() as folder:
        cluster = Path(folder) / "postgres"
        cluster.mkdir()
        (cluster / "PG_VERSION").write_text("9\n")
        said = run.again(PORT=str(free_port()), SHOPCOMM_DATA=folder)
        assert [each.name for each in cluster.iterdir()] == ["PG_VERSION"]

    assert len(said.splitlines()) == 1
    assert "PostgreSQL 9" in said


def test_an_unwritable_data_folder_is_reported_in_one_line(run: Run) -> None:
    said = run.again(PORT=str(free_port()), SHOPCOMM_DATA="/proc/shopcomm")

    assert len(said.splitlines()) == 1
    assert "/proc/shopcomm" in said


def test_a_killed_supervisor_leaves_no_processes_and_the_next_start_keeps_the_data(run: Run) -> None:
    before = {name: (pid, started_at(pid)) for name, pid in run.children().items()}
    run.process.kill()
    run.process.wait()

    def alive() -> list[str]:
        return [name for name, (pid, start) in before.items() if started_at(pid) == start]

    eventually(lambda: not alive(), 30, f"all have ended; of {list(before)} one has not")

    run.start()
    eventually(run.has_said_so, 60, "ready again")
    assert run.is_ready()


@pytest.fixture
def printing_nowhere(run: Run) -> Run:
    """The product with its output on a full disk, where it stays."""
    run.process.terminate()
    run.process.wait(60)
    run.start(prints_to=Path("/dev/full"))
    return run


@pytest.mark.last
def test_a_full_disk_ends_no_process_for_good(printing_nowhere: Run) -> None:
    """Everything that is printed or noted meets “no space left”; once there is space again all is as before."""
    run = printing_nowhere
    eventually(lambda: (run.data / "services.json").exists() and run.is_ready(), 90, "ready, said to nobody")
    before, note = run.children(), run.data / "services.json.new"
    note.symlink_to("/dev/full")
    for name in ("worker", "valkey"):
        os.kill(before[name], signal.SIGKILL)
        eventually(lambda name=name: run.is_ready() and not started_at(before[name]), 30, f"{name} ended")
    eventually(lambda: len(children_of(run.process.pid)) == len(before), 30, "both were started again")
    assert run.children() == before, "there was no space to say so"
    note.unlink()

    eventually(lambda: {*run.children().values()} == children_of(run.process.pid), 10, "it is noted")
    assert run.process.poll() is None
    assert run.is_ready()


def children_of(pid: int) -> set[int]:
    """The processes that a process itself started, by any of its threads."""
    lists = Path(f"/proc/{pid}/task").glob("*/children")
    return {int(child) for each in lists for child in each.read_text().split()}


def all_below(pid: int) -> set[int]:
    """Its children and theirs."""
    return {each for child in children_of(pid) for each in (child, *all_below(child))}


def proportional_bytes(pid: int) -> int:
    """The memory of a process; what it shares with others counts in part. None for one that has just ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
