"""Every address of the site, with something in place of each part that changes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any
from urllib.parse import quote

from django.urls import get_resolver

from fuzz import nonsense

PART = re.compile(r"<(?:[a-z]+:)?(\w+)>")
# What slugs of ours may be, so that the fuzz gets behind the door as well as before it.
SLUGS = {
    "answer": ["accept", "decline", "withdraw", "intercept", "phone", "agree", "approve", "reject", "conclude", "send"],
    "outcome": ["paid", "failed"],
    "what": ["payment", "courier"],
    "step": ["withdraw", "appeal", "send"],
    "action": [
        "start", "release", "ship", "delivered", "acknowledge", "send", "renew", "withdraw", "accept", "decline", "agree",
        "phone", "choose",
    ],
    "to": ["paid", "picking", "shipped", "delivered", "completed", "refunding", "refunded", "cancelled"],
}  # fmt: skip


@dataclass(frozen=True)
class Door:
    """One URL pattern, as `orders/<str:number>/`."""

    route: str

    def address(self, chance: Random, known: dict[str, list[Any]], *, odd: float = 0.15) -> str:
        """An address behind it; each part is known to exist, or with the chance `odd` is not."""

        def part(match: re.Match[str]) -> str:
            choices = known.get(match[1]) or SLUGS.get(match[1])
            if not choices or chance.random() < odd:
                return quote(nonsense.text(chance)[:2000], safe="")
            return quote(str(chance.choice(choices)), safe="")

        return "/" + PART.sub(part, self.route)

    def fits(self, path: str) -> bool:
        """Whether a path leads here."""
        pattern = "".join(
            "[^/]+" if PART.fullmatch(piece) else re.escape(piece)
            for piece in re.split(r"(<[^>]+>)", self.route)
        )
        return re.fullmatch(pattern, path.lstrip("/")) is not None


def doors() -> list[Door]:
    """All of them, the admin's included."""
    return [Door(route) for route in dict.fromkeys(_routes(get_resolver().url_patterns, ""))]


def _routes(patterns: Any, before: str) -> Iterator[str]:
    for each in patterns:
        route = before + str(each.pattern).replace(r"(?P<url>.*)$", "<url>")
        if hasattr(each, "url_patterns"):
            yield from _routes(each.url_patterns, route)
        else:
            yield route
