"""`make run` and `make shop`: set up, start everything in order, wait, stop everything in reverse order."""

import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from shopcomm.core.embedded.attach import ROOT, data_folder
from shopcomm.core.embedded.binaries import EmbeddedError, keep_private, spawn_process
from shopcomm.core.embedded.catalogues import compile_catalogues
from shopcomm.core.embedded.opening import Folder
from shopcomm.core.embedded.preparing import Preparation
from shopcomm.core.embedded.restarts import Restarts, write_keeps_ending
from shopcomm.core.embedded.services import Services, end_process, last_line, last_line_of, stop_leftovers
from shopcomm.core.reading import whole_number

READY_SECONDS = 90.0
# How some of our processes end if we are killed and nobody is left to lose patience with them: a worker whose broker has
# gone waits for it for ever, and a scheduler that looks for its broker hears nothing. Both keep what matters in the
# database, and a worker's own processes end when its pipe does.
ORPHANED = {"worker": signal.SIGKILL, "beat": signal.SIGKILL}


class Stopped(Exception):
    """Somebody asked us to stop."""


class Supervisor:
    """Everything `make run` starts, and the order it is stopped in."""

    def __init__(self, data: Path, port: int, *, wants_own: bool = False) -> None:
        self.data, self.port = data, port
        self.folder = Folder(data, wants_own)
        self.services = Services(data)
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self.restarts: dict[str, Restarts] = {}
        self.keep_ending: list[str] = []
        self.ways_in: list[str] = []
        self.noted, self.told_unnoted = True, False

    def run(self) -> None:
        """Start, print the log-ins, look after the children until told to stop."""
        try:
            self.start()
            self.announce()
            self.watch()
        finally:
            # A second Ctrl-C must not leave anything behind.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            self.stop()

    def start(self) -> None:
        """Servers, tables, files, the shop, then web, worker and scheduler."""
        check_port(self.port)
        self.folder.check()
        stop_leftovers(self.data)
        write_keeps_ending(self.data, [])
        postgres, valkey = not os.environ.get("DATABASE_URL"), not os.environ.get("REDIS_URL")
        self.services.start(postgres=postgres, valkey=valkey)
        os.environ["PORT"] = str(self.port)
        if postgres:
            os.environ["DATABASE_URL"] = self.services.database_url
        if postgres and not self.folder.is_own:
            # The demo shop's customers have no phones.
            os.environ.setdefault("SHOW_LOGIN_CODES", "true")
            if not os.environ.get("DJANGO_SETTINGS_MODULE", "").endswith(".production"):
                # A trial gateway beside the shop; production does not start with it.
                os.environ.setdefault("OUTBOUND_LOOPBACK", "true")
        if valkey:
            os.environ["REDIS_URL"] = self.services.redis_url
        compile_catalogues()
        preparation = Preparation(self.data, self.manage)
        with preparation.static_files():
            preparation.tables()
            self.ways_in = self.folder.open(self.manage, self.port)
        for name in self.commands:
            self.spawn(name)
        self.note_what_runs()
        self.wait_until_ready()

    @property
    def commands(self) -> "dict[str, Callable[[int], list[str]]]":
        """Our own processes, in the order of their start: for the demo shop as few as will do."""
        production = os.environ.get("DJANGO_SETTINGS_MODULE", "").endswith(".production")
        return COMMANDS if production or self.folder.is_own else DEMO_COMMANDS

    def manage(self, *arguments: str) -> str:
        """Run a command of manage.py; what it printed. Raises EmbeddedError with its last words when it fails."""
        done = subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), *arguments], capture_output=True, text=True, cwd=ROOT
        )
        if done.returncode:
            raise EmbeddedError(f"manage.py {arguments[0]}: {last_line(done.stderr or done.stdout)}")
        return done.stdout

    def spawn(self, name: str) -> None:
        """Start one of our own processes with a log of its own."""
        command = self.commands[name](self.port)
        settings = os.environ.get("DJANGO_SETTINGS_MODULE", "shopcomm.settings.base")
        log, orphaned = self.data / f"{name}.log", ORPHANED.get(name, signal.SIGTERM)
        # Celery would check the whole project first, and load every page for it.
        environment = {"DJANGO_SETTINGS_MODULE": settings, "CELERY_SKIP_CHECKS": "1"}
        self.children[name] = spawn_process(command, log, orphaned=orphaned, **environment)
        self.services.processes[name] = self.children[name]
        self.noted = False

    def wait_until_ready(self) -> None:
        """Wait for /readyz. Raises EmbeddedError when a child dies or time is up."""
        deadline = time.monotonic() + READY_SECONDS
        while not page_answers(f"http://127.0.0.1:{self.port}/readyz"):
            self.check_children()
            if time.monotonic() > deadline:
                raise EmbeddedError(f"not ready after {READY_SECONDS:.0f} s; see {self.data}/web.log")
            time.sleep(0.05)

    def announce(self) -> None:
        """Print where the shop is and how to get in."""
        print_line(f"ready: http://127.0.0.1:{self.port}")
        for line in self.ways_in:
            print_line(line)

    def watch(self) -> None:
        """Stay until a signal; start again what ends by itself, ever later if it ends again and again."""
        while True:
            for name in list(self.services.processes):
                self.look_after(name)
            self.note_what_runs()
            self.tell_who_keeps_ending()
            time.sleep(0.5)

    def note_what_runs(self) -> None:
        """Record our processes when they have changed; on a full disk again at the next check."""
        if self.noted:
            return
        try:
            self.services.note()
        except OSError as error:
            if not self.told_unnoted:
                print_line(f"what runs could not be written down yet: {error}")
            self.told_unnoted = True
        else:
            self.noted, self.told_unnoted = True, False

    def look_after(self, name: str) -> None:
        """Restart a child that ended once it is due. If that fails, the others continue and it is tried again."""
        process, restarts, now = self.services.processes[name], self.restarts.get(name), time.monotonic()
        if process.poll() is None:
            return
        if restarts is None or process.pid != restarts.of:
            self.note_end(name, process)
        elif now >= restarts.due:
            try:
                self.start_again(name)
            except (EmbeddedError, OSError, subprocess.SubprocessError) as error:
                print_line(f"{name} could not be started: {error}")
                restarts.ended(now)

    def note_end(self, name: str, process: "subprocess.Popen[bytes]") -> None:
        """Write down that a child ended, and say so if it has to wait."""
        restarts = self.restarts.setdefault(name, Restarts())
        restarts.of = process.pid
        if wait := restarts.ended(time.monotonic()):
            log = self.data / f"{name}.log"
            print_line(
                f"{name} keeps ending ({len(restarts.ends)} times in a minute, last with {process.returncode}); "
                f"next start in {wait:.0f} s; {log} ends with: {last_line_of(log)}"
            )

    def start_again(self, name: str) -> None:
        """A child that ended, once more."""
        if name in self.commands:
            self.spawn(name)
        else:
            self.services.start_again(name)
            self.noted = False
        print_line(f"{name} ended and was started again; see {self.data}/{name}.log")

    def tell_who_keeps_ending(self) -> None:
        """Report processes that keep ending to /readyz and the managers' page, when that has changed."""
        now = time.monotonic()
        names = [name for name, restarts in self.restarts.items() if restarts.keeps_ending(now)]
        if names != self.keep_ending:
            self.keep_ending = names
            write_keeps_ending(self.data, names)
            print_line(f"keep ending: {', '.join(names) or 'none any more'}")

    def check_children(self) -> None:
        """Raises EmbeddedError when one ended during the start."""
        for name, process in self.services.processes.items():
            if process.poll() is not None:
                log = self.data / f"{name}.log"
                raise EmbeddedError(f"{name} ended by itself; {log} ends with: {last_line_of(log)}")

    def stop(self) -> None:
        """Scheduler, worker (it finishes what it has), web (clients are told), then the servers."""
        for name, within in (("beat", 5.0), ("worker", 15.0), ("web", 10.0)):
            self.services.processes.pop(name, None)
            if process := self.children.pop(name, None):
                end_process(process, signal.SIGTERM, within)
        self.services.stop()
        write_keeps_ending(self.data, [])


