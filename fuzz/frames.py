"""Frames of every kind with something odd in each, from everybody; a socket that no longer answers is a failure."""

import json
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID

from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from fuzz import nonsense
from fuzz.world import Visitor, known_values, visitors

# After so many frames the socket has to show that it is alive, within so many seconds.
ALIVE_EVERY, PATIENCE = 25, 20.0
# After so many the next of the visitors goes on.
TURN = 250
KINDS = [
    "subscribe", "message.send", "message.read", "message.recall", "message.edit", "typing", "ping", "call.invite", "call.accept",
    "call.refuse", "call.cancel", "call.hangup", "call.signal", "subscribe.feed",
]  # fmt: skip
PATHS = ["/ws", "/ws/x/", "/nowhere/", "/ws/%00/", "/ws/?as=²", "/ws/?as=customer", "/ws/?as=%00", "/"]


@dataclass
class Told:
    """What a run has seen."""

    kinds: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    @property
    def count(self) -> int:
        return sum(self.kinds.values())


def run(ws_url: str, *, count: int, seed: int) -> Told:
    """Send so many frames, every visitor in turn."""
    chance, told = Random(seed), Told()
    people = [each for each in visitors() if "Authorization" not in each.headers]
    known = known_values()
    _knock_at_other_paths(ws_url, people, told)
    turn = 0
    while told.count < count and len(told.failures) < 20:
        visitor = people[1:][turn % len(people[1:])]
        turn += 1
        _turn(ws_url, visitor, chance, known, told, min(TURN, count - told.count))
    return told


def _turn(
    ws_url: str, visitor: Visitor, chance: Random, known: dict[str, list[Any]], told: Told, frames: int
) -> None:
    with connect(ws_url, additional_headers=visitor.headers, max_size=None, open_timeout=PATIENCE) as opened:
        last = ""
        try:
            for number in range(frames):
                kind, last = frame(chance, known)
                told.kinds[kind] += 1
                opened.send(last)
                if number % ALIVE_EVERY == ALIVE_EVERY - 1:
                    _alive(opened, told)
        except (ConnectionClosed, TimeoutError) as error:
            told.failures.append(f"{visitor.role}: {type(error).__name__} after {last[:200]!r}")


def _alive(opened: ClientConnection, told: Told) -> None:
    """Until all that was sent is answered: what follows the last frame is a pong of its own kind."""
    opened.send('{"type":"ping"}')
    while True:
        got = json.loads(opened.recv(timeout=PATIENCE))
        told.answers[str(got.get("code", got["type"]))] += 1
        if got["type"] == "pong":
            return


def frame(chance: Random, known: dict[str, list[Any]]) -> tuple[str, str | bytes]:
    """A frame, and the kind that it is made of."""
    kind = chance.choice(KINDS)
    what = chance.random()
    if what < 0.05:
        return "no frame", chance.choice(
            ["", "x", "[", "[]", "null", '"ping"', b"\x00\xff", b"{}", '{"type":1}', "\x00"]
        )
    body = _sound(kind, chance, known)
    if what < 0.85:
        body = nonsense.spoilt_json(chance, body)
    return kind, nonsense.raw(json.dumps(body))


def _sound(kind: str, chance: Random, known: dict[str, list[Any]]) -> dict[str, Any]:
    if kind == "subscribe.feed":
        return {"type": "subscribe", "feed": chance.choice(["orders", "warehouse"]), "after": "0"}
    body: dict[str, Any] = {"type": kind, "conversation": chance.choice(known["conversation_id"] or [1])}
    if kind == "subscribe":
        return body | {"after": chance.choice([0, 1, 5])}
    if kind in ("message.read", "message.recall"):
        return body | {"seq": chance.choice([1, 2, 3])}
    if kind == "typing":
        return body | {"active": True}
    if kind == "ping":
        return {"type": "ping"}
    if kind.startswith("call."):
        return body | {"media": "audio", "call": 1, "to": "x", "data": {"sdp": "x"}}
    return body | {
        "client_id": str(UUID(int=chance.getrandbits(128))), "kind": "text", "body": "好的", "attachments": [], "reply_to": 1,
        "internal": False, "seq": 1,
    }  # fmt: skip


def _knock_at_other_paths(ws_url: str, people: list[Visitor], told: Told) -> None:
    """Handshakes where there is no socket, and with odd cookies: refused, never an error."""
    base = ws_url.removesuffix("/ws/")
    tries = [(path, person.headers) for path in PATHS for person in people]
    tries += [("/ws/", {"Cookie": cookie}) for cookie in ('sessionid="\\000"', "sessionid=x", "=;=")]
    for path, headers in tries:
        told.kinds["handshake"] += 1
        try:
            with connect(base + path, additional_headers=headers, open_timeout=PATIENCE) as opened:
                opened.send('{"type":"ping"}')
                opened.recv(timeout=PATIENCE)
        except InvalidStatus as error:
            told.answers[f"handshake {error.response.status_code}"] += 1
            if error.response.status_code >= 500:
                told.failures.append(f"handshake {error.response.status_code} at {path}")
        except ConnectionClosed as error:
            # Closed by a code of ours is an answer; 1011 is an error, and none at all a connection that broke.
            code = error.rcvd.code if error.rcvd else 0
            told.answers[f"closed {code}"] += 1
            if code < 4000:
                told.failures.append(f"handshake at {path}: closed with {code}")
        except TimeoutError:
            told.failures.append(f"handshake at {path}: no answer")
