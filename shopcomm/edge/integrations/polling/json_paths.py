"""Paths into JSON as people write them: `data.orders[0].id`, `lines[*].sku`, `["order no"]`; a `$` before it may stand.

Our own hundred lines and no library: names, places and `[*]` are all that a mapping needs, and the query languages of
libraries also bring filters and expressions, which whoever writes a mapping could hang a worker with.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

EACH = "*"
LONGEST_PATH, MOST_STEPS = 200, 20
_STEP = re.compile(
    r"""\.?(?:
        \[\s*(?P<place>[0-9]{1,6})\s*\]
        | \[\s*(?P<each>\*)\s*\]
        | \[\s*(?P<quote>["'])(?P<quoted>.{1,100}?)(?P=quote)\s*\]
        | (?P<name>[^.\[\]\s"'$][^.\[\]"']{0,99})
    )""",
    re.VERBOSE,
)
# The name of a member, a place in a list, or every place of it.
Step: TypeAlias = str | int
MISSING = object()


class PathRefused(ValueError):
    """It is no path; the text says where it breaks off."""


@dataclass(frozen=True)
class JsonPath:
    """A path that was read: its steps; `[*]` is the step EACH of a list, told apart from a member of that name."""

    steps: tuple[tuple[bool, Step], ...] = ()

    @property
    def has_each(self) -> bool:
        """Whether it leads to many values."""
        return (True, EACH) in self.steps

    def split_at_each(self) -> "tuple[JsonPath, JsonPath]":
        """The way to the list, and the way from one of its members on."""
        at = self.steps.index((True, EACH))
        return JsonPath(self.steps[:at]), JsonPath(self.steps[at + 1 :])


def read_path(text: str) -> JsonPath:
    """Read a path; an empty one is the value itself. Raises PathRefused."""
    rest = text.strip()
    if len(rest) > LONGEST_PATH:
        raise PathRefused(rest[:40])
    rest = rest.removeprefix("$")
    steps: list[tuple[bool, Step]] = []
    while rest:
        step = _STEP.match(rest)
        if step is None or len(steps) == MOST_STEPS or (steps and step["name"] and not rest.startswith(".")):
            raise PathRefused(rest[:40])
        steps.append(_step_of(step))
        rest = rest[step.end() :]
    return JsonPath(tuple(steps))


def _step_of(step: re.Match[str]) -> tuple[bool, Step]:
    if step["place"] is not None:
        return True, int(step["place"])
    if step["each"]:
        return True, EACH
    return False, (step["quoted"] or step["name"]).strip()


def value_at(value: Any, path: JsonPath) -> Any:
    """The value at a path without `[*]`; MISSING where there is none."""
    for is_place, step in path.steps:
        if isinstance(step, int):
            is_there = isinstance(value, list) and step < len(value)
        else:
            is_there = isinstance(value, dict) and not is_place and step in value
        if not is_there:
            return MISSING
        value = value[step]
    return value


def leaf_paths(value: Any, path: str = "", most: int = 200) -> list[str]:
    """The paths to every plain value in a value, as they are written; of lists that of their members, by `[*]`."""
    found = dict.fromkeys(_leaves(value, path))
    return list(found)[:most]


def _leaves(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, dict):
        for name, each in value.items():
            plain = _STEP.fullmatch(name)
            written = name if plain and plain["name"] else f'["{name}"]'
            dot = "." if path and not written.startswith("[") else ""
            yield from _leaves(each, f"{path}{dot}{written}")
    elif isinstance(value, list):
        for each in value[:1]:
            yield from _leaves(each, f"{path}[*]")
    else:
        yield path
