"""Text from people where it has to fit one line: names, addresses, amounts."""

import re
from decimal import Decimal
from typing import Any

# Controls, and what turns the direction of writing or shows nothing: on a label or in a list it makes a name look like
# another one. The joiners of emoji and of some scripts stay.
_HIDDEN = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164"
    r"\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
# The shop's own: its prices are in it, and whatever names no other currency.
HOME_CURRENCY = "CNY"
CURRENCIES = (
    HOME_CURRENCY, "USD", "EUR", "GBP", "HKD", "TWD", "MOP", "JPY", "KRW", "AUD", "CAD", "SGD", "MYR", "THB", "VND",
    "RUB", "CHF", "SEK", "NZD",
)  # fmt: skip
CURRENCY_SIGNS = {"CNY": "¥", "USD": "$", "EUR": "€", "GBP": "£"}
_JOINERS = "\u200c\u200d"


def one_line(text: Any) -> str:
    """The text as a reader sees it: without hidden characters, with single blanks; empty if nothing shows."""
    line = " ".join(_HIDDEN.sub("", str(text or "")).split())
    return line if line.strip(_JOINERS) else ""


def has_no_hidden_characters(text: str) -> bool:
    """Whether a text holds nothing that hides, turns or breaks the line; a joiner makes it false, too."""
    return text.isprintable() and "\u3164" not in text


def written_money(amount: Decimal | str, currency: str = HOME_CURRENCY) -> str:
    """An amount as people write it: ¥8,677.75, with a true minus sign."""
    value = Decimal(amount)
    sign = "−" if value < 0 else ""
    return f"{sign}{CURRENCY_SIGNS.get(currency, currency + ' ')}{abs(value):,.2f}"
