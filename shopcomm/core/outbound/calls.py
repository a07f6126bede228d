"""The one client for everything that leaves the house: it calls only where it may, and waits only so long.

A name is resolved once. Unless every address of it may be called, none is; the connection goes to an address that was
checked, while TLS and `Host` keep the name. No redirect is followed and no proxy of the environment is asked.
"""

import socket
import threading
import time
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import ip_address
from ssl import SSLContext
from typing import Any
from urllib.parse import SplitResult, quote, urlsplit

import httpcore2
from django.conf import settings
from django.utils.translation import gettext as _

from shopcomm.core.outbound.public_addresses import is_loopback, is_public

# For a whole call, from the first look at the name to the last byte.
SECONDS = 10.0
CONNECT_SECONDS = 4.0
# For a look at a name while somebody waits for a page.
LOOK_SECONDS = 3.0
# So many such looks go on at once, so that names which nobody answers for never hold up most pages.
LOOKS_AT_ONCE, PLACE_SECONDS = 2, 0.3
# Of an answer no more is read; callers want its status and a word.
LARGEST_ANSWER = 64 * 1024
USUAL_PORTS = {"https": 443, "http": 80}
# So much is written at a time, so that a peer that hardly reads is noticed.
WRITTEN_AT_ONCE = 16 * 1024
# What RFC 3986 allows in a path or query, and what is escaped already.
_URL_CHARACTERS = "/:@!$&'()*+,;=%~-._?"
_FAILURES = (httpcore2.NetworkError, httpcore2.TimeoutException, httpcore2.ProtocolError)


class AddressRefused(ValueError):
    """An address that this server must not call."""


class NoAnswer(OSError):
    """Nobody answered, or not in time: trying again may help."""


@dataclass(frozen=True)
class Reach:
    """How far an address may lead; it depends on who could write it.

    `named`: `host:port` pairs of the operator, which may be private, without TLS and on any port.
    `plain`: http is taken as well as https. `loopback`: this machine itself, on any port; only for development.
    """

    named: Collection[str] = ()
    plain: bool = False
    loopback: bool = False


STRANGERS = Reach()
_looks = threading.BoundedSemaphore(LOOKS_AT_ONCE)


