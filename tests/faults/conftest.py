"""One stack for the whole folder; every test leaves it whole."""

import fcntl
import shutil
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from tests.faults.stack import Stack

LAST_WORDS = 4000


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """What a first start leaves in a folder, made by the worker that asks first: migrations and the compression of
    static files take a core half a minute."""
    ours = tmp_path_factory.getbasetemp()
    data = (ours if worker_id == "master" else ours.parent) / "prepared"
    with data.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = data.with_suffix(".done")
        if not done.exists():
            shutil.rmtree(data, ignore_errors=True)
            # PostgreSQL runs as somebody else where we are root.
            for above in (data.parent, data.parent.parent):
                above.chmod(0o711)
            Stack(data, durable=False).prepare()
            done.touch()
    return data


@pytest.fixture(scope="session")
def stack(prepared: Path) -> Iterator[Stack]:
    data = Path(tempfile.mkdtemp(prefix="shopcomm-faults-"))
    running = Stack(data)
    try:
        running.start(prepared)
        yield running
    finally:
        running.stop()
        shutil.rmtree(data, ignore_errors=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failure shows the last words of every process."""
    report = yield
    stack = getattr(item, "funcargs", {}).get("stack")
    if report.failed and stack is not None:
        for log in sorted(stack.data.glob("*.log")):
            report.sections.append((log.name, log.read_text(errors="replace")[-LAST_WORDS:]))
    return report


@pytest.fixture
def second_web(stack: Stack) -> Iterator[None]:
    """Another web process beside the first."""
    stack.start_web("web2")
    yield
    stack.kill("web2")


@pytest.fixture
def background(stack: Stack) -> Iterator[None]:
    """Worker and scheduler."""
    stack.start_worker()
    stack.start_beat()
    yield
    for name in ("worker", "beat"):
        if name in stack.processes:
            stack.kill(name)


@pytest.fixture
def second_worker(stack: Stack) -> Iterator[None]:
    """Another worker beside the first."""
    stack.start_worker("worker2")
    yield
    stack.kill("worker2")


@pytest.fixture
def postgres_back(stack: Stack) -> Iterator[None]:
    """PostgreSQL is there again afterwards, whatever happens."""
    yield
    if stack.services.processes["postgres"].poll() is not None:
        stack.start_postgres()
