"""What platforms send, read as what is wanted or as nothing."""

from decimal import Decimal

import pytest

from shopcomm.edge.integrations.jushuitan.mapping import read_jushuitan_order
from shopcomm.edge.integrations.members import object_in, objects_in, sums_of, text_in, without_blanks


@pytest.mark.parametrize("value", [None, [], "text", 5, True])
def test_what_is_no_object_is_an_empty_one(value):
    assert object_in({"name": value}, "name") == {}
    assert objects_in({"name": [value, {"a": 1}]}, "name") == [{"a": 1}]


@pytest.mark.parametrize(
    ("value", "text"), [(" 7 ", "7"), (2**63, str(2**63)), (True, ""), (1.5, ""), (None, ""), ([], "")]
)
def test_a_text_or_a_whole_number_is_text_and_all_else_is_none(value, text):
    assert text_in({"name": value}, "name") == text


def test_what_goods_and_freight_cost_more_than_is_paid_was_taken_off():
    assert sums_of(Decimal(100), Decimal(8), Decimal("98.5")) == {"discount": "9.50", "shipping_fee": "8.00"}
    assert sums_of(Decimal(1), Decimal(0), Decimal(5))["discount"] == "0.00"


def test_what_says_nothing_is_left_out_unless_its_emptiness_says_something():
    assert without_blanks({"a": "", "note": "", "b": 0}, may_be_blank=("note",)) == {"note": "", "b": 0}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-11-30 12:00:00", "2026-11-30T12:00:00+08:00"),
        ("2026-11-30 12:00:00.123", "2026-11-30T12:00:00.123000+08:00"),
        ("1796011200000", "2026-11-30T04:00:00+00:00"),
        ("yesterday", "yesterday"),
    ],
)
def test_a_moment_is_of_beijing_and_one_that_cannot_be_read_is_left_for_a_person(written, read):
    assert read_jushuitan_order({"o_id": 1, "modified": written})["occurred_at"] == read


def test_lists_that_are_none_are_no_goods_and_no_payments():
    read = read_jushuitan_order({"o_id": 1, "items": 5, "pays": "none"})
    assert "items" not in read
    assert "payment" not in read
