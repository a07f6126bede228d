"""The customer's page: one link, one order, nothing else."""

from uuid import uuid4

import pytest
from django.urls import reverse

from messaging.services.messages import send_message
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.proofs import LINKS_SESSION_KEY
from shopcomm.core.accounts.services.order_links import link_token, make_link, revoke_links
from shopcomm.edge.portal.urls import urlpatterns as portal_urls
from tests.factories import make_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def link(order):
    return make_link(customer=order.customer, order_id=order.pk)


@pytest.fixture
def address(link) -> str:
    return reverse("portal:order", args=[link_token(link)])


def test_the_portal_page_shows_the_order_and_sets_the_session(client, order, link, address):
    response = client.get(address)
    page = response.content.decode()
    assert response.status_code == 200
    assert order.number in page
    assert client.session[LINKS_SESSION_KEY] == [link.pk]
    assert response["X-Robots-Tag"] == "noindex, nofollow"


def test_the_portal_page_masks_the_phone(client, order, address):
    page = client.get(address).content.decode()
    digits = order.receiver_phone.removeprefix("+86")
    assert digits not in page
    assert order.customer.phone not in page
    assert f"{digits[:3]} **** {digits[-4:]}" in page


@pytest.mark.parametrize("view", ["portal:order", "portal:chat", "portal:progress"])
def test_every_page_of_a_revoked_link_is_closed(client, order, link, view):
    token = link_token(link)
    revoke_links(order_id=order.pk)
    response = client.get(reverse(view, args=[token]))
    assert response.status_code == 404
    assert order.number not in response.content.decode()
    assert LINKS_SESSION_KEY not in client.session


def pages_of_links() -> list[tuple[str, dict[str, object]]]:
    """Every address below `/o/<token>/`, with something for what else it names; `prove` answers a script."""
    known = {"request_id": 1, "case_id": 1, "answer": "withdraw", "step": "withdraw"}
    found = [(each.name, each.pattern.converters.keys()) for each in portal_urls]
    return [
        (str(name), {key: known[key] for key in keys if key != "token"})
        for name, keys in found
        if "token" in keys and name != "prove"
    ]


@pytest.mark.parametrize(("name", "more"), pages_of_links())
@pytest.mark.parametrize("method", ["get", "post"])
def test_every_page_of_a_link_forbids_indexing_by_search_engines(client, link, method, name, more):
    opened, forged = (
        getattr(client, method)(reverse(f"portal:{name}", kwargs={"token": token} | more))
        for token in (link_token(link), "nonsense.signature")
    )
    if forged.status_code == 405:
        # The page does not know this method.
        return
    assert (forged.status_code, forged["X-Robots-Tag"]) == (404, "noindex, nofollow")
    # What does not exist below a live link is the site's own 404, about nobody.
    if opened.status_code != 404:
        assert opened["X-Robots-Tag"] == "noindex, nofollow"
        assert opened["Referrer-Policy"] == "same-origin"


def test_an_unknown_link_and_a_revoked_one_look_the_same(client, order, link, address):
    revoke_links(order_id=order.pk)
    revoked = client.get(address).content
    unknown = client.get("/o/nonsense.signature/").content
    assert len(revoked) == len(unknown)


def test_a_link_with_a_forged_signature_is_refused(client, link, address):
    forged = address[:-2] + ("A" if address[-2] != "A" else "B") + "/"
    assert client.get(forged).status_code == 404


def test_internal_notes_are_not_on_the_customers_page(client, order, manager, address):
    send_message(
        actor=Actor.staff(manager),
        conversation_id=order.conversation.pk,
        client_id=uuid4(),
        kind="text",
        body="这个客户要注意",
        internal=True,
    )
    assert "这个客户要注意" not in client.get(address).content.decode()


def test_staff_who_open_a_link_get_a_read_only_preview_and_stay_logged_in(client, manager, address):
    client.force_login(manager)
    page = client.get(address).content.decode()
    assert "员工预览" in page
    assert "data-composer" not in page
    assert LINKS_SESSION_KEY not in client.session
    assert client.get("/inbox/").status_code == 200


def test_the_progress_part_of_the_page_can_be_fetched_alone(client, link):
    page = client.get(reverse("portal:progress", args=[link_token(link)])).content.decode()
    assert "<html" not in page
    assert "待支付" in page


def test_opening_a_second_link_keeps_the_first_in_the_session(client, link, address, other_customer):
    client.get(address)
    other_order = make_order(customer=other_customer)
    other = make_link(customer=other_order.customer, order_id=other_order.pk)
    page = client.get(reverse("portal:order", args=[link_token(other)])).content.decode()
    assert client.session[LINKS_SESSION_KEY] == [link.pk, other.pk]
    assert other_order.number in page
