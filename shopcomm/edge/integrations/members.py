"""Members of JSON objects as platforms send them: each read as what is wanted, or as nothing. And what many say alike."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from shopcomm.core.reading import decimal_amount


def object_in(found: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The object under a name; an empty one for anything else."""
    inside = found.get(name)
    return inside if isinstance(inside, dict) else {}


def objects_in(found: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """The objects of the list under a name; what is none of either is left out."""
    inside = found.get(name)
    return [each for each in inside if isinstance(each, dict)] if isinstance(inside, list) else []


def text_in(found: Mapping[str, Any], name: str) -> str:
    """The text or whole number under a name as text; empty for anything else."""
    inside = found.get(name)
    is_text = isinstance(inside, str | int) and not isinstance(inside, bool)
    return str(inside).strip() if is_text else ""


def amount_of(value: Any) -> Decimal:
    """A sum in yuan; nothing for what is none."""
    return decimal_amount(value) or Decimal(0)


def yuan_text(amount: Decimal) -> str:
    """A sum as orders take it: in yuan with two decimals."""
    return f"{amount:.2f}"


def sums_of(listed: Decimal, freight: Decimal, paid: Decimal) -> dict[str, str]:
    """Freight, and what was taken off: whatever goods and freight cost more than is paid for them."""
    off = max(listed + freight - paid, Decimal(0))
    return {"discount": yuan_text(off), "shipping_fee": yuan_text(freight)}


def without_blanks(order: Mapping[str, Any], *, may_be_blank: tuple[str, ...] = ()) -> dict[str, Any]:
    """An order without what says nothing, so that it is left alone."""
    return {
        name: value
        for name, value in order.items()
        if value not in ("", None, [], {}) or name in may_be_blank
    }
