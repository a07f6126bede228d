"""Sums and counts from outside, as an order can hold them."""

from decimal import Decimal
from typing import Any

from shopcomm.core import reading

CENT = Decimal("0.01")
MAX_MONEY = Decimal("9999999999.99")


def read_money(value: Any) -> Decimal | None:
    """An amount from outside with at most two decimals; None for anything that is not one."""
    amount = reading.decimal_amount(value)
    if amount is None or abs(amount) > MAX_MONEY or amount != amount.quantize(CENT):
        return None
    return amount.quantize(CENT)


def read_count(value: Any) -> int:
    """A count from outside; -1 for anything that is not a whole number, such as 1.9."""
    found = reading.whole_number(value)
    return -1 if found is None else found
