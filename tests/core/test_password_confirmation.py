"""Keys and passwords ask for the password again; the log of log-ins is nobody's to change."""

from datetime import timedelta

import pytest
import time_machine
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.test import Client
from django.utils import timezone

from shopcomm.core.accounts.models import ApiKey, Staff
from tests.factories import StaffFactory

pytestmark = pytest.mark.django_db
PASSWORD, OTHER = "a-long-enough-password", "something else entirely"


@pytest.fixture
def boss() -> Staff:
    return StaffFactory(role="manager", username="boss", password=PASSWORD)


@pytest.fixture
def desk(client: Client, boss: Staff) -> Client:
    client.post("/login/", {"username": boss.username, "password": PASSWORD})
    return client


@pytest.fixture
def guarded(sales: Staff) -> dict[str, dict[str, str]]:
    """What is asked about, with what would be posted there."""
    return {
        "/integrations/keys/new/": {"name": "ERP", "scopes": "*"},
        "/admin/accounts/staff/add/": {
            "username": "new", "password1": OTHER, "password2": OTHER, "usable_password": "true", "role": "sales",
        },
        f"/admin/accounts/staff/{sales.pk}/password/": {
            "password1": OTHER, "password2": OTHER, "usable_password": "true",
        },
    }  # fmt: skip


def test_creating_api_keys_and_setting_passwords_asks_for_ones_own_password_first(desk, guarded, sales):
    for path, body in guarded.items():
        for answer in (desk.get(path), desk.post(path, body)):
            assert (answer.status_code, answer.headers["Location"]) == (
                302,
                f"/confirm/?next={path.replace('/', '%2F')}",
            )
    assert not ApiKey.objects.exists()
    assert not Staff.objects.filter(username="new").exists()
    sales.refresh_from_db()
    assert not sales.check_password(OTHER)


def test_a_confirmed_password_counts_for_five_minutes(desk, guarded, sales):
    path = "/integrations/keys/new/"
    page = desk.get(f"/confirm/?next={path}")
    assert "boss 的密码" in page.text
    assert desk.post("/confirm/", {"next": path, "password": "wrong"}).status_code == 422
    assert desk.post("/confirm/", {"next": path, "password": PASSWORD}).headers["Location"] == path
    for each, body in guarded.items():
        assert desk.get(each).status_code == 200
        # A key's secret is in the answer itself.
        assert desk.post(each, body).status_code == (200 if each == path else 302)
    sales.refresh_from_db()
    assert (ApiKey.objects.count(), sales.check_password(OTHER)) == (1, True)
    with time_machine.travel(timezone.now() + timedelta(minutes=6)):
        assert desk.get(path).status_code == 302


def test_password_confirmation_redirects_to_no_other_site(desk):
    for wanted in ("https://evil.example/", "//evil.example/", "javascript:alert(1)"):
        assert desk.post("/confirm/", {"next": wanted, "password": PASSWORD}).headers["Location"] == "/"


def test_wrong_passwords_at_the_confirmation_count_towards_the_login_lock(desk, boss, settings):
    settings.AXES_FAILURE_LIMIT = 3
    for _attempt in range(3):
        desk.post("/confirm/", {"password": "wrong"})
    assert desk.post("/confirm/", {"password": PASSWORD}).status_code in (403, 422, 429)
    assert desk.get("/integrations/keys/new/").status_code == 302


def test_log_in_records_cannot_be_changed_or_deleted_in_the_admin(desk):
    Client().post("/login/", {"username": "boss", "password": "wrong"})
    attempt = AccessAttempt.objects.get()
    assert (AccessLog.objects.exists(), AccessFailureLog.objects.exists()) == (True, True)
    for model in (AccessAttempt, AccessLog, AccessFailureLog):
        base = f"/admin/axes/{model._meta.model_name}/"
        page = desk.get(base)
        assert page.status_code == 200
        assert "delete_selected" not in page.text
        assert desk.get(f"{base}add/").status_code == 403
        for row in model.objects.all():
            assert desk.post(f"{base}{row.pk}/delete/", {"post": "yes"}).status_code == 403
        desk.post(base, {"action": "delete_selected", "_selected_action": [attempt.pk], "post": "yes"})
    assert AccessAttempt.objects.filter(pk=attempt.pk).exists()
    desk.post("/admin/axes/accessattempt/", {"action": "lift_lock", "_selected_action": [attempt.pk]})
    assert AccessAttempt.objects.get(pk=attempt.pk).failures_since_start == 0


def test_the_staff_form_does_not_show_the_password_hash(desk, boss):
    page = desk.get(f"/admin/accounts/staff/{boss.pk}/change/").text

    assert "设好了" in page
    assert "../password/" in page
    assert not [word for word in ("pbkdf2", "md5", "argon", "盐", "哈希") if word in page]
