"""Many requests that are all sent before the first is answered, over connections of their own."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Answered:
    """What one request got."""

    status: int
    headers: dict[str, str]


async def all_at_once(base: str, requests: Sequence[str], *, leave: bool = False) -> list[Answered]:
    """Send each request (method, path, lines of its head) over its own connection, then read every answer.

    With `leave` nobody waits for an answer: the connections are dropped as soon as all is sent.
    """
    address = urlsplit(base)
    lines = [await asyncio.open_connection(address.hostname, address.port) for _ in requests]
    for (_reader, writer), request in zip(lines, requests, strict=True):
        writer.write(request.encode())
    if leave:
        for _reader, writer in lines:
            writer.transport.abort()
        return []
    answers = await asyncio.gather(*(_read(reader) for reader, _writer in lines))
    for _reader, writer in lines:
        writer.close()
    return answers


def get(path: str, **headers: str) -> str:
    """The head of a GET that closes its connection."""
    lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""])


async def _read(reader: asyncio.StreamReader) -> Answered:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
    await reader.read()
    return Answered(int(head[0].split()[1]), headers)
