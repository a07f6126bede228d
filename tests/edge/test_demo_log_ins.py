"""The demo's log-ins: a start with the same password ends nobody's session, and makes nobody who is gone."""

import pytest
from django.test import Client

from shopcomm.core.accounts.models import Staff
from shopcomm.edge.demo import people
from tests.factories import StaffFactory

pytestmark = pytest.mark.django_db
PASSWORD = "twelve-red-bags"


@pytest.fixture
def demo(monkeypatch) -> dict[str, Staff]:
    monkeypatch.setenv("SHOPCOMM_DEMO_PASSWORD", PASSWORD)
    return people.demo_staff()


def logged_in(name: str) -> Client:
    client = Client()
    assert client.post("/login/", {"username": name, "password": PASSWORD}).status_code == 302
    return client


def test_restarting_with_the_same_demo_password_keeps_everybody_logged_in(demo) -> None:
    client = logged_in("manager")

    assert people.set_demo_password(PASSWORD) == ["sales", "warehouse", "manager"]
    assert client.get("/orders/").status_code == 200


def test_a_new_demo_password_replaces_the_former_one(demo) -> None:
    client = logged_in("manager")

    people.set_demo_password("thirteen-blue-bags")
    assert client.get("/orders/").status_code == 302
    assert Staff.objects.get(username="manager").check_password("thirteen-blue-bags")


def test_demo_users_keep_managers_changes_and_deleted_ones_are_not_recreated(demo) -> None:
    demo["warehouse"].delete()
    Staff.objects.filter(username="sales").update(display_name="林姐", role="manager")
    Staff.objects.filter(username="manager").update(is_active=False)

    assert people.set_demo_password(PASSWORD) == ["sales"]
    assert not Staff.objects.filter(username="warehouse").exists()
    assert list(Staff.objects.filter(username="sales").values_list("display_name", "role")) == [
        ("林姐", "manager")
    ]


def test_the_demo_password_does_not_touch_a_shop_that_is_no_demo() -> None:
    own = StaffFactory(username="manager", role="manager")
    own.set_password("of my own 77")
    own.save()

    assert people.set_demo_password(PASSWORD) == []
    assert Staff.objects.get().check_password("of my own 77")
