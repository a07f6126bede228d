"""One stack for the whole folder; every test leaves it whole."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.stack import Stack


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    data = Path(tempfile.mkdtemp(prefix="shopcomm-faults-"))
    running = Stack(data)
    try:
        running.start()
        yield running
    finally:
        running.stop()
        shutil.rmtree(data, ignore_errors=True)


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
