"""What couriers' numbers look like, and what is none of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.reading.couriers import COURIERS, courier_code, courier_name, rare_couriers
from orders.reading.waybills import (
    POSTAL_UNION,
    SHAPES,
    courier_of,
    has_postal_check,
    is_barcode,
    waybill_number,
)

BY_SHAPE = pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.sample)
GUESSED = [shape for shape in SHAPES if shape.source != POSTAL_UNION]


def with_check_digit(digits: str) -> str:
    """A barcode: the digits, and the one digit with which it is one."""
    return next(digits + last for last in "0123456789" if is_barcode(digits + last))


@BY_SHAPE
def test_the_sample_number_of_each_shape_is_recognised_as_its_couriers(shape) -> None:
    assert shape.courier in COURIERS
    assert courier_of(shape.sample) == shape.courier
    assert [other for other in SHAPES if other.fits(shape.sample)] == [shape]


@given(
    st.sampled_from(GUESSED).flatmap(
        lambda shape: st.tuples(st.just(shape), st.from_regex(shape.pattern, fullmatch=True))
    )
)
def test_a_waybill_is_recognised_in_lower_case_and_with_spaces(made) -> None:
    shape, number = made
    if not number.isascii():
        return
    spaced = f" {number[:4].lower()} {number[4:]} "

    assert waybill_number(spaced) == number
    assert courier_of(spaced) == shape.courier


@given(st.text("0123456789", min_size=10, max_size=10))
def test_a_chinese_product_barcode_is_no_waybill(middle: str) -> None:
    assert courier_of(with_check_digit(f"69{middle}")) is None


@given(st.text("0123456789", min_size=12, max_size=12), st.integers(0, 12), st.integers(1, 9))
def test_a_barcode_with_a_wrong_check_digit_is_refused(digits: str, place: int, more: int) -> None:
    code = with_check_digit(digits)
    wrong = code[:place] + str((int(code[place]) + more) % 10) + code[place + 1 :]

    assert not is_barcode(wrong)


@given(st.text("0123456789", min_size=9, max_size=9))
def test_exactly_one_check_digit_of_a_postal_item_number_is_valid(digits: str) -> None:
    right = [last for last in "0123456789" if has_postal_check(f"RB{digits[:8]}{last}CN")]

    assert len(right) == 1


@pytest.mark.parametrize(
    "text", ["", "XB-261129-0004", "XZ-0001-BLK", "0004", "RB473124828CN", "123456789012"]
)
def test_ambiguous_and_unknown_waybill_shapes_name_no_courier(text: str) -> None:
    assert courier_of(text) is None


def test_the_piece_suffix_of_a_jd_number_is_removed() -> None:
    assert waybill_number("JDVA12345678901-1-1-") == "JDVA12345678901"
    assert courier_of("JDVA12345678901-2-3-") == "jd"


def test_the_couriers_of_kuaidi100_are_known_by_code_and_whole_name_and_none_twice() -> None:
    rare = rare_couriers()
    assert len(rare) > 1300
    assert set(rare) & set(COURIERS) == set()
    assert courier_code("100mexpress") == courier_code("百米快运") == "100mexpress"
    assert courier_name("100mexpress") == "百米快运"
    # The beginning of a name means one of the couriers that most shops know, or nobody.
    assert (courier_code("百米"), courier_code("圆通"), courier_code("")) == (None, "yuantong", None)
