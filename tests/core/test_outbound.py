"""What leaves the house goes only outside, against real servers: one that may be called, and one inside."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from shopcomm.core.outbound import calls as outbound
from shopcomm.core.outbound.calls import (
    LARGEST_ANSWER,
    AddressRefused,
    NoAnswer,
    Reach,
    call_outbound,
    check_outbound,
)
from shopcomm.core.outbound.public_addresses import is_public
from tests.core.certificates import certificate_for

Respond = Callable[[BaseHTTPRequestHandler], None]


class Server:
    """Keeps the requests it gets, and answers them as it is told."""

    def __init__(self, address: str = "127.0.0.1", port: int = 0) -> None:
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []
        self.respond: Respond = lambda handler: answer(handler, 200, b"ok")
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                headers = {name.lower(): value for name, value in self.headers.items()}
                body = self.rfile.read(int(headers.get("content-length", 0)))
                server.requests.append((self.command, self.path, headers, body))
                server.respond(self)
                self.close_connection = True

            do_GET = do_POST

            def log_message(self, *_words: object) -> None:
                pass

        self.http = ThreadingHTTPServer((address, port), Handler)
        self.port = self.http.server_port
        threading.Thread(target=self.http.serve_forever, args=(0.05,), daemon=True).start()


def answer(handler: BaseHTTPRequestHandler, status: int, body: bytes = b"", **headers: str) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.http.shutdown()
    running.http.server_close()


@pytest.fixture
def inside(server: Server) -> Iterator[Server]:
    """A page of the house, on the same port of another address."""
    running = Server("127.0.0.2", server.port)
    yield running
    running.http.shutdown()
    running.http.server_close()


class Names:
    """A resolver whose answers the test chooses; each name gives its next answer, the last one for ever."""

    def __init__(self) -> None:
        self.answers: dict[str, list[list[str]]] = {}
        self.asked: list[str] = []

    def __call__(self, host: str, port: int, *given: object, **more: object) -> list:
        known = self.answers.get(host)
        if known is None:
            return SYSTEM(host, port, *given, **more)
        self.asked.append(host)
        addresses = known.pop(0) if len(known) > 1 else known[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]


SYSTEM = socket.getaddrinfo


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    resolver = Names()
    monkeypatch.setattr(socket, "getaddrinfo", resolver)
    return resolver


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch, settings, server: Server) -> None:
    """127.0.0.1 stands for a public address, and its server's port for a usual one."""
    monkeypatch.setattr(outbound, "is_public", lambda address: address == "127.0.0.1" or is_public(address))
    settings.OUTBOUND_PORTS = [server.port]


WEB = Reach(plain=True)


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "100.127.255.254",
        "127.0.0.1",
        "127.9.9.9",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.8",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.7",
        "203.0.113.9",
        "224.0.0.251",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::8.8.8.8",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "2002:808:808::",
        "3fff::1",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
        "4000::1",
        "nonsense",
    ],
)
def test_private_and_reserved_ip_addresses_are_not_public(address: str):
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8",
        "93.184.216.34",
        "100.63.255.255",
        "100.128.0.1",
        "172.15.0.1",
        "172.32.0.1",
        "2606:4700::1111",
        "2a00:1450::1",
    ],
)
def test_ordinary_internet_ip_addresses_are_public(address: str):
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://93.184.216.34/",
        "https://93.184.216.34:22/",
        "https://93.184.216.34:6379/",
        "https://127.0.0.1/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://127.1/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[64:ff9b::a00:1]/",
        "https://localhost/",
        "https://user@93.184.216.34/",
        "https://:secret@93.184.216.34/",
        "https://93.184.216.34:99999/",
        "https://93.184.216.34:0x50/",
        "https:///path",
        "https://" + "a" * 70 + ".example/",
        "ftp://93.184.216.34/",
        "gopher://93.184.216.34/",
        "file:///etc/passwd",
        "//93.184.216.34/",
        "",
    ],
)
def test_outbound_urls_to_internal_hosts_ports_and_schemes_are_refused(url: str):
    with pytest.raises(AddressRefused):
        check_outbound(url)
    with pytest.raises(AddressRefused):
        call_outbound("POST", url)


def test_an_outbound_url_to_a_public_address_on_a_usual_port_is_allowed(settings):
    check_outbound("https://93.184.216.34/push/1")
    check_outbound("https://93.184.216.34:80/")
    settings.OUTBOUND_PORTS = [8443]
    check_outbound("https://93.184.216.34:8443/")
    check_outbound("http://93.184.216.34/", WEB)


def test_a_host_name_with_any_internal_address_is_refused(names, outside, server, inside):
    names.answers["push.example"] = [["127.0.0.1", "127.0.0.2"]]
    with pytest.raises(AddressRefused):
        call_outbound("POST", f"http://push.example:{server.port}/", reach=WEB)
    assert (server.requests, inside.requests) == ([], [])


def test_a_host_name_is_resolved_once_so_that_dns_rebinding_fails(names, outside, server, inside):
    names.answers["push.example"] = [["127.0.0.1"], ["127.0.0.2"]]
    reply = call_outbound("POST", f"http://push.example:{server.port}/a?b=c", content=b"hello", reach=WEB)
    assert (reply.status, reply.text) == (200, "ok")
    assert names.asked == ["push.example"]
    (command, path, headers, body) = server.requests[0]
    assert (command, path, headers["host"], body) == (
        "POST",
        "/a?b=c",
        f"push.example:{server.port}",
        b"hello",
    )
    assert inside.requests == []


