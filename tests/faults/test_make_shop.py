"""`make shop` as its owner meets it: an empty folder, a code, a shop; started again it keeps who is logged in."""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from shopcomm.core.embedded.attach import ROOT
from shopcomm.core.embedded.services import free_port
from tests.faults.waiting import eventually
from tests.setup_form import filled

SUPERVISOR = [sys.executable, "-m", "shopcomm.core.embedded.supervisor"]
OUTSIDE = {
    "DATABASE_URL",
    "REDIS_URL",
    "DJANGO_SETTINGS_MODULE",
    "SHOPCOMM_DEMO_PASSWORD",
    "SHOW_LOGIN_CODES",
}


class Shop:
    """One folder and port; `make shop` or `make run` on it."""

    def __init__(self, data: Path, static: Path) -> None:
        self.data, self.port, self.said = data, free_port(), data / "said.log"
        kept = {name: value for name, value in os.environ.items() if name not in OUTSIDE}
        self.environment = kept | {"SHOPCOMM_DATA": str(data), "PORT": str(self.port)}
        # Collected already: to compress megabytes once more would be most of this test.
        self.environment["STATIC_ROOT"] = str(static)

    def start(self, *words: str) -> str:
        """Start and answer what was said up to ready."""
        command = [*SUPERVISOR, *words]
        with self.said.open("wb") as out:
            self.process = subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=out, stderr=out)

        def is_said() -> bool:
            assert self.process.poll() is None, self.said.read_text()
            return "ready: " in self.said.read_text()

        eventually(is_said, 180, "ready")
        return self.said.read_text()

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(60)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@pytest.fixture
def shop(stack) -> Iterator[Shop]:
    with tempfile.TemporaryDirectory(prefix="shopcomm-own-", ignore_cleanup_errors=True) as folder:
        os.chmod(folder, 0o755)
        shop = Shop(Path(folder), stack.data / "static")
        yield shop
        shop.stop()


def test_make_shop_turns_an_empty_folder_into_a_shop_that_survives_restarts(shop) -> None:
    code = re.search(r"enter this code there: ([A-Z2-9]{4}-[A-Z2-9]{4}-[A-Z2-9]{4})\n", shop.start("shop"))
    assert code
    with httpx.Client(base_url=shop.url, follow_redirects=True, timeout=30) as browser:
        page = browser.get("/")
        assert page.url.path == "/setup/"
        form = filled(code[1]) | {"csrfmiddlewaretoken": browser.cookies["csrftoken"]}
        opened = browser.post("/setup/", data=form)
        assert (opened.url.path, opened.status_code) == ("/first-day/", 200)
        assert browser.get("/orders/").status_code == 200

        # Started again, and by the other command: no demo comes in, nobody has to log in, no code is shown.
        shop.stop()
        assert shop.start().strip() == f"ready: {shop.url}"
        assert browser.get("/first-day/").status_code == 200
        assert "长青箱包" in browser.get("/my/").text
        assert httpx.get(f"{shop.url}/setup/").headers["location"] == "/login/"
    assert [path.name for path in shop.data.glob("*_shop")] == ["own_shop"]
