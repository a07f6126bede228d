"""Telephone numbers as people, marketplaces and spreadsheets write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopcomm.core.accounts.models import Customer
from shopcomm.core.accounts.services.customers import customer_by_phone
from shopcomm.core.accounts.services.one_time_codes import CodeRefused, mobile_number
from shopcomm.core.phones import (
    PhoneRefused,
    kept_receiver_phone,
    masked_phone,
    normalise_phone,
    read_phone,
    written_phone,
)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("13800138000", "+8613800138000"),
        ("電話:13800138000", "+8613800138000"),
        ("电话13800138000", "+8613800138000"),
        ("手机号码：138-0013-8000", "+8613800138000"),
        ("Tel. 0577-88001234", "+8657788001234"),
        ("１３８００１３８０００", "+8613800138000"),
        ("0086 13800138000", "+8613800138000"),
        ("86-13800138000", "+8613800138000"),
        ("400-800-1234", "+864008001234"),
        ("18412345678-1234", "+8618412345678-1234"),
        ("18412345678转1234", "+8618412345678-1234"),
        ("18412345678 转 1234", "+8618412345678-1234"),
        ("18412345678,1234", "+8618412345678-1234"),
        ("18412345678 ext. 1234", "+8618412345678-1234"),
        ("18412345678#1234", "+8618412345678-1234"),
        ("18412345678分机1234", "+8618412345678-1234"),
        ("18412345678 1234", "+8618412345678-1234"),
        ("１８４１２３４５６７８－１２３４", "+8618412345678-1234"),
        ("+86 184 1234 5678-1234", "+8618412345678-1234"),
        ("0577-88888888-801", "+8657788888888-801"),
        ("0577-88888888转801", "+8657788888888-801"),
        ("(0577)88888888", "+8657788888888"),
        ("0577-8888-8888", "+8657788888888"),
        ("852-91234567", "+85291234567"),
        ("85291234567", "+85291234567"),
        ("00852 9123 4567", "+85291234567"),
        ("853 6612 3456", "+85366123456"),
        ("886-912345678", "+886912345678"),
        ("+1 202-555-0123", "+12025550123"),
        ("13800138000/13900139000", "+8613800138000"),
    ],
)
def test_a_phone_number_is_normalised_and_keeps_its_extension(written, kept):
    assert normalise_phone(written) == kept


@pytest.mark.parametrize(
    "text",
    [
        "1380013800",
        "138001380001",
        "12345678901",
        "11111111111",
        "12345",
        "88888888",
        "0912345678",
        "0912-345-678",
        "10086",
        "张姐",
        "13800138000张姐",
        "13800138000/12345",
        "1" * 5000,
        "13800138000" + " " * 100 + "x",
    ],
)
def test_a_number_outside_every_numbering_plan_is_refused(text):
    with pytest.raises(PhoneRefused):
        read_phone(text)


def test_the_refusal_of_a_phone_number_says_what_is_missing():
    with pytest.raises(PhoneRefused, match=r"\+886"):
        read_phone("0912345678")
    with pytest.raises(PhoneRefused, match="区号"):
        read_phone("88888888")


@given(st.text(max_size=60))
def test_any_text_is_either_a_phone_number_or_refused_and_can_always_be_displayed(text):
    try:
        read = read_phone(text)
    except PhoneRefused:
        pass
    else:
        assert read == read_phone(read.key) == read_phone(read.written) == read_phone(read.compact)
    written_phone(text), masked_phone(text), kept_receiver_phone(text)


@pytest.mark.parametrize(
    ("kept", "shown", "masked"),
    [
        ("+8613800138000", "138 0013 8000", "138 **** 8000"),
        ("+8618412345678-1234", "184 1234 5678-1234", "184 **** 5678-1234"),
        ("13800138000/13900139000", "138 0013 8000 / 139 0013 9000", "138 **** 8000 / 139 **** 9000"),
        ("+85291234567", "+852 9123 4567", "+85 **** 4567"),
        ("nothing known", "nothing known", ""),
    ],
)
def test_a_phone_number_is_formatted_for_display_and_masked(kept, shown, masked):
    assert (written_phone(kept), masked_phone(kept)) == (shown, masked)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("电话13800138000", "13800138000"),
        ("１３８００１３８０００", "13800138000"),
        ("138 0013 8000", "13800138000"),
        ("+86 138 0013 8000", "+8613800138000"),
        ("0577-88888888转801", "0577-88888888-801"),
        ("13800138000、13900139000", "13800138000/13900139000"),
        ("852-91234567", "+85291234567"),
    ],
)
def test_a_receivers_number_is_tidied_without_losing_digits(typed, kept):
    assert kept_receiver_phone(typed) == kept


@pytest.mark.django_db
def test_two_buyers_with_one_virtual_number_are_two_customers():
    first = customer_by_phone(name="甲", phone="18412345678,1234", source="api")
    second = customer_by_phone(name="乙", phone="18412345678转9999", source="api")
    again = customer_by_phone(name="甲", phone="18412345678-1234", source="api")

    assert first != second
    assert first == again
    assert {first.phone_tail, second.phone_tail} == {"5678"}


@pytest.mark.django_db
def test_a_second_number_is_written_into_the_customers_note():
    customer_by_phone(name="甲", phone="13800138000/13900139000", source="phone")

    assert Customer.objects.get().note == "其他电话：139 0013 9000"


def test_no_login_code_is_sent_to_a_number_with_an_extension():
    with pytest.raises(CodeRefused, match="分机"):
        mobile_number("18412345678-1234")
