"""A machine set up as docs/operations.md says, in a folder: the code root's and unwritable, the shop's processes
without any right of root's, their environment nothing but the file."""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from shopcomm.core.embedded.binaries import NOBODY, postgres_bin, spawn_process, unprivileged_prefix
from shopcomm.core.embedded.services import Services, end_process, free_port
from shopcomm.core.embedded.supervisor import page_answers
from tests.faults.waiting import eventually

ROOT = Path(__file__).resolve().parents[2]
PLACES = ("/srv/shopcomm", "/var/lib/shopcomm", "/etc/shopcomm", "/etc/systemd/system", "/etc/nginx/conf.d")
# What would change this machine or needs another one: written down instead of done.
ELSEWHERE = ("useradd", "git", "pip", "systemctl", "nginx")


def blocks(page: str) -> list[list[str]]:
    """The commands of a page, one list a fenced block, without what is said about them; a block in a language is none."""
    found = re.findall(r"^```(\w*)\n(.*?)^```", (ROOT / page).read_text(), re.MULTILINE | re.DOTALL)
    told = [block.splitlines() for language, block in found if not language]
    return [[re.sub(r"\s+#\s.*", "", line) for line in lines if line.strip()] for lines in told]


def unit(name: str) -> dict[str, list[str]]:
    """The settings of a systemd unit; ExecStart may stand there several times."""
    found: dict[str, list[str]] = {}
    for line in (ROOT / f"deploy/systemd/shopcomm-{name}.service").read_text().splitlines():
        key, sign, value = line.partition("=")
        if sign and not line.startswith("#"):
            found.setdefault(key, []).append(value)
    return found


