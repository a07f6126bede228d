"""A process that has loaded every library but nothing of the project, and forks for each run of the tests.

A run then starts in a fifth of the time, and sees the project's files as they are at that moment. Reads one JSON object
a line: `tests` (arguments of pytest), `seconds` (how long they may take), `log` (file for what they print), and either
`chosen` (names of the tests to run, in this order) or `record` (modules whose lines are watched, and the file for what
was seen). Answers a line each: `passed`, `failed`, or `time out`.
"""

import importlib
import json
import os
import signal
import sys
import time
from contextlib import suppress
from typing import Any

LIBRARIES = [
    "pytest",
    "coverage",
    "pytest_django.plugin",
    "pytest_asyncio.plugin",
    "pytest_randomly",
    "pytest_timeout",
    "xdist.plugin",
    "schemathesis.pytest.plugin",
    "hypothesis",
    "factory",
    "faker",
    "time_machine",
    "uvicorn",
    "websockets",
    "playwright.sync_api",
    "django.contrib.admin.sites",
    "django.contrib.postgres.search",
    "rest_framework.viewsets",
    "channels.layers",
    "channels_redis.core",
    "celery",
    "psycopg",
    "redis",
    "drf_spectacular",
    "PIL.Image",
    "phonenumbers",
    "holidays",
    "requests",
    "apprise",
    "structlog",
    "unfold",
]
ALWAYS = ["-x", "-q", "--reuse-db", "-p", "no:cacheprovider", "-p", "no:randomly", "-p", "no:xdist"]
# A broken loop is to be given up long before the suite's own time-out.
HUNG = ["--timeout=60"]


def main() -> None:
    for name in LIBRARIES:
        # Some want Django's settings first; they are loaded by the run then.
        with suppress(Exception):
            importlib.import_module(name)
    print("ready", flush=True)
    for line in sys.stdin:
        print(run(**json.loads(line)), flush=True)


def run(*, tests: list[str], seconds: float, log: str, **watch: Any) -> str:
    """Run the tests in a child of its own; what it has started ends with it."""
    if not (child := os.fork()):
        _be_a_run(tests, log, **watch)
    until = time.monotonic() + seconds
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        late = time.monotonic() > until
        if ended or late:
            with suppress(ProcessLookupError):
                os.killpg(child, signal.SIGKILL)
        if ended:
            return "passed" if os.waitstatus_to_exitcode(status) == 0 else "failed"
        if late:
            os.waitpid(child, 0)
            return "time out"
        time.sleep(0.02)


def _be_a_run(
    tests: list[str], log: str, chosen: list[str] | None = None, record: dict[str, Any] | None = None
) -> None:
    os.setpgid(0, 0)
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(out, 1)
    os.dup2(out, 2)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    # What is compiled of the sound code, tests included, serves the runs of the broken.
    sys.dont_write_bytecode = record is None
    code = 3
    try:
        reach = importlib.import_module("reach")
        plugin, limit = reach.Recorder(**record) if record else reach.Chosen(chosen), [] if record else HUNG
        code = importlib.import_module("pytest").main([*ALWAYS, *limit, *tests], plugins=[plugin])
    finally:
        os._exit(int(code))


if __name__ == "__main__":
    main()
