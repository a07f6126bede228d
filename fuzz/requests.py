"""Requests to every address, from everybody, with something odd in each; counts what comes back."""

import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import parse_qsl, urlencode

from fuzz import nonsense
from fuzz.bodies import body_for, query_for
from fuzz.doors import Door, doors
from fuzz.forms import PageForm, forms_of
from fuzz.knock import Answer, Knock
from fuzz.world import Visitor, known_values, visitors

METHODS = ["GET"] * 9 + ["POST"] * 9 + ["PATCH", "DELETE", "PUT", "HEAD", "OPTIONS"]
# After so many requests everybody logs in again, and what there is now is looked up again.
ROUND = 400
ROOT = Path(__file__).resolve().parent.parent
FIELD = re.compile(r"(?:POST|GET|post|data|query|given)(?:\.get|\.getlist)?[(\[]f?\"([\w-]+)\"")
HEADERS = [
    "X-Fragment",
    "Accept",
    "Accept-Language",
    "Range",
    "Idempotency-Key",
    "X-Request-ID",
    "If-Modified-Since",
]
COOKIES = [
    'sessionid="\\000"; a=b',
    "sessionid=²",
    "django_language=\\000",
    'csrftoken="\\ud800"; sessionid=x',
    "=;;=",
    "a" * 4000,
]


@dataclass
class Told:
    """What a run has seen."""

    statuses: Counter[int] = field(default_factory=Counter)
    doors: set[str] = field(default_factory=set)
    opened: set[str] = field(default_factory=set)
    failures: list[tuple[Answer, Knock]] = field(default_factory=list)

    @property
    def count(self) -> int:
        return sum(self.statuses.values())


