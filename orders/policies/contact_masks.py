"""Which contact fields of an order are masked, and how."""

from collections.abc import Mapping
from typing import Any

from shopcomm.core.phones import masked_phone

PHONE, STREET = "receiver_phone", "street"
PRIVATE = frozenset({PHONE, STREET})
HIDDEN = "****"


def private_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Those of some changed fields that are private and say something."""
    return {name: value for name, value in fields.items() if name in PRIVATE and value}


def masked_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The same fields with masks. Masked values stay as they are."""
    return {
        name: _masked(name, value) if name in PRIVATE and value else value for name, value in fields.items()
    }


def masked_phones(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The same fields with the phone masked and the street as it is: what the desk and the board show."""
    return dict(fields) | masked_fields({name: value for name, value in fields.items() if name == PHONE})


def _masked(name: str, value: Any) -> str:
    text = str(value)
    if HIDDEN in text:
        return text
    return masked_phone(text) if name == PHONE else HIDDEN


def masked_sides(data: Mapping[str, Any]) -> dict[str, Any]:
    """The data of an event for whoever may not see private fields: also of events that were written before they were
    kept apart."""
    sides = {
        side: masked_fields(data[side]) for side in ("before", "after") if isinstance(data.get(side), dict)
    }
    return {**data, **sides}