def web_command(port: int) -> list[str]:
    """uvicorn with what a chat needs: no compression (it costs memory), frames of at most 16 MiB, so that a large one is answered, not cut."""
    command = [sys.executable, "-m", "uvicorn", "shopcomm.asgi:application", "--host", "127.0.0.1"]
    command += [
        "--port",
        str(port),
        "--lifespan",
        "off",
        "--ws",
        "shopcomm.core.http.ready_frames:ReadyFramesProtocol",
    ]
    command += ["--ws-max-size", "16777216", "--ws-per-message-deflate", "false"]
    command += ["--timeout-graceful-shutdown", "5", "--log-level", "warning"]
    return [*command, "--workers", os.environ.get("WEB_CONCURRENCY", "1")]


def worker_command() -> list[str]:
    """A Celery worker; CELERY_CONCURRENCY processes, two unless set."""
    command = [sys.executable, "-m", "celery", "-A", "shopcomm", "worker", "--loglevel", "WARNING"]
    return [*command, "--concurrency", os.environ.get("CELERY_CONCURRENCY", "2"), "--without-mingle"]


def demo_worker_command() -> list[str]:
    """A worker of threads with the scheduler inside: what a demo needs of both in a quarter of their memory."""
    return [*worker_command(), "--pool", "threads", "--scheduler-inside"]


