"""A shop of its own to knock at: the embedded servers, the demo's orders, one real web process; thrown away afterwards."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType

import django
import httpx

from fuzz.knock import Answer, Knock
from shopcomm.core.embedded.binaries import spawn_process
from shopcomm.core.embedded.services import Services, end_process, free_port
from shopcomm.core.embedded.supervisor import page_answers, web_command

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 60.0
# Everything that would stop the fuzz at the door; the limits have tests of their own.
NO_LIMITS = {
    "API_RATE": "1000000",
    "SOCKET_RATE": "10000000",
    "SOCKETS_PER_VISITOR": "100000",
    "UPLOADS_PER_MINUTE": "1000000",
    "LOGIN_FAILURE_LIMIT": "1000000",
}


class Shop:
    """What is knocked at. Django in this process sees its database."""

    def __init__(self) -> None:
        self.data = Path(tempfile.mkdtemp(prefix="shopcomm-fuzz-"))
        self.services = Services(self.data)
        self.web: subprocess.Popen[bytes] | None = None
        self.port = 0

    def __enter__(self) -> "Shop":
        try:
            self.services.start()
            os.environ |= NO_LIMITS | {
                "DATABASE_URL": self.services.database_url,
                "REDIS_URL": self.services.redis_url,
                "SHOPCOMM_DATA": str(self.data),
                # As shipped, but for static files that need no collecting, and quick password hashes.
                "DJANGO_SETTINGS_MODULE": "shopcomm.settings.test",
                "REDIS_PREFIX": "fuzz",
                "WEB_CONCURRENCY": "1",
                "LOG_LEVEL": "ERROR",
            }
            for command in (["migrate", "--verbosity", "0"], ["seed_demo"]):
                subprocess.run([sys.executable, str(ROOT / "manage.py"), *command], check=True, cwd=ROOT)
            django.setup()
            self.start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self.web:
            end_process(self.web, signal.SIGTERM, within=8)
        self.services.stop()
        shutil.rmtree(self.data, ignore_errors=True)

    def start(self) -> None:
        """Start the web process."""
        self.port = free_port()
        self.web = spawn_process(web_command(self.port), self.data / "web.log")
        deadline = time.monotonic() + START_SECONDS
        while not page_answers(f"{self.url}/healthz"):
            if time.monotonic() > deadline or self.web.poll() is not None:
                sys.exit(f"the web process did not start:\n{self.log()[-2000:]}")
            time.sleep(0.05)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws/"

    @property
    def is_alive(self) -> bool:
        """Whether the web process is the one that was started, and answers."""
        return self.web is not None and self.web.poll() is None and page_answers(f"{self.url}/healthz")

    def log(self) -> str:
        """What the web process has complained about."""
        return (self.data / "web.log").read_text(errors="replace")


# The client writes no longer one, with the site's own part before it.
LONGEST_ADDRESS = 65_000


class HttpSender:
    """Sends over real HTTP. A connection that breaks without an answer counts as 599."""

    def __init__(self, url: str) -> None:
        self.client = httpx.Client(base_url=url, timeout=60, follow_redirects=False)

    def __call__(self, knock: Knock) -> Answer:
        headers = {"X-CSRFToken": "c" * 32, "Origin": str(self.client.base_url).rstrip("/")} | knock.headers
        headers["Cookie"] = "; ".join(filter(None, [headers.get("Cookie", ""), "csrftoken=" + "c" * 32]))
        # Headers are bytes on the wire; a browser may send any.
        sent = [(name.encode(), value.encode("utf-8", "surrogatepass")) for name, value in headers.items()]
        try:
            answer = self._request(knock, sent)
        except httpx.HTTPError as error:
            return Answer(599, reason=f"{type(error).__name__}: {error}")
        is_page = answer.headers.get("Content-Type", "").startswith("text/html") and answer.status_code < 300
        return Answer(answer.status_code, answer.text if is_page else "")

    def _request(self, knock: Knock, sent: list[tuple[bytes, bytes]]) -> httpx.Response:
        """Once more where a kept connection was closed meanwhile, as browsers do."""
        path = knock.path[:LONGEST_ADDRESS]
        try:
            return self.client.request(knock.method, path, headers=sent, content=knock.content)
        except httpx.RemoteProtocolError:
            return self.client.request(knock.method, path, headers=sent, content=knock.content)
