"""The embedded servers, the product and the floor, in a folder that is thrown away afterwards."""

import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType

import django
import psycopg

from benchmarks.measuring import tree_cpu_seconds
from benchmarks.peers import socket_io
from shopcomm.core.embedded.binaries import spawn_process
from shopcomm.core.embedded.services import Services, end_process, free_port
from shopcomm.core.embedded.supervisor import beat_command, page_answers, web_command, worker_command

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 60.0


class Bench:
    """Everything that is measured. Django in this process sees the product's database."""

    def __init__(self, peers: Path | None = None) -> None:
        # Where the packages are that others build chats with, if the product is to be measured beside them.
        self.peers = peers
        self.data = Path(tempfile.mkdtemp(prefix="shopcomm-bench-"))
        self.services = Services(self.data)
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.ports: dict[str, int] = {}

    def __enter__(self) -> "Bench":
        _raise_file_limit()
        try:
            self.services.start()
            self._settle_environment()
            self.manage("migrate", "--verbosity", "0")
            self.manage("collectstatic", "--noinput", "--verbosity", "0")
            django.setup()
            self.start("product")
            self.start("floor")
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        for process in self.processes.values():
            end_process(process, signal.SIGTERM, within=5)
        self.services.stop()
        shutil.rmtree(self.data, ignore_errors=True)

    def _settle_environment(self) -> None:
        os.environ |= {
            # All clients of a measurement are one person.
            "SOCKETS_PER_VISITOR": "100000",
            "DATABASE_URL": self.services.database_url,
            "REDIS_URL": self.services.redis_url,
            "SHOPCOMM_DATA": str(self.data),
            "DJANGO_SETTINGS_MODULE": "shopcomm.settings.base",
            "DJANGO_ALLOW_ASYNC_UNSAFE": "1",
            "REDIS_PREFIX": "bench",
            "WEB_CONCURRENCY": "1",
            "LOG_LEVEL": "WARNING",
        }

    def manage(self, *arguments: str) -> None:
        subprocess.run([sys.executable, str(ROOT / "manage.py"), *arguments], check=True, cwd=ROOT)

    def start(self, name: str) -> None:
        """Start one side afresh: the product, a peer, or a floor: "floor" under the same uvicorn, "bare" under
        none, "empty-view" the product's own settings with one view that answers at once."""
        if old := self.processes.pop(name, None):
            end_process(old, signal.SIGTERM, within=5)
        self.ports[name] = free_port()
        command, environment = web_command(self.ports[name]), dict[str, str]()
        if name in socket_io.SIDES and self.peers:
            command = socket_io.server_command(name, self.ports[name])
            environment = socket_io.server_environment(self.peers)
        elif name == "bare":
            command = [sys.executable, "-m", "benchmarks.floor.bare", str(self.ports[name])]
        elif name == "empty-view":
            environment = {"DJANGO_SETTINGS_MODULE": "benchmarks.floor.empty_view"}
        elif name == "floor":
            command[command.index("shopcomm.asgi:application")] = "benchmarks.floor.server:application"
        self.processes[name] = spawn_process(command, self.data / f"{name}.log", **environment)
        deadline = time.monotonic() + START_SECONDS
        while not page_answers(f"http://127.0.0.1:{self.ports[name]}/healthz"):
            if time.monotonic() > deadline or self.processes[name].poll() is not None:
                sys.exit(f"{name} did not start:\n{(self.data / f'{name}.log').read_text()[-2000:]}")
            time.sleep(0.05)

    def analyze(self) -> None:
        """Give the planner the statistics that autovacuum keeps in a shop that has been open for a minute."""
        with psycopg.connect(self.services.database_url, autocommit=True) as connection:
            connection.execute("ANALYZE")

    def start_background(self) -> None:
        """Worker and scheduler, as `make shop` starts them."""
        for name, command in (("worker", worker_command()), ("beat", beat_command())):
            self.processes[name] = spawn_process(command, self.data / f"{name}.log")

    def stop_background(self) -> None:
        """They cost nothing to what is measured next."""
        for name in ("worker", "beat"):
            end_process(self.processes.pop(name), signal.SIGTERM, within=8)

    def cpu_seconds(self, side: str) -> float:
        """What one side and the servers behind both have spent on the CPU so far."""
        servers = [process.pid for process in self.services.processes.values()]
        return sum(tree_cpu_seconds(pid) for pid in [self.pid(side), *servers])

    def pid(self, name: str) -> int:
        return self.processes[name].pid


def _raise_file_limit() -> None:
    """Thousands of sockets on both ends."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65536) if hard > 0 else 65536, hard))
