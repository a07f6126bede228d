"""Values that nobody should send and somebody will: for addresses, queries, forms, bodies and frames."""

import copy
from random import Random
from typing import Any

TEXTS = [
    "", " ", "\x00", "a\x00b", "²", "①", "٣", "１２", "-1", "0", "1.9", "1e400", "1e5", "NaN", "-Infinity", "0x10", "1_000",
    "1" * 5000, "9" * 30, str(2**31), str(2**63), str(2**63 - 1), str(-(2**63)), "0.001", "9999999999.99", "99999999999999.9",
    "99:99", "24:00", "25:61", "2026-99-99", "0001-01-01", "9999-12-31", "2026-02-30", "0001-01-01T00:00", "9999-12-31T23:59",
    "2026-11-29T25:61", "9999-12-31T23:59:59-23:59", "2026-11-29", "09:30", "x" * 300, "长" * 6000, "😀" * 200, "\u202eabc",
    "\u200b", "\r\nX: y", "%", "_", "\\", "'; DROP TABLE x; --", "{{ 7*7 }}", "{% include 'x' %}", "<script>alert(1)</script>",
    "../../etc/passwd", "//other.example/", "null", "true", "[]", "{}", '{"a":1}', "a,b,,c", "a:b:c", "x", "rule=x",
    "00000000-0000-0000-0000-000000000000", "00000000-0000-0000-0000-00000000000g", "+8613800138000", "13800138000,1",
    "SF1234567890123", "paid", "cancelled", "wechat", "*", "\ufeff", "\ufffe", "\U0010ffff",
]  # fmt: skip
# JSON alone can say these.
LONE = ["\ud800", "a\udfffb", "\udead\ud83d"]
VALUES: list[Any] = [
    None, True, False, 0, -1, 1, 1.9, 1e308, -0.0, 2**31, 2**63, 2**64, 10**30, [], {}, [[]], [None], {"a": {}}, [1, "2", {}],
    {"sku": None}, [{"sku": "x"}], [{"line": "x", "quantity": []}],
]  # fmt: skip
# Texts in place of which a raw body gets what json.dumps does not write.
RAW = {
    "@digits@": "1" * 5000,
    "@deep@": "[" * 3000 + "]" * 3000,
    "@inf@": "1e999",
    "@nan@": "NaN",
    "@neg@": "-0",
}


def text(chance: Random) -> str:
    """One odd text."""
    return chance.choice(TEXTS)


def value(chance: Random) -> Any:
    """One odd value of a JSON document."""
    return chance.choice(
        [chance.choice(VALUES), chance.choice(TEXTS), chance.choice(LONE), chance.choice([*RAW])]
    )


def spoilt_form(chance: Random, fields: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """A form in which one to three fields say something odd, are missing, or come twice."""
    spoilt = list(fields)
    for _ in range(chance.randint(1, 3)):
        if not spoilt:
            break
        place = chance.randrange(len(spoilt))
        name, _old = spoilt[place]
        what = chance.random()
        if what < 0.8:
            spoilt[place] = (name, text(chance))
        elif what < 0.9:
            del spoilt[place]
        else:
            spoilt.append((name, text(chance)))
    if chance.random() < 0.1:
        spoilt.append((text(chance)[:200], text(chance)))
    return spoilt


def spoilt_json(chance: Random, body: Any) -> Any:
    """A document with one or two of its places changed: another value, a name too many or too few."""
    spoilt = copy.deepcopy(body)
    for _ in range(chance.randint(1, 2)):
        places = list(_places(spoilt))
        if not places:
            return value(chance)
        inside, name = chance.choice(places)
        what = chance.random()
        if what < 0.8:
            inside[name] = value(chance)
        elif isinstance(inside, dict) and what < 0.9:
            del inside[name]
        elif isinstance(inside, dict):
            inside[chance.choice([*LONE, *TEXTS])[:100]] = value(chance)
        else:
            inside.append(value(chance))
    return spoilt


def _places(body: Any) -> list[tuple[Any, Any]]:
    """Every place of a document, as what it stands in and its name or number there."""
    names = list(body) if isinstance(body, dict) else list(range(len(body))) if isinstance(body, list) else []
    return [(body, name) for name in names] + [place for name in names for place in _places(body[name])]


def raw(dumped: str) -> str:
    """A JSON text with the numbers and nests that json.dumps would not write."""
    for mark, written in RAW.items():
        dumped = dumped.replace(f'"{mark}"', written)
    return dumped
