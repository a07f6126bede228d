"""Start and stop one PostgreSQL and one Valkey in a data folder."""

import hashlib
import json
import os
import random
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from shopcomm.core.embedded.binaries import (
    EmbeddedError,
    give_to_postgres_user,
    keep_private,
    postgres_bin,
    spawn_process,
    unprivileged_prefix,
    valkey_server,
)

# Unix socket addresses end at 104 (macOS) or 108 bytes, and PostgreSQL appends its own name.
LONGEST_SOCKET_DIR = 80
NEEDED_BYTES = 200 * 1024 * 1024
WAIT_SECONDS = 30.0
# Below what Linux, macOS and BSD give to outgoing connections.
NEVER_GIVEN_OUT = range(20_000, 32_000)
# Of a log, to find its last line in.
LAST_BYTES = 16 * 1024


@dataclass
class Services:
    """The servers of one data folder, those that were asked for."""

    data: Path
    durable: bool = True
    processes: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)
    database_url: str = ""
    redis_url: str = ""

    def start(self, *, postgres: bool = True, valkey: bool = True) -> None:
        """Start the requested servers and wait until they answer. Raises EmbeddedError with what to do."""
        keep_private(self.data)
        _check_space(self.data)
        if postgres:
            self.start_postgres()
        if valkey:
            self.start_valkey()
        self.note()

    def start_postgres(self) -> None:
        """Make the cluster at the first start, start it, make the database."""
        folder, sockets = self.data / "postgres", socket_folder(self.data)
        _make_cluster(folder)
        command = [postgres_bin("postgres"), "-D", str(folder), "-k", str(sockets)]
        options = ["listen_addresses=", "unix_socket_permissions=0700", "max_connections=200"]
        if not self.durable:
            options += ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]
        for option in options:
            command += ["-c", option]
        log = self.data / "postgres.log"
        self.processes["postgres"] = spawn_process([*unprivileged_prefix(), *command], log)
        self.database_url = database_url(self.data)
        wait_for(lambda: _postgres_answers(sockets), self.processes["postgres"], log)
        _make_database(sockets)

    def start_valkey(self, port: int | None = None, password: str | None = None) -> None:
        """Start Valkey on a free port of this machine, with a password and its log of writes."""
        port, password = port or free_port(), password or secrets.token_urlsafe(16)
        folder, log = self.data / "valkey", self.data / "valkey.log"
        folder.mkdir(mode=0o700, exist_ok=True)
        command = [valkey_server(), "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder)]
        command += ["--requirepass", password, "--save", "", "--appendonly", "yes" if self.durable else "no"]
        self.processes["valkey"] = spawn_process(command, log)
        self.redis_url = f"redis://:{quote(password)}@127.0.0.1:{port}/0"
        wait_for(lambda: _listens(port), self.processes["valkey"], log)

    def start_again(self, name: str) -> None:
        """A server that ended, where it was before: its clients come back by themselves. `note()` is the caller's."""
        if name == "postgres":
            self.start_postgres()
        else:
            address = urlsplit(self.redis_url)
            self.start_valkey(address.port, unquote(address.password or ""))

    def note(self) -> None:
        """Record what runs here, for later commands and for a start after a crash."""
        record = {
            "database_url": self.database_url,
            "redis_url": self.redis_url,
            "processes": {name: [p.pid, started_at(p.pid)] for name, p in self.processes.items()},
        }
        # In one step: a command that reads half of it would start servers of its own beside these.
        path, draft = self.data / "services.json", self.data / "services.json.new"
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(record))
        draft.replace(path)

    def stop(self) -> None:
        """Stop both: Valkey writes its log out, PostgreSQL closes quickly and cleanly."""
        for name, how in (("valkey", signal.SIGTERM), ("postgres", signal.SIGINT)):
            if process := self.processes.pop(name, None):
                end_process(process, how, within=20)
        (self.data / "services.json").unlink(missing_ok=True)


def database_url(data: Path) -> str:
    """The address of a data folder's database, over its socket."""
    return f"postgresql://shopcomm@/shopcomm?host={quote(str(socket_folder(data)), safe='/')}"


def socket_folder(data: Path) -> Path:
    """Where PostgreSQL's socket is: in the data folder, or in a short one when the path is too long."""
    folder = data / "run"
    if len(str(folder).encode()) > LONGEST_SOCKET_DIR:
        digest = hashlib.sha256(str(data).encode()).hexdigest()[:12]
        folder = Path(tempfile.gettempdir()) / f"shopcomm-{digest}"
    folder.mkdir(mode=0o700, exist_ok=True)
    give_to_postgres_user(folder)
    return folder


