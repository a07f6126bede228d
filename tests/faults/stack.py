"""The product as real processes on servers of their own, each of which can be killed and started again."""

import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import psycopg

from shopcomm.core.embedded.binaries import spawn_process
from shopcomm.core.embedded.services import Services, end_process, free_port
from shopcomm.core.embedded.supervisor import beat_command, page_answers, web_command, worker_command
from tests.faults.waiting import eventually

ROOT = Path(__file__).resolve().parent.parent.parent


UNSEEN = """
SELECT count(*) FROM events_domainevent e WHERE e.type = 'test.bag_scanned'
AND NOT EXISTS (SELECT FROM faults_seen s WHERE s.position = e.position)
"""


class Stack:
    """PostgreSQL, Valkey, two web processes, a worker and the scheduler in one folder."""

    def __init__(self, data: Path, *, durable: bool = True) -> None:
        self.services = Services(data, durable=durable)
        self.data = data
        # `outside` is where another system listens, which the product may call.
        self.ports = {"web": free_port(), "web2": free_port(), "outside": free_port()}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.cast: dict[str, Any] = {}

    def prepare(self) -> None:
        """Leave in the folder what every first start does: the tables and the static files, and nothing that runs."""
        self.services.start()
        try:
            with ThreadPoolExecutor() as pool:
                commands = [("migrate",), ("collectstatic", "--noinput")]
                for done in [
                    pool.submit(self.python, "manage.py", *each, "--verbosity", "0") for each in commands
                ]:
                    done.result()
        finally:
            self.services.stop()

    def start(self, prepared: Path) -> None:
        """Go on from a folder that was prepared."""
        subprocess.run(["cp", "-a", f"{prepared}/.", self.data], check=True)
        self.services.start()
        self.cast = json.loads(self.django("cast", "main()"))
        self.start_web("web")

    def stop(self) -> None:
        for process in self.processes.values():
            end_process(process, signal.SIGTERM, within=8)
        self.services.stop()

    @property
    def environment(self) -> dict[str, str]:
        return {
            "DATABASE_URL": self.services.database_url,
            "REDIS_URL": self.services.redis_url,
            "SHOPCOMM_DATA": str(self.data),
            "DJANGO_SETTINGS_MODULE": "shopcomm.settings.base",
            "DJANGO_ALLOW_ASYNC_UNSAFE": "",
            "REDIS_PREFIX": "faults",
            "CELERY_CONCURRENCY": "1",
            "WEB_CONCURRENCY": "1",
            "WEBHOOK_ALLOWED_HOSTS": f"127.0.0.1:{self.ports['outside']}",
        }

    def python(self, *arguments: str) -> str:
        """Run one of our programs to its end and return what it printed."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=os.environ | self.environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    def django(self, module: str, call: str) -> str:
        """Run a function of one of this folder's modules with Django on the stack's servers."""
        return self.django_of(f"tests.faults.{module}", call)

    def django_of(self, module: str, call: str) -> str:
        """The same of any module."""
        return self.python("-c", f"import django; django.setup(); from {module} import main; {call}")

    def write_events(self, threads: int, events: int) -> None:
        """Have several threads publish so many events each, all at once."""
        self.django("writers", f"main({threads}, {events})")

    def all_seen(self) -> bool:
        """Whether the reader has had every event there is, also what other tests left behind."""
        self.look_after()
        return self.rows(UNSEEN) == [(0,)]

    # --- processes -------------------------------------------------------------------------------
    def start_web(self, name: str = "web") -> None:
        self.spawn_web(name)
        self.wait_for_web(name)

    def spawn_web(self, name: str = "web") -> None:
        """From the main thread: a child dies with the thread that started it."""
        self.spawn(name, web_command(self.ports[name]))

    def wait_for_web(self, name: str = "web") -> None:
        eventually(lambda: page_answers(f"{self.url(name)}/healthz"), why=f"{name} answers")

    def start_worker(self, name: str = "worker") -> None:
        """A worker that also has the handlers of `tests.faults.handler`."""
        self.spawn(name, [*worker_command(), "--include", "tests.faults.handler", "--hostname", f"{name}@%h"])

    def start_beat(self) -> None:
        self.spawn("beat", beat_command())

    def look_after(self) -> None:
        """What every service manager does: start again a worker or a scheduler that ended by itself."""
        starts = {"worker": self.start_worker, "beat": self.start_beat}
        for name in starts.keys() & self.processes.keys():
            if self.processes[name].poll() is not None:
                starts[name]()

    def kill(self, name: str) -> None:
        """kill -9, the whole group: nothing of it gets to tidy up."""
        process = self.processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def kill_valkey(self) -> None:
        process = self.services.processes["valkey"]
        process.kill()
        process.wait()

    def start_valkey(self) -> None:
        """On the old port with the old password, as a service manager would."""
        self.services.start_again("valkey")
        self.services.note()

    def crash_postgres(self) -> None:
        """An immediate shutdown: every connection breaks, and the next start has to recover."""
        process = self.services.processes["postgres"]
        process.send_signal(signal.SIGQUIT)
        process.wait(20)

    def start_postgres(self) -> None:
        self.services.start_again("postgres")
        self.services.note()

    def spawn(self, name: str, command: list[str]) -> None:
        self.processes[name] = spawn_process(command, self.data / f"{name}.log", **self.environment)

    # --- ways in -----------------------------------------------------------------------------------
    def url(self, name: str = "web") -> str:
        return f"http://127.0.0.1:{self.ports[name]}"

    def ws_url(self, name: str = "web") -> str:
        return f"ws://127.0.0.1:{self.ports[name]}/ws/"

    def api(self, name: str = "web") -> httpx.Client:
        key = {"Authorization": f"Bearer {self.cast['api_key']}"}
        return httpx.Client(base_url=f"{self.url(name)}/api/v1/", headers=key, timeout=20)

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Ask the database itself."""
        with psycopg.connect(self.services.database_url, autocommit=True) as connection:
            return connection.execute(sql, values).fetchall()

    def messages(self, conversation: int) -> list[tuple[int, str]]:
        """What is stored of a conversation: `(seq, client_id)` by seq."""
        sql = "SELECT seq, client_id::text FROM messaging_message WHERE conversation_id = %s ORDER BY seq"
        return self.rows(sql, conversation)
