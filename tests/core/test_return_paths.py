"""Where somebody comes to whose session ended, who is lost, or who opens what only a form is sent to."""

import pytest

pytestmark = pytest.mark.django_db
PASSWORD = "swordfish-in-a-bag"


def test_a_form_sent_after_the_session_ended_returns_to_its_page_after_log_in(client, order, manager):
    manager.set_password(PASSWORD)
    manager.save()
    page = f"/orders/{order.number}/?view=all"
    sent = client.post(
        f"/orders/{order.number}/payments/", {"amount": "1"}, headers={"Referer": f"http://testserver{page}"}
    )
    logged_in = client.post(sent.headers["Location"], {"username": manager.username, "password": PASSWORD})
    assert logged_in.headers["Location"] == page
    assert client.get(page).status_code == 200


@pytest.mark.parametrize("referer", ["https://elsewhere.example/orders/", ""])
def test_the_return_path_is_the_home_page_when_the_page_is_unknown(client, order, referer):
    sent = client.post(f"/orders/{order.number}/payments/", headers={"Referer": referer})
    assert sent.headers["Location"] == "/login/?next=/"


def test_the_return_path_of_a_customer_is_not_the_staff_log_in(phone, client):
    assert phone.get("/").headers["Location"] == "/my/"
    assert client.get("/").headers["Location"] == "/login/"


def test_opening_a_form_only_url_shows_a_page_to_people_and_a_bare_405_to_programs(log_in, manager, order):
    address = f"/orders/{order.number}/payments/"
    client = log_in(manager)
    page = client.get(address, headers={"Accept": "text/html,*/*"})
    assert (page.status_code, page.headers["Allow"]) == (405, "POST")
    assert "这个地址不能直接打开" in page.text
    assert client.get(address).content == b""
