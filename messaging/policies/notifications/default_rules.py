"""The rules that ship with the product, read from their table. No database."""

import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

DEFAULT_RULES = Path(__file__).with_name("default_rules.toml")


@dataclass(frozen=True, kw_only=True)
class DefaultRule:
    """One rule that ships with the product, with its words in both languages, and what differs from the usual."""

    key: str
    name: str
    zh: str
    en: str
    fields: dict[str, Any] = field(default_factory=dict)

    @property
    def trigger(self) -> str:
        """What it waits for: the key itself, unless another rule tells others of the same thing."""
        return str(self.fields.get("trigger", self.key))


@cache
def default_rules() -> tuple[DefaultRule, ...]:
    """Every rule that ships with the product, in the order in which they are made."""
    rows = tomllib.loads(DEFAULT_RULES.read_text("utf-8"))["rules"]
    own = ("key", "name", "zh", "en")
    return tuple(
        DefaultRule(
            **{name: row[name] for name in own},
            fields={name: value for name, value in row.items() if name not in own},
        )
        for row in rows
    )
