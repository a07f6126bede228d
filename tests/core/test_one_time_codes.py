"""A code proves a phone: once, for five minutes, five guesses, and tells nobody who buys here."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from unittest import mock

import pytest
from django.db import connection
from django.utils import timezone
from time_machine import travel

from shopcomm.core.accounts.models import Customer, OneTimeCode
from shopcomm.core.accounts.services import one_time_codes
from shopcomm.core.accounts.services.one_time_codes import (
    A_DAY,
    MOST_ATTEMPTS,
    PHONE_BURST,
    CodeRefused,
    IssuedCode,
    issue_code,
    mobile_number,
    verify_code,
)
from tests.factories import CustomerFactory

pytestmark = pytest.mark.django_db
PHONE = "+8613700137000"


@pytest.fixture(autouse=True)
def unhurried():
    """The buckets are tested where they are; elsewhere nobody waits."""
    with mock.patch.object(one_time_codes, "seconds_to_wait", return_value=0.0) as wait:
        yield wait


def issue_test_code(phone: str = PHONE) -> IssuedCode:
    return issue_code(phone=phone, address="192.0.2.1")


def verify_test_code(issued: IssuedCode, code: str | None = None) -> Customer:
    return verify_code(code_id=issued.pk, code=code or issued.code, address="192.0.2.1")


def wrong_code_for(issued: IssuedCode) -> str:
    return f"{(int(issued.code) + 1) % 10**6:06d}"


def test_the_right_code_returns_the_customer_with_that_phone(customer):
    assert verify_test_code(issue_test_code(customer.phone)) == customer


def test_proving_an_unknown_phone_creates_a_customer():
    customer = verify_test_code(issue_test_code())

    assert (customer.phone, customer.source, customer.tier) == (PHONE, "web", "retail")
    assert verify_test_code(issue_test_code()) == customer


def test_a_code_works_once():
    issued = issue_test_code()
    verify_test_code(issued)

    with pytest.raises(CodeRefused):
        verify_test_code(issued)


def test_a_code_expires_after_five_minutes():
    now = timezone.now()
    with travel(now, tick=False):
        first, second = issue_test_code(), issue_test_code()
    with travel(now + timedelta(minutes=4, seconds=59), tick=False):
        verify_test_code(first)
    with travel(now + timedelta(minutes=5), tick=False), pytest.raises(CodeRefused):
        verify_test_code(second)


def test_five_wrong_guesses_invalidate_a_code_for_good():
    issued = issue_test_code()
    for _ in range(MOST_ATTEMPTS):
        with pytest.raises(CodeRefused):
            verify_test_code(issued, wrong_code_for(issued))

    with pytest.raises(CodeRefused):
        verify_test_code(issued)
    assert OneTimeCode.objects.get().attempts == MOST_ATTEMPTS
    assert not Customer.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_simultaneous_guesses_are_counted_one_by_one():
    issued = issue_test_code()

    def guess(code: str) -> bool:
        try:
            return bool(verify_test_code(issued, code))
        except CodeRefused:
            return False
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        right = list(pool.map(guess, [wrong_code_for(issued)] * 4 + [issued.code] * 8))
    assert right.count(True) <= 1
    assert OneTimeCode.objects.get().attempts <= MOST_ATTEMPTS


def test_wrong_guesses_of_one_visitor_do_not_use_up_anothers_attempts():
    own, foreign = issue_test_code(), issue_test_code()
    for _ in range(MOST_ATTEMPTS):
        with pytest.raises(CodeRefused):
            verify_test_code(foreign, wrong_code_for(foreign))

    assert verify_test_code(own).phone == PHONE


def test_codes_are_compared_in_constant_time():
    issued = issue_test_code()
    with mock.patch.object(
        one_time_codes.secrets, "compare_digest", wraps=one_time_codes.secrets.compare_digest
    ) as compare:
        verify_test_code(issued)

    stored, given = compare.call_args.args
    assert stored == given == OneTimeCode.objects.get().digest


def test_the_code_itself_is_not_stored():
    first, second = issue_test_code(), issue_test_code()
    rows = OneTimeCode.objects.in_bulk()

    assert first.code not in str(vars(rows[first.pk]) | {"phone": ""})
    assert rows[first.pk].salt != rows[second.pk].salt


def test_a_known_and_an_unknown_phone_take_the_same_queries(customer, django_assert_num_queries):
    for phone in (customer.phone, PHONE):
        with django_assert_num_queries(2):
            issue_test_code(phone)


def test_requesting_a_code_is_limited_by_phone_by_address_and_overall(unhurried):
    issue_test_code()

    buckets = [call.args[0] for call in unhurried.call_args_list]
    assert buckets == ["code-from:192.0.2.1", f"code-to:{PHONE}", "code-all"]
    unhurried.return_value = 12.2
    with pytest.raises(CodeRefused) as refused:
        issue_test_code()
    assert (refused.value.status, "13" in str(refused.value)) == (429, True)


def test_a_fourth_code_for_one_phone_in_quick_succession_is_refused(unhurried):
    from shopcomm.core.rate_limits import seconds_to_wait

    unhurried.side_effect = seconds_to_wait
    phone = f"+86139{timezone.now().microsecond:08d}"
    for number in range(PHONE_BURST):
        issue_code(phone=phone, address=f"203.0.113.{number}-{phone}")

    with pytest.raises(CodeRefused):
        issue_code(phone=phone, address=f"203.0.113.99-{phone}")


def test_a_phone_gets_a_limited_number_of_codes_a_day():
    now = timezone.now()
    for _ in range(A_DAY):
        issue_test_code()
    with pytest.raises(CodeRefused):
        issue_test_code()

    with travel(now + timedelta(days=1, seconds=1), tick=False):
        assert issue_test_code()


def test_old_codes_are_kept_as_long_as_the_setting_says():
    with travel(timezone.now() - timedelta(days=3), tick=False):
        issue_test_code()
    issue_test_code()

    assert OneTimeCode.objects.count() == 2


@pytest.mark.parametrize("text", ["", "123", "不是号码", "+8657112345678", "02087654321", "1380013800\x00"])
def test_a_number_that_is_no_mobile_number_gets_no_code(text):
    with pytest.raises(CodeRefused):
        mobile_number(text)


def test_mobile_numbers_of_other_countries_are_accepted_where_the_setting_lists_them(settings):
    with pytest.raises(CodeRefused):
        mobile_number("+447911123456")

    settings.LOGIN_CODE_COUNTRIES = ["86", "44"]
    assert mobile_number("+44 7911 123456") == "+447911123456"


def test_a_blocked_customer_cannot_log_in_with_a_valid_code():
    shut = CustomerFactory(phone=PHONE, is_active=False)

    with pytest.raises(CodeRefused) as refused:
        verify_test_code(issue_test_code())
    assert (refused.value.status, Customer.objects.get()) == (403, shut)


def test_limits_count_an_ipv6_network_as_one_and_all_visitors_together(unhurried, settings):
    settings.LOGIN_CODES_PER_HOUR = 720
    issued = issue_code(phone=PHONE, address="2001:db8:1:2:aaaa::1")
    verify_code(code_id=issued.pk, code=issued.code, address="2001:db8:1:2:bbbb::2")
    asked = {call.args[0]: call.kwargs for call in unhurried.call_args_list}
    assert set(asked) == {
        "code-from:2001:db8:1:2::", f"code-to:{PHONE}", "code-all", "code-guess:2001:db8:1:2::", "code-guess-all",
    }  # fmt: skip
    assert asked["code-all"] == {"rate": 0.2, "size": 720}


def test_over_the_limit_of_all_visitors_no_code_is_sent(unhurried):
    unhurried.side_effect = lambda bucket, **_rate: 30.0 if bucket == "code-all" else 0.0
    with pytest.raises(CodeRefused) as refused:
        issue_test_code()
    assert refused.value.status == 429
    assert not OneTimeCode.objects.exists()
