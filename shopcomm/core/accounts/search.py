"""Finding customers by name, company or phone, for searches of orders, conversations and customers."""

import re
from typing import Any

from shopcomm.core.phones import PhoneRefused, read_phone
from shopcomm.core.search.bigrams import like_pattern, part_of
from shopcomm.core.search.query import Query

NUMERAL = re.compile("[0-9]+")
# People say the end of a phone number, four digits of it at least, or begin to type it.
PHONE_END, PHONE_BEGINNING = 4, 5


def customer_conditions(query: Query) -> list[tuple[str, list[Any]]]:
    """SQL conditions on `accounts_customer` with their parameters: any one is enough, and each has its own index."""
    return name_conditions(query) + _phone_conditions(query.text)


def name_conditions(query: Query) -> list[tuple[str, list[Any]]]:
    """The same by name and company alone."""
    found: list[tuple[str, list[Any]]] = [("name LIKE %s", [like_pattern(query.text) + "%"])]
    # Nobody is called 5678.
    if not NUMERAL.fullmatch(query.text):
        company, params = part_of("company", query.text)
        found += [part_of("name", query.text), (f"company <> '' AND {company}", params)]
    return found


def _phone_conditions(text: str) -> list[tuple[str, list[Any]]]:
    """The end or the beginning of a number, or a whole one as people write it; without its extension all who share it."""
    digits = re.sub(r"[\s()+-]", "", text)
    found: list[tuple[str, list[Any]]] = []
    if NUMERAL.fullmatch(digits) and len(digits) >= PHONE_END:
        found.append(("phone_tail = %s AND phone LIKE %s", [digits[-4:], f"%{digits}%"]))
    if found and len(digits) >= PHONE_BEGINNING:
        found += [("phone LIKE %s", [f"+{code}{digits}%"]) for code in ("", "86")]
    try:
        phone = read_phone(text)
    except PhoneRefused:
        return found
    if phone.extension:
        return [("phone = %s", [phone.key])]
    # The end has an index; whatever follows the number is an extension of it.
    return [*found, ("phone_tail = %s AND phone LIKE %s", [phone.tail, f"{phone.number}%"])]
