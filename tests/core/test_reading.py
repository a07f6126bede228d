"""What people and programs send is read as what it should be, or as nothing; it never raises."""

from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopcomm.core import reading

NONSENSE = ["", " ", "²", "①", "٣", "1e3", "1_000", "0x10", "1" * 5000, "\x00", "\ud800", "inf", "nan", "-", "+1", None, True, 1.5, [], {}]  # fmt: skip


@pytest.mark.parametrize("value", NONSENSE, ids=lambda value: repr(value)[:12])
def test_a_text_that_is_no_whole_number_is_read_as_none(value: Any) -> None:
    assert reading.whole_number(value) is None


@pytest.mark.parametrize(
    ("value", "number"),
    [("0", 0), ("007", 7), (" 12 ", 12), ("１２", 12), (3, 3), (2.0, 2), (str(2**63 - 1), 2**63 - 1)],
)
def test_a_whole_number_is_read(value: Any, number: int) -> None:
    assert reading.whole_number(value) == number


def test_a_whole_number_outside_its_bounds_is_read_as_none() -> None:
    assert reading.whole_number(str(2**63)) is None
    assert reading.whole_number("0", least=1) is None
    assert reading.whole_number("-1") is None
    assert reading.whole_number("-1", least=-5) == -1
    assert reading.whole_number("6", most=5) is None
    assert reading.whole_number(1e300) is None


def test_piece_count_is_zero_for_an_empty_text_and_minus_one_for_an_invalid_one() -> None:
    assert [reading.piece_count(text) for text in ("", None, "3", "1.9", "-2", "²", "9999999")] == [
        0, 0, 3, -1, -1, -1, -1,
    ]  # fmt: skip
    assert reading.piece_count(" ", empty=-1) == -1


@pytest.mark.parametrize("value", ["1e400", "1e5", "NaN", "Infinity", "²", "1,000", "9" * 5000, True, None])
def test_a_text_that_is_no_plain_amount_is_read_as_none(value: Any) -> None:
    assert reading.decimal_amount(value) is None


def test_amounts_are_read_from_text() -> None:
    assert [reading.decimal_amount(value) for value in ("12.50", "-3", ".5", 7, 2.25, Decimal("1E+2"), "９．５")] == [
        Decimal("12.50"), Decimal(-3), Decimal(".5"), Decimal(7), Decimal("2.25"), Decimal(100), Decimal("9.5"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text", ["2026-99-99", "0001-01-01", "9999-12-31", "29.11.2026", "", "\x00", None, 5]
)
def test_a_text_that_is_no_date_is_read_as_none(text: Any) -> None:
    assert reading.calendar_day(text) is None


def test_dates_datetimes_and_times_are_read() -> None:
    assert reading.calendar_day("2026-11-29") == date(2026, 11, 29)
    assert reading.iso_moment("2026-11-29T09:30") == datetime(2026, 11, 29, 9, 30)
    assert reading.time_of_day("09:30") == time(9, 30)
    assert [reading.time_of_day(text) for text in ("99:99", "25:00", "", None)] == [None] * 4
    assert [reading.iso_moment(text) for text in ("2026-02-30T00:00", "0001-01-01T00:00", "now")] == [
        None
    ] * 3


def test_a_lone_surrogate_is_replaced_and_all_other_text_is_kept() -> None:
    assert reading.json_object('{"body": "a\\ud800b", "\\udc00": ["\\ud83d\\ude00"]}') == {
        "body": "a�b",
        "�": ["😀"],
    }
    assert reading.json_object(b'{"body": "\xed\xa0\x80"}') == {"body": "�"}


@pytest.mark.parametrize(
    "text", ["", "[]", "1", "{", "[" * 100_000, '{"a":' + "1" * 5000 + "}", b"\xff\xfe\x00"]
)
def test_a_text_that_is_no_json_object_is_read_as_none(text: str | bytes) -> None:
    assert reading.json_object(text) is None


@pytest.mark.parametrize("depth", [200, 480, 900, 3000])
def test_a_deep_nest_with_half_a_character_is_read_or_refused_but_never_raises(depth: int) -> None:
    found = reading.json_object('{"body":"\\ud800","x":' + "[" * depth + "]" * depth + "}")
    assert found is None or found["body"] == "�"


def test_unreadable_in_returns_the_path_of_the_unreadable_text() -> None:
    assert reading.unreadable_in({"items": [{"sku": "A"}, {"sku": "B\x00"}]}) == "items[1].sku"
    assert reading.unreadable_in({"a": {"\ud800": 1}}) == "a name in a"
    assert reading.unreadable_in({"a": ["好", 1, None, {"b": "😀"}]}) is None


@given(
    st.one_of(
        st.text(), st.integers(), st.floats(), st.booleans(), st.none(), st.binary(), st.lists(st.text())
    )
)
def test_no_reader_raises_for_any_text(value: Any) -> None:
    for read in (
        reading.whole_number,
        reading.piece_count,
        reading.decimal_amount,
        reading.calendar_day,
        reading.iso_moment,
        reading.time_of_day,
        reading.uuid_of,
        reading.uuid_text,
    ):
        read(value)  # type: ignore[operator]
    if isinstance(value, str | bytes):
        reading.json_object(value)


@given(
    st.uuids(),
    st.sampled_from(
        [str, UUID, lambda text: text.upper(), lambda text: "{" + text + "}", "urn:uuid:".__add__]
    ),
)
def test_a_uuid_has_one_text_however_it_was_written(found: UUID, written: Callable[[str], object]) -> None:
    assert reading.uuid_text(written(str(found))) == str(found)
    assert reading.uuid_text(f"{found}\n!") is None