def test_the_second_address_of_a_host_is_tried_when_the_first_does_not_answer(
    names, monkeypatch, settings, server
):
    monkeypatch.setattr(outbound, "is_public", lambda address: True)
    settings.OUTBOUND_PORTS = [server.port]
    names.answers["push.example"] = [["127.0.0.3", "127.0.0.1"]]
    assert call_outbound("GET", f"http://push.example:{server.port}/", reach=WEB).status == 200


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_an_internal_page_is_not_followed(outside, server, inside, status):
    server.respond = lambda handler: answer(
        handler, status, Location=f"http://127.0.0.2:{server.port}/metrics"
    )
    reply = call_outbound("POST", f"http://127.0.0.1:{server.port}/", content=b"x", reach=WEB)
    assert (reply.status, reply.is_success) == (status, False)
    assert inside.requests == []


def test_tls_and_the_host_header_use_the_name_although_the_ip_is_pinned(names, server, monkeypatch, tmp_path):
    path = certificate_for("push.example", tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    asked: list[str] = []
    context.sni_callback = lambda _socket, name, _context: asked.append(name)
    server.http.socket = context.wrap_socket(server.http.socket, server_side=True)
    monkeypatch.setattr(outbound, "_tls", lambda: ssl.create_default_context(cafile=str(path)))
    names.answers |= {"push.example": [["127.0.0.1"]], "other.example": [["127.0.0.1"]]}
    reach = Reach(named=[f"push.example:{server.port}", f"other.example:{server.port}"])
    assert call_outbound("POST", f"https://push.example:{server.port}/", reach=reach).status == 200
    assert asked == ["push.example"]
    assert server.requests[0][2]["host"] == f"push.example:{server.port}"
    with pytest.raises(NoAnswer):
        call_outbound("POST", f"https://other.example:{server.port}/", reach=reach)


def send_slowly(hung_up: threading.Event, handler: BaseHTTPRequestHandler) -> None:
    """A byte of a header every little while, and never the end."""
    with suppress(OSError):
        while not hung_up.wait(0.05):
            handler.wfile.write(b"x")
            handler.wfile.flush()


def test_a_non_ascii_secret_is_sent_and_one_with_line_breaks_is_not(outside, server):
    """A manager may paste anything as the secret of a gateway; what breaks its line goes nowhere."""
    url = f"http://127.0.0.1:{server.port}/sms"
    server.respond = lambda handler: answer(handler, 401)
    assert call_outbound("POST", url, headers={"Authorization": "Bearer 令牌"}, reach=WEB).status == 401
    assert server.requests[0][2]["authorization"].encode("latin-1").decode() == "Bearer 令牌"

    with pytest.raises(NoAnswer):
        call_outbound("POST", url, headers={"Authorization": "Bearer a\r\nHost: inside"}, reach=WEB)
    assert len(server.requests) == 1


def test_an_answer_that_trickles_in_is_cut_off_at_the_deadline_of_the_call(server):
    hung_up = threading.Event()
    server.respond = partial(send_slowly, hung_up)
    began = time.monotonic()
    with pytest.raises(NoAnswer):
        call_outbound("POST", f"http://127.0.0.1:{server.port}/", reach=Reach(loopback=True), seconds=0.6)
    hung_up.set()
    assert time.monotonic() - began < 3


def test_a_body_that_trickles_in_is_truncated_and_its_status_still_returned(server):
    hung_up = threading.Event()

    def begin_and_drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(201)
        handler.send_header("Content-Length", "100000")
        handler.end_headers()
        send_slowly(hung_up, handler)

    server.respond = begin_and_drip
    began = time.monotonic()
    url = f"http://127.0.0.1:{server.port}/"
    reply = call_outbound("POST", url, reach=Reach(loopback=True), seconds=0.6)
    assert (reply.status, set(reply.body)) == (201, {ord("x")})
    assert time.monotonic() - began < 3
    assert call_outbound("POST", url, reach=Reach(loopback=True), largest=0).body == b""
    hung_up.set()


def test_a_silent_server_times_out(server):
    done = threading.Event()
    server.respond = lambda handler: done.wait(10) and None
    began = time.monotonic()
    with pytest.raises(NoAnswer):
        call_outbound("POST", f"http://127.0.0.1:{server.port}/", reach=Reach(loopback=True), seconds=0.4)
    done.set()
    assert time.monotonic() - began < 3


def test_only_the_beginning_of_a_huge_body_is_read(server):
    sent = []

    def pour(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(10**9))
        handler.end_headers()
        with suppress(OSError):
            for _ in range(1000):
                handler.wfile.write(b"y" * 10**6)
                sent.append(10**6)

    server.respond = pour
    reply = call_outbound("GET", f"http://127.0.0.1:{server.port}/", reach=Reach(loopback=True))
    assert reply.body == b"y" * LARGEST_ANSWER
    assert sum(sent) < 10**8


def test_a_hanging_name_resolution_times_out(monkeypatch):
    done = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_given, **_more: done.wait(10) and [])
    began = time.monotonic()
    with pytest.raises(NoAnswer):
        call_outbound("POST", "https://slow.example/", seconds=0.3)
    done.set()
    assert time.monotonic() - began < 3


def test_loopback_may_be_called_only_in_development_and_only_for_urls_set_by_managers(server):
    url = f"http://127.0.0.1:{server.port}/"
    assert call_outbound("GET", url, reach=Reach(loopback=True)).is_success
    assert call_outbound("GET", url, reach=Reach(named=[f"127.0.0.1:{server.port}"])).is_success
    for reach in (Reach(), WEB, Reach(named=[f"127.0.0.1:{server.port + 1}"])):
        with pytest.raises(AddressRefused):
            call_outbound("GET", url, reach=reach)
    with pytest.raises(AddressRefused):
        check_outbound("http://10.0.0.1/", Reach(plain=True, loopback=True))
