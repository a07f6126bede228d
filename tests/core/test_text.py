"""Names and addresses as a label shows them."""

import pytest

from shopcomm.core.accounts.services.customers import customer_by_phone
from shopcomm.core.text import one_line


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("  吴丽华 ", "吴丽华"),
        ("吴\u202e丽华\u2066", "吴丽华"),
        ("吴\u200b丽\ufeff华\x00\x07", "吴丽华"),
        ("黄龙商贸城\n3 区\t2 楼", "黄龙商贸城 3 区 2 楼"),
        ("\u200b\u202e\u2066 ", ""),
        ("\u200d\u200c", ""),
        ("一家 👨\u200d👩\u200d👧", "一家 👨\u200d👩\u200d👧"),
        ("<b>x</b>", "<b>x</b>"),
        (None, ""),
    ],
)
def test_a_line_holds_what_a_reader_sees(given, shown: str) -> None:
    assert one_line(given) == shown


@pytest.mark.django_db
def test_a_customer_with_a_name_that_shows_nothing_is_called_by_the_phone() -> None:
    customer = customer_by_phone(name="\u202e\u200b", phone="13800138000", source="api")

    assert customer.name == "客户 8000"