def beat_command() -> list[str]:
    """The scheduler, without a file of its own: its schedule is in the database."""
    return [
        sys.executable,
        "-m",
        "celery",
        "-A",
        "shopcomm",
        "beat",
        "--loglevel",
        "WARNING",
        "--pidfile",
        "",
    ]


# Our own processes, in the order of their start.
COMMANDS: dict[str, Callable[[int], list[str]]] = {
    "web": web_command,
    "worker": lambda port: worker_command(),
    "beat": lambda port: beat_command(),
}
DEMO_COMMANDS: dict[str, Callable[[int], list[str]]] = {
    "web": web_command,
    "worker": lambda port: demo_worker_command(),
}


def print_line(line: str) -> None:
    """Print a line where `make run` prints. It may be a file on the disk that is full: the shop goes on all the same."""
    with suppress(OSError):
        os.write(sys.stdout.fileno(), f"{line}\n".encode())


def page_answers(url: str) -> bool:
    """Whether a page of ours answers 200."""
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def port_of(text: str) -> int:
    """PORT as a number. Raises EmbeddedError for anything no server can listen on."""
    if text.isascii() and (port := whole_number(text, least=1, most=65535)):
        return port
    raise EmbeddedError(f"PORT={text} is no port: set a number from 1 to 65535")


def check_port(port: int) -> None:
    """Raises EmbeddedError when somebody else listens on our port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise EmbeddedError(
                f"port {port} is in use: stop what uses it, or run PORT={port + 1} make run"
            ) from error


@contextmanager
def hold_data_folder(data: Path) -> Iterator[None]:
    """Hold a data folder. Raises EmbeddedError when another supervisor holds it."""
    keep_private(data)
    with (data / "supervisor.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise EmbeddedError(
                f"ShopComm already runs on {data}: set PORT and SHOPCOMM_DATA for another"
            ) from error
        yield


def main() -> None:
    """Run until stopped; one clear line when something is in the way."""
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    try:
        port = port_of(os.environ.get("PORT") or "8000")
        data = data_folder()
        with hold_data_folder(data):
            Supervisor(data, port, wants_own=sys.argv[1:] == ["shop"]).run()
    except Stopped:
        print_line("stopped")
    except (EmbeddedError, OSError, ValueError) as error:
        sys.exit(f"shopcomm: {error}")


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise Stopped


if __name__ == "__main__":
    main()
