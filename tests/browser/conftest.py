"""Real browsers, and a wire between them and the live server that can be cut."""

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress

import pytest
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.services import find_browser

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


class Wire:
    """A TCP line to the live server. `cut()` drops every connection and refuses new ones."""

    def __init__(self, target: str) -> None:
        host, port = target.removeprefix("http://").split(":")
        self._target = (host, int(port))
        self._lines: list[socket.socket] = []
        self._up = True
        self._dropping_answers = False
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        self._up = False
        self._drop()

    def cut_answers(self) -> None:
        """What is sent still arrives, but nothing comes back: the worst moment to lose a line."""
        self._dropping_answers = True

    def mend(self) -> None:
        self._drop()
        self._dropping_answers = False
        self._up = True

    def close(self) -> None:
        self.cut()
        self._server.close()

    def _drop(self) -> None:
        lines, self._lines = self._lines, []
        for line in lines:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            line.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._server.accept()
                if not self._up:
                    near.close()
                    continue
                far = socket.create_connection(self._target)
                self._lines += [near, far]
                threading.Thread(target=self._pump, args=(near, far, False), daemon=True).start()
                threading.Thread(target=self._pump, args=(far, near, True), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, answers: bool) -> None:
        with suppress(OSError), closing(source), closing(sink):
            while data := source.recv(65536):
                if not (answers and self._dropping_answers):
                    sink.sendall(data)


@pytest.fixture
def wire(live) -> Iterator[Wire]:
    line = Wire(live.url)
    yield line
    line.close()


@pytest.fixture
def browse(chromium) -> Iterator[Callable[..., Page]]:
    """Opens a page in a browser of its own: logged in as `staff`, or as nobody."""
    contexts: list[BrowserContext] = []

    def open_page(url: str, *, staff=None, width: int = 1440, height: int = 900, **options) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            **options,
        )
        contexts.append(context)
        if staff is not None:
            context.add_cookies([_session_cookie(staff, url)])
        page = context.new_page()
        page.set_default_timeout(10000)
        page.goto(url)
        return page

    yield open_page
    for context in contexts:
        context.close()


def _session_cookie(staff, url: str) -> dict[str, str]:
    client = Client()
    client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    # The whole site, not the folder of this page: the socket needs it too.
    origin = "/".join(url.split("/")[:3])
    return {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": f"{origin}/"}
