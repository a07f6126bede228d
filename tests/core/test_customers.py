import pytest

from shopcomm.core.accounts.models import Customer
from shopcomm.core.accounts.services.customers import customer_by_phone
from shopcomm.core.phones import normalise_phone


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("138 0013 8000", "+8613800138000"),
        ("+86-13800138000", "+8613800138000"),
        ("0577-88001234", "+8657788001234"),
        ("+44 20 7946 0018", "+442079460018"),
    ],
)
def test_a_phone_number_is_stored_in_e164(written, kept):
    assert normalise_phone(written) == kept


@pytest.mark.parametrize("text", ["", "abc", "12", "1" * 400, "\x00", "‮138"])
def test_a_text_that_is_no_phone_number_is_refused(text):
    with pytest.raises(ValueError, match="不像一个电话号码"):
        normalise_phone(text)


@pytest.mark.django_db
def test_the_same_phone_written_differently_is_the_same_customer():
    first = customer_by_phone(name="吴丽华", phone="13800138000", source="wechat")
    second = customer_by_phone(name="吴小姐", phone="+86 138 0013 8000", source="phone")

    assert first == second
    assert Customer.objects.get().name == "吴丽华"
    assert first.phone_tail == "8000"
