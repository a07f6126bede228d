"""What a rule that ships with the product is made of."""

from typing import Any, NamedTuple

from messaging.models import Trigger

PUSH, EMAIL, SMS, BOT = "push", "email", "sms", "bot"


class Default(NamedTuple):
    """One rule with its words in both languages, and what differs from the usual."""

    key: str
    name: str
    zh: str
    en: str
    fields: dict[str, Any] = {}


def for_customer(
    trigger: Trigger, name: str, zh: str, en: str, *, priority: int = 50, **fields: Any
) -> Default:
    """A rule that tells the customer; the words begin with whom they speak to."""
    return Default(
        trigger.value,
        name,
        "{{客户称呼}}您好，" + zh,
        "Hello {{customer}}, " + en,
        {"channels": [PUSH], "priority": priority, **fields},
    )
