"""Guessing: one name from one network, one password on many names, from everywhere; and nobody locked out meanwhile."""

import pytest
from axes.models import AccessAttempt, AccessFailureLog
from django.core.management import call_command
from django.test import Client

from shopcomm.core.accounts.models import Staff
from shopcomm.core.networks import network_of
from tests.factories import StaffFactory

pytestmark = pytest.mark.django_db
PASSWORD = "a-long-enough-password"
OFFICE, ELSEWHERE = "203.0.113.7", "198.51.100.9"


@pytest.fixture
def seller() -> Staff:
    return StaffFactory(role="sales", username="zhoumin", password=PASSWORD)


def logs_in(username: str, password: str, address: str) -> bool:
    """Whether a log-in from an address comes in."""
    client = Client(REMOTE_ADDR=address)
    client.post("/login/", {"username": username, "password": password})
    return "_auth_user_id" in client.session


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::"),
        ("2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::"),
        ("2001:db8:1:3::1", "2001:db8:1:3::"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("", ""),
        ("unix:", ""),
    ],
)
def test_an_ipv6_address_is_counted_as_its_64_bit_network(address, network):
    assert network_of(address) == network


def test_a_lock_holds_for_other_addresses_of_the_same_ipv6_network(seller, settings):
    settings.AXES_FAILURE_LIMIT = 3
    for last in range(3):
        logs_in(seller.username, "wrong", f"2001:db8::{last + 1}")
    assert not logs_in(seller.username, PASSWORD, "2001:db8::ffff")
    assert logs_in(seller.username, PASSWORD, "2001:db8:0:1::1")


def test_wrong_passwords_from_one_network_lock_nobody_out_elsewhere(seller, settings):
    settings.AXES_FAILURE_LIMIT = 3
    for _attempt in range(30):
        logs_in(seller.username, "wrong", ELSEWHERE)
    assert logs_in(seller.username, PASSWORD, OFFICE)


def test_trying_one_password_on_many_names_is_blocked_but_known_users_there_can_log_in(seller, settings):
    settings.LOGIN_NAMES_PER_NETWORK = 5
    colleague = StaffFactory(role="sales", username="chenwei", password=PASSWORD)
    assert logs_in(seller.username, PASSWORD, OFFICE)
    for place in range(5):
        logs_in(f"name{place}", "123456", OFFICE)
    # The sixth name is not tried, though this is its password; whoever has come in from here before is.
    assert not logs_in(colleague.username, PASSWORD, OFFICE)
    assert logs_in(seller.username, PASSWORD, OFFICE)
    assert logs_in(colleague.username, PASSWORD, ELSEWHERE)


def test_wrong_passwords_from_all_networks_together_are_limited(seller, settings):
    settings.LOGIN_FAILURES_IN_ALL = 6
    assert logs_in(seller.username, PASSWORD, OFFICE)
    for place in range(6):
        logs_in(f"name{place}", "123456", f"192.0.2.{place}")
    assert not logs_in(seller.username, PASSWORD, ELSEWHERE)
    assert logs_in(seller.username, PASSWORD, OFFICE)


def test_lifting_a_network_lock_frees_every_name_of_that_network(seller, settings):
    settings.LOGIN_NAMES_PER_NETWORK = 5
    for place in range(5):
        logs_in(f"name{place}", "123456", OFFICE)
    assert not logs_in(seller.username, PASSWORD, OFFICE)

    AccessAttempt.objects.update(failures_since_start=0)
    assert logs_in(seller.username, PASSWORD, OFFICE)


def test_a_thousand_failed_log_ins_do_not_displace_later_records(seller):
    AccessFailureLog.objects.bulk_create(
        AccessFailureLog(username=seller.username, ip_address=ELSEWHERE) for _ in range(1000)
    )

    logs_in(seller.username, "wrong", OFFICE)

    assert AccessFailureLog.objects.count() == 1001
    assert AccessFailureLog.objects.filter(ip_address=OFFICE).exists()


def test_createsuperuser_creates_a_manager(monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    call_command("createsuperuser", "--noinput", "--username", "boss", "--email", "b@example.com")
    boss = Staff.objects.get(username="boss")
    assert (boss.role, boss.is_superuser) == ("manager", True)
    client = Client()
    client.force_login(boss, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/rules/", follow=True).status_code == 200