class Knocker:
    """Makes up requests. The same seed over the same shop makes up the same ones."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)
        self.doors = doors()
        self.names = sorted({name for path in _sources() for name in FIELD.findall(path.read_text())})
        # Forms that pages have shown, by the door that they go to.
        self.forms: dict[str, list[PageForm]] = {}
        # Methods that a door has refused: mostly not tried again.
        self.closed: set[tuple[str, str]] = set()
        self.people: list[Visitor] = []
        self.known: dict[str, list[Any]] = {}

    def look_around(self) -> None:
        """Let everybody in again, and see what there is."""
        self.people, self.known = visitors(), known_values()

    def door(self, number: int) -> Door:
        """All doors in turn, our own four times as often as those of the admin."""
        admin = [each for each in self.doors if each.route.startswith("admin/")]
        own = [each for each in self.doors if not each.route.startswith("admin/")]
        if number % 5 == 4 and admin:
            return admin[number // 5 % len(admin)]
        return own[(number - number // 5) % len(own)]

    def knock(self, number: int) -> Knock:
        """The next request."""
        chance, door = self.chance, self.door(number)
        visitor = self._visitor(door)
        method = chance.choice(METHODS)
        if (door.route, method) in self.closed and chance.random() < 0.9:
            method = "GET" if (door.route, "GET") not in self.closed else "POST"
        headers = dict(visitor.headers)
        knock = Knock(visitor.role, method, door.address(chance, self.known), headers)
        if door.route.startswith("api/v1/"):
            self._call(knock, door)
        elif method == "POST":
            self._send(knock, door)
        elif chance.random() < 0.6:
            fields = [(chance.choice(self.names), nonsense.text(chance)) for _ in range(chance.randint(1, 3))]
            knock.path += "?" + urlencode(fields, errors="surrogatepass")
        self._odd_headers(knock)
        return knock

    def _visitor(self, door: Door) -> Visitor:
        """Mostly somebody who may come in there."""
        if self.chance.random() < 0.25:
            return self.chance.choice(self.people)
        fitting = {
            "api": ("key",),
            "my": ("customer",),
            "o": ("link",),
            "admin": ("manager",),
            "warehouse": ("warehouse",),
        }
        roles = fitting.get(door.route.split("/")[0], ("manager", "manager", "sales", "link", "customer"))
        role = self.chance.choice(roles)
        return next(each for each in self.people if each.role == role)

    def _call(self, knock: Knock, door: Door) -> None:
        chance = self.chance
        if knock.method == "GET":
            names = query_for(door.route)
            fields = [(chance.choice(names), nonsense.text(chance)) for _ in range(chance.randint(1, 2))]
            knock.path += "?" + urlencode(fields)
            return
        knock.headers["Content-Type"] = "application/json"
        body = nonsense.spoilt_json(chance, body_for(door.route, chance, self.known))
        knock.content = nonsense.raw(json.dumps(body)).encode()
        if door.route.endswith("attachments/"):
            _as_upload(knock, chance)
        if chance.random() < 0.05:
            knock.content = knock.content[: chance.randrange(len(knock.content) + 1)]

    def _send(self, knock: Knock, door: Door) -> None:
        """A form that a page has shown, else one of the names that the sources know."""
        chance = self.chance
        if "messages/" in door.route or door.route == "push/":
            knock.headers["Content-Type"] = "application/json"
            body = {
                "endpoint": "https://push.example.com/x",
                "keys": {"p256dh": "x", "auth": "y"},
                "path": "/my/",
            }
            given = body if door.route == "push/" else body_for("api/messages/", chance, self.known)
            knock.content = nonsense.raw(json.dumps(nonsense.spoilt_json(chance, given))).encode()
            return
        known = self.forms.get(door.route)
        if known and chance.random() < 0.85:
            form = chance.choice(known)
            # The door of a real form: its ids belong together.
            knock.path = form.action if chance.random() < 0.8 else knock.path
            fields = form.fields
        else:
            fields = [(chance.choice(self.names), "1") for _ in range(6)]
        if door.route in ("attachments/", "o/<str:token>/evaluation/") and chance.random() < 0.7:
            _as_upload(knock, chance)
            return
        knock.headers["Content-Type"] = "application/x-www-form-urlencoded"
        knock.content = urlencode(nonsense.spoilt_form(chance, fields), errors="surrogatepass").encode()

    def _odd_headers(self, knock: Knock) -> None:
        chance = self.chance
        if chance.random() < 0.3:
            # The client sends no header that begins or ends with a space.
            odd = "".join(each for each in nonsense.text(chance) if " " <= each <= "~")[:500].strip()
            knock.headers[chance.choice(HEADERS)] = chance.choice(
                [odd, "list", "detail", "price", "bytes=0-", "zh"]
            )
        if chance.random() < 0.02:
            knock.headers["Cookie"] = chance.choice(COOKIES)

    def learn(self, knock: Knock, answer: Answer) -> None:
        """Keep the forms of a page: they show what the doors expect."""
        for form in forms_of(answer.page, knock.path.partition("?")[0]) if answer.page else []:
            path, _mark, query = form.action.partition("?")
            door = next((each for each in self.doors if each.fits(path)), None)
            if door is None:
                continue
            form.fields += parse_qsl(query) if form.method == "get" else []
            kept = self.forms.setdefault(door.route, [])
            kept.append(form)
            del kept[:-30]


def _sources() -> list[Path]:
    return [path for part in ("orders", "messaging", "shopcomm") for path in (ROOT / part).rglob("*.py")]


def _as_upload(knock: Knock, chance: Random) -> None:
    """A file with an odd name, or a multipart body that is none."""
    name, text = nonsense.text(chance)[:300], nonsense.text(chance)[:2000]
    name = name.replace('"', "").replace("\r\n", "")
    field_name = chance.choice(["file", "file", "pictures", name or "x"])
    part = f'--B\r\nContent-Disposition: form-data; name="{field_name}"; filename="{name}"\r\n\r\n{text}\r\n--B--\r\n'
    knock.headers["Content-Type"] = chance.choice(
        ["multipart/form-data; boundary=B"] * 6 + ["multipart/form-data", "x/²"]
    )
    knock.headers["Content-Type"] = knock.headers["Content-Type"].encode("ascii", "ignore").decode()
    knock.content = part.encode()


def run(send: Callable[[Knock], Answer], *, count: int, seed: int) -> Told:
    """Send so many requests one after the other."""
    knocker, told = Knocker(seed), Told()
    for number in range(count):
        if number % ROUND == 0:
            knocker.look_around()
        knock = knocker.knock(number)
        answer = send(knock)
        told.statuses[answer.status] += 1
        told.doors.add(knocker.door(number).route)
        if answer.status < 400:
            told.opened.add(knocker.door(number).route)
        if answer.status >= 500:
            told.failures.append((answer, knock))
        if answer.status == 405:
            knocker.closed.add((knocker.door(number).route, knock.method))
        knocker.learn(knock, answer)
    return told