class Machine:
    """PostgreSQL, Valkey, and below one folder everything that the page puts elsewhere."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        folder.chmod(0o755)
        self.services = Services(folder / "servers", durable=False)
        # What the code was made of when it was sealed.
        self.sealed: dict[str, float] = {}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        # Root maps itself to nobody without any right of root's; where that cannot be done it becomes nobody.
        self.owner = NOBODY if unprivileged_prefix()[:1] == ("setpriv",) else os.geteuid()
        for place in PLACES[3:]:
            self.at(place).mkdir(parents=True)

    def at(self, place: str) -> Path:
        """Where something of the page is here."""
        return self.folder / place.lstrip("/")

    def here(self, text: str) -> str:
        """A command or a setting with the places of this machine."""
        for place in PLACES:
            text = re.sub(rf"(?<![\w.{re.escape(str(self.folder))}]){place}\b", str(self.at(place)), text)
        return text.replace("--port 8000", f"--port {self.port}").replace(":8000", f":{self.port}")

    def follow(self, line: str) -> None:
        """A command as the page says it, as root would; of git and pip the result is put in place."""
        shims = self.folder / "shims"
        shims.mkdir(exist_ok=True)
        for name in ELSEWHERE:
            (shims / name).write_text(f'#!/bin/sh\necho {name} "$@" >> {self.folder}/noted\n')
            (shims / name).chmod(0o755)
        if line.startswith("git clone"):
            return self._clone()
        line = self.here(line).replace("-o shopcomm", f"-o {self.owner}")
        line = line.replace(".venv/bin/pip", "pip").replace("python3 -m venv .venv", "true")
        self.run(["bash", "-euc", line], PATH=f"{shims}:{os.environ['PATH']}")

    def _clone(self) -> None:
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        for name in filter(None, names.split("\0")):
            if name.startswith(("tests/", "docs/", "benchmarks/")) or not (ROOT / name).exists():
                continue
            target = self.at("/srv/shopcomm") / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target)
        (self.at("/srv/shopcomm") / ".venv").symlink_to(sys.prefix)

    def seal(self) -> dict[str, float]:
        """Nobody but root writes into the code from here on; answers what it is made of."""
        code = self.at("/srv/shopcomm")
        for path in [code, *code.rglob("*")]:
            if not path.is_symlink():
                path.chmod(path.stat().st_mode & ~0o222)
        return self.code()

    def code(self) -> dict[str, float]:
        """Every file of the code and when it was written."""
        code = self.at("/srv/shopcomm")
        return {str(path): path.stat().st_mtime for path in code.rglob("*") if not path.is_symlink()}

    def fill_in(self, **values: str) -> None:
        """The settings that the page leaves to its reader."""
        path = self.at("/etc/shopcomm/shopcomm.env")
        text = self.here(path.read_text())
        for name, value in values.items():
            text, count = re.subn(rf"^{name}=.*", f"{name}={value}", text, flags=re.MULTILINE)
            assert count == 1, name
        path.write_text(text)

    def run(self, command: list[str], **environment: str) -> str:
        """A command to its end, in the code's folder if there is one yet; what it printed."""
        code = self.at("/srv/shopcomm")
        done = subprocess.run(
            command,
            cwd=code if code.exists() else self.folder,
            env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8"} | environment,
            capture_output=True,
            text=True,
            timeout=180,
        )
        assert done.returncode == 0, f"{command}: {done.stdout[-1500:]}{done.stderr[-3000:]}"
        return done.stdout

    def as_shop(self, line: str, **environment: str) -> str:
        """A command as the shop's account, through `deploy/run`, as root would start it."""
        env = {"SHOPCOMM_ENV": str(self.at("/etc/shopcomm/shopcomm.env"))} | environment
        postgres = str(Path(postgres_bin("pg_dump")).parent)
        env["PATH"] = f"{postgres}:{os.environ['PATH']}"
        return self.run([*unprivileged_prefix(), *shlex.split(self.here(line))], **env)

    def settings(self) -> dict[str, str]:
        """What the units' EnvironmentFile holds."""
        lines = self.at("/etc/shopcomm/shopcomm.env").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines if re.match(r"[A-Z_]+=", line))

    def start(self, name: str) -> None:
        """What systemd does with a unit: its commands, in its folder, with nothing but its environment."""
        section = unit(name)
        assert section["User"] == ["shopcomm"]
        assert section["EnvironmentFile"] == ["/etc/shopcomm/shopcomm.env"]
        assert section["WorkingDirectory"] == ["/srv/shopcomm"]
        clean = ["env", "-i", "-C", str(self.at("/srv/shopcomm")), "PATH=/usr/bin:/bin"]
        clean += [f"{key}={value}" for key, value in self.settings().items()]
        for each in section["ExecStart"]:
            command = [*unprivileged_prefix(), *clean, *shlex.split(self.here(each))]
            if section.get("Type") == ["oneshot"]:
                self.run(command)
            else:
                self.processes[name] = spawn_process(command, self.folder / f"{name}.log")

    def wait(self, name: str, word: str) -> None:
        """Until a process has said something."""

        def said() -> bool:
            text = (self.folder / f"{name}.log").read_text()
            assert self.processes[name].poll() is None, text[-3000:]
            return word in text

        eventually(said, 60, f"{name} says {word}")

    def start_all(self) -> None:
        """Web, worker and beat, until web is ready."""
        for name in ("web", "worker", "beat"):
            self.start(name)
        eventually(lambda: page_answers(f"http://127.0.0.1:{self.port}/readyz"), 60, "web is ready")

    def stop(self) -> None:
        """What stopping the target does."""
        for name in tuple(self.processes):
            end_process(self.processes.pop(name), signal.SIGTERM, 15)

    def notes(self) -> list[str]:
        """Commands that were meant for a whole machine."""
        path = self.folder / "noted"
        return path.read_text().splitlines() if path.exists() else []

    def readable_by_all(self, folder: Path) -> list[str]:
        """What another account could not reach: a file it may not read, or one behind a folder it may not pass."""
        above = [path for path in folder.parents if path.is_relative_to(self.at("/var"))]
        shut = [str(path) for path in above if not path.stat().st_mode & 0o001]
        for path in folder.rglob("*"):
            wanted = 0o005 if path.is_dir() else 0o004
            if path.stat().st_mode & wanted != wanted:
                shut.append(str(path))
        return shut


def log_in(machine: Machine, username: str, password: str) -> Any:
    """A browser behind nginx, as which it speaks to the web process."""
    import httpx

    client = httpx.Client(
        base_url=f"http://127.0.0.1:{machine.port}",
        headers={
            "Host": "shop.example.com",
            "X-Forwarded-Proto": "https",
            "Referer": "https://shop.example.com/login/",
        },
        timeout=20,
    )
    # Cookies of a real site are for HTTPS; nginx, which is not here, would have taken them back from it.
    token = client.get("/login/").cookies["__Host-csrftoken"]
    form = {"username": username, "password": password, "csrfmiddlewaretoken": token}
    entered = client.post("/login/", data=form, headers={"Cookie": f"__Host-csrftoken={token}"})
    assert entered.status_code == 302, entered.text[:2000]
    client.headers["Cookie"] = f"__Host-sessionid={entered.cookies['__Host-sessionid']}"
    client.cookies.clear()
    return client
