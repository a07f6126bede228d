"""Logging in, the way to one's own page, one's own settings, the table of rights."""

import re

import pytest
from django.test import Client

from shopcomm.core.accounts.models import Staff
from shopcomm.core.accounts.rights import GROUPS, RIGHTS
from tests.factories import StaffFactory

pytestmark = pytest.mark.django_db
PASSWORD = "a-long-enough-password"
# Of the table of rights, as they stand on its page.
COLUMNS = ("sales", "warehouse", "manager", "customer", "system", "api")


@pytest.fixture
def sales() -> Staff:
    return StaffFactory(role="sales", password=PASSWORD)


def log_in(client: Client, username: str, password: str, **fields: str):
    return client.post("/login/", {"username": username, "password": password, **fields})


@pytest.mark.parametrize(
    ("role", "home"), [("sales", "/orders/"), ("manager", "/orders/"), ("warehouse", "/warehouse/")]
)
def test_after_log_in_everybody_lands_on_the_page_of_their_role(client: Client, role: str, home: str) -> None:
    client.force_login(StaffFactory(role=role), backend="django.contrib.auth.backends.ModelBackend")

    assert client.get("/").headers["Location"] == home


def test_an_anonymous_visitor_is_redirected_to_the_log_in(client: Client) -> None:
    assert client.get("/").headers["Location"] == "/login/"
    assert client.get("/orders/").headers["Location"] == "/login/?next=/orders/"


def test_the_right_password_logs_in(client: Client, sales: Staff) -> None:
    answer = log_in(client, sales.username, PASSWORD)

    assert answer.headers["Location"] == "/"
    assert client.session["_auth_user_id"] == str(sales.pk)


def test_a_wrong_password_shows_an_error_and_keeps_the_user_name(client: Client, sales: Staff) -> None:
    answer = log_in(client, sales.username, "wrong")

    assert answer.status_code == 200
    assert 'role="alert"' in answer.text
    assert f'value="{sales.username}"' in answer.text
    assert "_auth_user_id" not in client.session


def test_after_too_many_wrong_passwords_the_right_one_is_refused(
    client: Client, sales: Staff, settings
) -> None:
    settings.AXES_FAILURE_LIMIT = 3
    for _attempt in range(3):
        log_in(client, sales.username, "wrong")

    answer = log_in(client, sales.username, PASSWORD)

    assert answer.status_code in (403, 429)
    assert "_auth_user_id" not in client.session


def test_a_remembered_computer_stays_logged_in_for_thirty_days(client: Client, sales: Staff) -> None:
    log_in(client, sales.username, PASSWORD, remember="on")

    assert client.session.get_expiry_age() == 30 * 24 * 3600


def test_logging_out_ends_the_session(client: Client, sales: Staff) -> None:
    log_in(client, sales.username, PASSWORD)

    client.post("/logout/")

    assert "_auth_user_id" not in client.session


def test_the_chosen_theme_is_saved_and_changes_nothing_else_of_the_account(
    client: Client, sales: Staff
) -> None:
    log_in(client, sales.username, PASSWORD)

    answer = client.post("/preferences/", {"only": "theme", "theme": "dark"})

    sales.refresh_from_db()
    assert answer.status_code == 204
    assert (sales.theme, sales.sound, sales.single_keys) == ("dark", True, True)
    assert 'data-theme="dark"' in client.get("/preferences/").text


def test_an_unknown_theme_is_refused(client: Client, sales: Staff) -> None:
    log_in(client, sales.username, PASSWORD)

    assert client.post("/preferences/", {"only": "theme", "theme": "pink"}).status_code == 422


def test_only_managers_see_the_rights_page_and_it_lists_every_right(client: Client, sales: Staff) -> None:
    log_in(client, sales.username, PASSWORD)
    assert client.get("/rights/").status_code == 403

    client.force_login(StaffFactory(role="manager"), backend="django.contrib.auth.backends.ModelBackend")
    page = client.get("/rights/").text
    assert all(str(right.label) in page for right in RIGHTS)
    assert page.count('scope="rowgroup"') == len(GROUPS)
    for right in RIGHTS:
        assert drawn(page, str(right.label)) == [column in right.holders for column in COLUMNS], right.key


def drawn(page: str, label: str) -> list[bool]:
    """The cells of one line of the table, as somebody hears them read out."""
    line = re.split(rf'<th scope="row">\s*{re.escape(label)}\s*<', page)[1].partition("</tr>")[0]
    return [said == "可以" for said in re.findall(r'class="visually-hidden"\s*>(可以|不可以)<', line)]


def test_the_rights_page_is_wholly_english_for_english_readers(client: Client) -> None:
    manager = StaffFactory(role="manager", language="en")
    client.force_login(manager, backend="django.contrib.auth.backends.ModelBackend")
    client.post("/i18n/setlang/", {"language": "en", "next": "/rights/"})

    table = client.get("/rights/").text.partition("<table")[2].partition("</table>")[0]

    assert re.findall(r"[\u4e00-\u9fff]+", table) == []


def test_pages_have_no_inline_style_or_script_except_the_import_map_and_data(
    client: Client, sales: Staff
) -> None:
    for path in ("/login/", "/preferences/"):
        page = client.get(path).text
        assert " style=" not in page
        assert not re.findall(r"<script(?![^>]*(?:importmap|src=|application/json))", page)
        log_in(client, sales.username, PASSWORD)


def test_the_language_can_be_switched_to_english(client: Client) -> None:
    client.post("/i18n/setlang/", {"language": "en", "next": "/login/"})

    page = client.get("/login/").text

    assert re.search(r'<html\s+lang="en"', page)
    assert "Log in" in page
