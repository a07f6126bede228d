"""Nothing leaves the house but through the one client."""

import ast
import os
import subprocess
import sys
from pathlib import Path

from tests.house.sources import nodes_of

ROOT = Path(__file__).parents[2]
# What can open a connection to somewhere; asking for a name is the client's own business.
CLIENTS = {
    "httpx",
    "httpx2",
    "httpcore",
    "httpcore2",
    "aiohttp",
    "urllib3",
    "http.client",
    "urllib.request",
    "pywebpush",
}
ITSELF = {"shopcomm/core/outbound/calls.py", "shopcomm/core/outbound/requests_adapter.py"}
# Looks at the port of our own web process, before there is a product.
OUR_OWN_PORT = {"shopcomm/core/embedded/supervisor.py"}


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in nodes_of(path):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def test_only_the_guarded_client_imports_an_http_client() -> None:
    found = {}
    for folder in ("shopcomm", "orders", "messaging"):
        for path in ROOT.glob(f"{folder}/**/*.py"):
            name = path.relative_to(ROOT).as_posix()
            if name not in ITSELF | OUR_OWN_PORT and (used := imported(path) & (CLIENTS | {"requests"})):
                found[name] = used
    assert found == {}


def test_a_production_site_refuses_the_development_setting_for_outbound_calls() -> None:
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "shopcomm.settings.production",
        "OUTBOUND_LOOPBACK": "1",
    }
    command = [sys.executable, "-c", "import django; django.setup()"]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode != 0
    assert "OUTBOUND_LOOPBACK is for development" in done.stderr
    done = subprocess.run(
        command, env=environment | {"OUTBOUND_LOOPBACK": "0"}, cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