@dataclass(frozen=True)
class Answer:
    """The response: header names in lower case, and the part of the body that was read."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def is_success(self) -> bool:
        """Whether it was taken. A redirect is not followed, so it is none."""
        return 200 <= self.status < 300

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", "replace")


@dataclass(frozen=True)
class _Target:
    """An address that may be called, taken apart once so that no second reading of it can differ."""

    scheme: str
    host: str
    port: int
    path: str
    addresses: tuple[str, ...]


def check_outbound(url: str, reach: Reach = STRANGERS) -> None:
    """Raise AddressRefused unless this address may be called now.

    A name that nobody knows is refused, too, and any while as many others as may be are being looked up.
    """
    if not _looks.acquire(timeout=PLACE_SECONDS):
        raise AddressRefused(_("正在查的地址太多，请过几秒再试"))
    try:
        _target(url, reach, time.monotonic() + LOOK_SECONDS)
    except NoAnswer as error:
        raise AddressRefused(str(error)) from error
    finally:
        _looks.release()


def call_outbound(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    content: bytes = b"",
    reach: Reach = STRANGERS,
    seconds: float = SECONDS,
    largest: int = LARGEST_ANSWER,
) -> Answer:
    """Make one request and return the response, whatever its status; its body is cut at `largest` bytes.

    `seconds` bounds the whole call. Raises AddressRefused for good, NoAnswer for now.
    """
    until = time.monotonic() + seconds
    target = _target(url, reach, until)
    backend = _Pinned(target.addresses, until)
    origin = httpcore2.URL(scheme=target.scheme, host=target.host, port=target.port, target=target.path)
    # As bytes: a manager may have pasted anything as a key, and the other side is to say that it is none.
    plain = {"User-Agent": "ShopComm", "Accept-Encoding": "identity", **(headers or {})}
    sent = [(name.encode(), text.encode()) for name, text in plain.items()]
    try:
        with (
            httpcore2.ConnectionPool(ssl_context=_tls(), network_backend=backend, max_connections=1) as pool,
            pool.stream(method, origin, headers=sent, content=content) as answer,
        ):
            named = {name.decode("latin-1").lower(): text.decode("latin-1") for name, text in answer.headers}
            return Answer(answer.status, named, _beginning(answer.iter_stream(), largest))
    except _FAILURES as error:
        raise NoAnswer(f"{target.host}: {type(error).__name__} {error}".strip()) from error


def _beginning(parts: Iterable[bytes], largest: int) -> bytes:
    """As much of a body as is wanted. With its status an answer is an answer, though its body breaks off."""
    body = bytearray()
    with suppress(*_FAILURES):
        for part in parts if largest else ():
            body += part
            if len(body) >= largest:
                break
    return bytes(body[:largest])


# --- where it goes ------------------------------------------------------------------------------
def _target(url: str, reach: Reach, until: float) -> _Target:
    """Take an address apart, look its name up once, and check all of it. Raises AddressRefused, NoAnswer."""
    parts, host, port = _read(url)
    addresses = _look_up(host, port, until)
    named = f"{host}:{port}" in reach.named
    here = reach.loopback and all(is_loopback(address) for address in addresses)
    if not (named or here):
        if parts.scheme != "https" and not reach.plain:
            raise AddressRefused(_("只能用 https 地址"))
        if port not in {*USUAL_PORTS.values(), *settings.OUTBOUND_PORTS}:
            raise AddressRefused(_("不能用 %(port)s 端口") % {"port": port})
        if not all(is_public(address) for address in addresses):
            raise AddressRefused(_("%(host)s 不在公网上") % {"host": host})
    path = quote(parts.path or "/", safe=_URL_CHARACTERS)
    query = f"?{quote(parts.query, safe=_URL_CHARACTERS)}" if parts.query else ""
    return _Target(parts.scheme, host, port, path + query, addresses)


def _read(url: str) -> tuple[SplitResult, str, int]:
    """The parts of an address, its host in ASCII, its port. Raises AddressRefused."""
    try:
        parts = urlsplit(url)
        port = parts.port or USUAL_PORTS.get(parts.scheme, 0)
        name = parts.hostname or ""
        host = name if name.isascii() else name.encode("idna").decode()
    except ValueError as error:
        raise AddressRefused(_("不是网址")) from error
    if not port or not host or parts.scheme not in USUAL_PORTS:
        raise AddressRefused(_("不是网址"))
    if parts.username is not None or parts.password is not None:
        raise AddressRefused(_("网址里不能带用户名和密码"))
    return parts, host, port


def _look_up(host: str, port: int, until: float) -> tuple[str, ...]:
    """Every address of a name, in the system's order. Raises AddressRefused for what is no name, NoAnswer."""
    with suppress(ValueError):
        # An address already; other ways to write one (127.1, 0x7f.1) are the system's to read.
        return (str(ip_address(host)),)
    found: list[Any] = []

    def ask() -> None:
        try:
            found.append(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            found.append(error)

    # The system's resolver knows no deadline: whoever waits for it leaves it alone after a while.
    thread = threading.Thread(target=ask, name="name look-up", daemon=True)
    thread.start()
    thread.join(max(0.0, until - time.monotonic()))
    answer = found[0] if found else OSError(_("查询超时"))
    if isinstance(answer, UnicodeError):
        raise AddressRefused(_("%(host)s 不是主机名") % {"host": host[:80]}) from answer
    if isinstance(answer, OSError) or not answer:
        raise NoAnswer(_("找不到 %(host)s（%(why)s）") % {"host": host[:80], "why": answer})
    return tuple(dict.fromkeys(str(address[0]) for *_kind, address in answer))


# --- how it gets there ---------------------------------------------------------------------------
class _Pinned(httpcore2.NetworkBackend):
    """Connects to addresses that were checked, never to what a name means by now."""

    def __init__(self, addresses: tuple[str, ...], until: float) -> None:
        self._addresses, self._until = addresses, until

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        error: Exception = httpcore2.ConnectError("no address")
        for address in self._addresses:
            wait = min(CONNECT_SECONDS, _left(self._until, httpcore2.ConnectTimeout))
            try:
                stream = httpcore2.SyncBackend().connect_tcp(address, port, timeout=wait)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as failure:
                error = failure
                continue
            return _Timed(stream, self._until)
        raise error


class _Timed(httpcore2.NetworkStream):
    """A connection on which every single step ends when the whole call has to."""

    def __init__(self, stream: httpcore2.NetworkStream, until: float) -> None:
        self._stream, self._until = stream, until

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, timeout=_left(self._until, httpcore2.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), WRITTEN_AT_ONCE):
            part = buffer[start : start + WRITTEN_AT_ONCE]
            self._stream.write(part, timeout=_left(self._until, httpcore2.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        wait = _left(self._until, httpcore2.ConnectTimeout)
        return _Timed(self._stream.start_tls(ssl_context, server_hostname, timeout=wait), self._until)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(until: float, too_late: type[httpcore2.TimeoutException]) -> float:
    """The seconds that are left. Raises `too_late` when none are."""
    left = until - time.monotonic()
    if left <= 0:
        raise too_late("the call took too long")
    return left


@lru_cache(maxsize=1)
def _tls() -> SSLContext:
    """The certificates that the system trusts, or those of SSL_CERT_FILE, which OpenSSL reads."""
    return httpcore2.default_ssl_context()
