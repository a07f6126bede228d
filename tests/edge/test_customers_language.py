"""The customer's language: chosen on the page, asked for by the browser, known of the customer."""

import pytest
from django.conf import settings
from django.test import Client

from shopcomm.core.accounts.services.order_links import link_token, make_link

pytestmark = pytest.mark.django_db
ENGLISH, FRENCH = {"accept-language": "en-GB,en;q=0.9"}, {"accept-language": "fr-FR,fr;q=0.9,en;q=0.5"}


@pytest.fixture
def address(order) -> str:
    return f"/o/{link_token(make_link(customer=order.customer, order_id=order.pk))}/"


def saved_language(customer) -> str:
    customer.refresh_from_db()
    return customer.language


def shown_language(client: Client, address: str, **headers: str) -> str:
    return client.get(address, headers=headers)["Content-Language"]


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ({}, "zh-hans"),
        (ENGLISH, "en"),
        (FRENCH, "en"),
        ({"accept-language": "zh-TW,zh;q=0.9"}, "zh-hans"),
        ({"accept-language": "de"}, "zh-hans"),
        ({"accept-language": ";;q=x,²" * 50}, "zh-hans"),
    ],
)
def test_customer_pages_follow_the_browsers_language(client, address, asked, answered) -> None:
    assert shown_language(client, address, **asked) == answered
    assert shown_language(client, "/my/login/", **asked) == answered


def test_staff_pages_do_not_follow_the_browsers_language(client, manager) -> None:
    client.force_login(manager, backend="django.contrib.auth.backends.ModelBackend")
    assert shown_language(client, "/orders/", **ENGLISH) == "zh-hans"


def test_the_language_chosen_on_the_order_page_is_saved_for_the_customer(client, address, customer) -> None:
    page = client.get(address).content.decode()
    assert f'action="{address}language/"' in page
    answer = client.post(f"{address}language/", {"language": "en", "next": address})

    assert (answer.status_code, answer["Location"]) == (302, address)
    assert shown_language(client, address) == "en"
    assert saved_language(customer) == "en"
    # On another phone, whose browser asks for nothing.
    assert shown_language(Client(), address) == "en"


def test_the_language_chosen_in_this_browser_overrides_the_browsers_own(client, address, customer) -> None:
    client.post(f"{address}language/", {"language": "zh-hans", "next": address})

    assert shown_language(client, address, **ENGLISH) == "zh-hans"
    assert saved_language(customer) == "zh-hans"


def test_the_first_page_opened_sets_the_customers_language_for_notices(client, address, customer) -> None:
    shown_language(client, address, **ENGLISH, **{"sec-fetch-mode": "cors"})
    # A messenger that draws a preview of the link.
    shown_language(Client(), address, **ENGLISH)
    assert saved_language(customer) == ""
    shown_language(Client(), address, **ENGLISH, **{"sec-fetch-mode": "navigate"})
    assert saved_language(customer) == "en"
    # What is known is not changed by a phone that somebody borrowed.
    shown_language(Client(), address, **{"accept-language": "zh-CN"})
    assert saved_language(customer) == "en"


def test_a_logged_in_customer_can_switch_the_language_too(phone, customer) -> None:
    assert phone.post("/my/me/language/", {"language": "en", "next": "/my/me/"})["Location"] == "/my/me/"
    assert shown_language(phone, "/my/") == "en"
    assert saved_language(customer) == "en"


def test_staff_switching_language_in_the_preview_do_not_change_the_customers_language(
    client, address, customer, manager
) -> None:
    client.force_login(manager, backend="django.contrib.auth.backends.ModelBackend")
    client.post(f"{address}language/", {"language": "en", "next": address})

    assert client.cookies[settings.LANGUAGE_COOKIE_NAME].value == "en"
    assert saved_language(customer) == ""


@pytest.mark.parametrize("given", ["", "fr", "²", "en\x00"])
def test_an_unsupported_language_changes_nothing(client, address, customer, given) -> None:
    client.post(f"{address}language/", {"language": given, "next": address})
    assert saved_language(customer) == ""


def test_switching_the_language_on_an_invalid_link_answers_404(client) -> None:
    assert client.post("/o/nonsense.signature/language/", {"language": "en"}).status_code == 404
