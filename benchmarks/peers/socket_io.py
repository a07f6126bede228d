"""What others would pick for a chat: socket.io on Node, on the same PostgreSQL and Redis, loaded by the same clients.

Its packages come from npm into a folder of this machine's own; nothing of them is part of the project.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from benchmarks import wire

SERVER = Path(__file__).with_name("socket_io.mjs")
PACKAGES = ("socket.io@4.8.4", "@socket.io/redis-adapter@8.3.0", "redis@4.7.1", "pg@8.23.1")
# The sides of a measurement, and how each stores its messages.
SIDES = {"socket.io": "single", "socket.io batched": "batched"}
PATH = "/socket.io/?EIO=4&transport=websocket"
# Packets of engine.io: a connection to the namespace, the server's question whether somebody is there, the answer.
CONNECT, JOINED, PING, PONG = b"40", b'40{"sid"', b"\x81\x012", b"3"


def install_packages() -> Path | None:
    """The folder with the packages, fetched at the first time; None, with a word, where that cannot be done."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        print("socket.io is left out: Node.js 20 or newer with npm is not installed", flush=True)
        return None
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "shopcomm-peers"
    mark = folder / "installed"
    if mark.exists() and mark.read_text() == " ".join(PACKAGES):
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text('{"private": true}\n')
    command = [
        "npm",
        "install",
        "--no-audit",
        "--no-fund",
        "--no-package-lock",
        "--ignore-scripts",
        *PACKAGES,
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        print(f"socket.io is left out: npm could not install it: {done.stderr.strip()[-300:]}", flush=True)
        return None
    mark.write_text(" ".join(PACKAGES))
    return folder


def server_command(side: str, port: int) -> list[str]:
    """How one side is started."""
    return ["node", str(SERVER), str(port), SIDES[side]]


def server_environment(packages: Path) -> dict[str, str]:
    """What its server has to know; PostgreSQL's driver takes no address of a socket in a URL."""
    address = urlsplit(os.environ["DATABASE_URL"])
    return {
        "PEERS_FOLDER": str(packages),
        "NODE_ENV": "production",
        "PGHOST": parse_qs(address.query)["host"][0],
        "PGUSER": address.username or "",
        "PGDATABASE": address.path.lstrip("/"),
    }


class Client(wire.Client):
    """A client that speaks socket.io: a frame is an event with its name."""

    def data_received(self, data: bytes) -> None:
        """Answer who asks whether somebody is there; the rest is counted like any other frame."""
        if self.open.done() and PING in data:
            self.send_text(PONG)
        super().data_received(data)

    def send(self, **frame: Any) -> None:
        name = frame.pop("type")
        self.send_text(b"42" + json.dumps([name, frame]).encode())


async def connect_many(port: int, count: int, *marks: bytes) -> list[wire.Client]:
    """So many clients, each in the namespace."""
    marks = (*marks, JOINED)
    clients = await wire.connect_many(port, "", count, *marks, path=PATH, kind=Client)
    for client in clients:
        client.send_text(CONNECT)
    await wire.until(lambda: all(each.counts[JOINED] for each in clients), 60, "all are connected")
    return clients
