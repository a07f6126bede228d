"""Another system, in Node: it takes and signs webhooks with the reference library of Standard Webhooks for Node.

The library comes from npm into a folder of the test run's own, by the locked hashes.
"""

import json
import subprocess
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PROGRAM = ("package.json", "package-lock.json", "receiver.mjs")
FETCH = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline")


def install_program(folder: Path) -> Path:
    """The program with its packages in this folder. Raises RuntimeError, with npm's own words, where npm cannot fetch them."""
    for name in PROGRAM:
        (folder / name).write_bytes((HERE / name).read_bytes())
    done = subprocess.run(FETCH, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"npm could not fetch the reference library: {done.stderr.strip()}")
    return folder / "receiver.mjs"


def sign_in_node(program: Path, secret: str, message_id: str, at: int, text: str) -> str:
    """The signature that the reference library makes for a text at a moment (seconds since 1970)."""
    command = ["node", str(program), "sign", secret, message_id, str(at)]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


class NodeReceiver:
    """Listens on a port of this machine, with one secret."""

    def __init__(self, program: Path, secret: str) -> None:
        command = ["node", str(program), "receive", secret]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.host = f"127.0.0.1:{int(self._line())}"
        self.url = f"http://{self.host}/hook"

    def next_request(self) -> dict[str, Any]:
        """What became of the next request: its id, whether it verified, its type or the error."""
        return dict(json.loads(self._line()))

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()

    def _line(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline()