def _check_space(data: Path) -> None:
    if shutil.disk_usage(data).free < NEEDED_BYTES:
        raise EmbeddedError(f"the disk of {data} is full: free 200 MB, or set SHOPCOMM_DATA to another place")


def _make_cluster(folder: Path) -> None:
    version = folder / "PG_VERSION"
    ours = _major()
    if version.exists():
        if (theirs := version.read_text().strip()) != ours:
            raise EmbeddedError(
                f"{folder} belongs to PostgreSQL {theirs}, this is {ours}: dump it with the old version "
                "(docs/operations.md), or set SHOPCOMM_DATA to another folder. Nothing was changed."
            )
        return
    folder.mkdir(mode=0o700, exist_ok=True)
    give_to_postgres_user(folder)
    # The built-in provider keeps Chinese characters apart; plain C would not.
    locale = ["--locale-provider=builtin", "--locale=C.UTF-8"]
    command = [
        postgres_bin("initdb"),
        "-D",
        str(folder),
        "-E",
        "UTF8",
        *locale,
        "-A",
        "trust",
        "-U",
        "shopcomm",
    ]
    made = subprocess.run([*unprivileged_prefix(), *command, "--no-sync"], capture_output=True, text=True)
    if made.returncode:
        shutil.rmtree(folder, ignore_errors=True)
        raise EmbeddedError(f"PostgreSQL could not make its folder: {last_line(made.stderr)}")


def _major() -> str:
    printed = subprocess.run([postgres_bin("postgres"), "--version"], capture_output=True, text=True).stdout
    return printed.split()[-1].split(".")[0]


def _postgres_answers(sockets: Path) -> bool:
    import psycopg

    try:
        psycopg.connect(host=str(sockets), user="shopcomm", dbname="postgres", connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _make_database(sockets: Path) -> None:
    import psycopg

    try:
        with psycopg.connect(
            host=str(sockets), user="shopcomm", dbname="postgres", autocommit=True
        ) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = 'shopcomm'").fetchone():
                connection.execute("CREATE DATABASE shopcomm")
    except psycopg.Error as error:
        # A disk that is full, or a server that ended again: the supervisor goes on and tries once more.
        raise EmbeddedError(f"PostgreSQL has no database for the shop: {last_line(str(error))}") from error


def free_port() -> int:
    """A port of this machine that nobody listens on, and that no outgoing connection takes before its server starts.

    Raises OSError where a hundred are taken.
    """
    for port in random.SystemRandom().sample(NEVER_GIVEN_OUT, 100):
        with suppress(OSError), socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return port
    raise OSError("no free port")


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_for(ready: Callable[[], bool], process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Wait until `ready()` holds. Raises EmbeddedError with the log's last line when the process ends first."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            raise EmbeddedError(f"{log.stem}: {last_line_of(log)}")
        time.sleep(0.02)


def last_line(text: str) -> str:
    """What a program said last."""
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip() if lines else "it ended without a word"


def last_line_of(log: Path) -> str:
    """The last line of a log, which may be larger than the memory of this machine."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - LAST_BYTES))
            return last_line(file.read().decode(errors="replace"))
    except OSError as error:
        return str(error)


def started_at(pid: int) -> str:
    """When a process started, so that a number used again is not taken for the old one. Linux: /proc."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return ""


def end_process(process: "subprocess.Popen[bytes]", how: signal.Signals, within: float) -> None:
    """Ask a process we started to stop; insist after `within` seconds."""
    if process.poll() is None:
        process.send_signal(how)
        try:
            process.wait(within)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def stop_leftovers(data: Path) -> None:
    """End what a killed supervisor of this folder left running, and nothing else."""
    path = data / "services.json"
    try:
        record = json.loads(path.read_text())
    except (OSError, ValueError):
        return
    for pid, start in record.get("processes", {}).values():
        if start and started_at(pid) == start:
            os.kill(pid, signal.SIGINT)
            deadline = time.monotonic() + 10
            while started_at(pid) == start and _state(pid) != "Z" and time.monotonic() < deadline:
                time.sleep(0.05)
    path.unlink(missing_ok=True)


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"
