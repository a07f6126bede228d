"""The chat is measured beside socket.io with clients that speak as its own do, and without it where npm is missing."""

import asyncio

import pytest

from benchmarks import wire
from benchmarks.peers.socket_io import PING, Client, install_packages


class Wire:
    """What a client has written."""

    def __init__(self) -> None:
        self.written: list[bytes] = []

    def write(self, data: bytes) -> None:
        self.written.append(data)


@pytest.fixture
def client() -> Client:
    async def connected() -> Client:
        made = Client((wire.NEW,))
        made.connection_made(Wire())
        made.open.set_result(None)
        return made

    return asyncio.run(connected())


def test_a_message_travels_as_an_event_with_its_name(client) -> None:
    client.send(type="message.send", conversation=7)

    text = b'42["message.send", {"conversation": 7}]'
    assert client.transport.written == [b"\x81" + bytes([0x80 | len(text)]) + b"\0\0\0\0" + text]


def test_a_client_answers_the_server_that_asks_whether_it_is_there(client) -> None:
    client.data_received(b'42["message.new",{}]' + PING)

    assert client.transport.written == [b"\x81\x81\0\0\0\x003"]
    assert client.counts[wire.NEW] == 1


def test_without_node_the_measurement_says_so_and_goes_on(monkeypatch, tmp_path, capsys) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    assert install_packages() is None
    assert "socket.io is left out" in capsys.readouterr().out


def test_a_registry_that_cannot_be_reached_is_reported_and_leaves_the_rest_alone(
    monkeypatch, tmp_path, capsys
) -> None:
    for name, script in (("node", "#!/bin/sh\n"), ("npm", "#!/bin/sh\necho no network >&2; exit 1\n")):
        (tmp_path / name).write_text(script)
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    assert install_packages() is None
    assert "npm could not install it: no network" in capsys.readouterr().out
