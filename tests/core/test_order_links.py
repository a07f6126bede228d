import pytest

from shopcomm.core.accounts.models import Customer
from shopcomm.core.accounts.services.order_links import (
    link_token,
    link_url,
    make_link,
    open_link,
    revoke_links,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def buyer():
    return Customer.objects.create(name="吴丽华", phone="+8613800138000", phone_tail="8000")


def test_a_link_opens_the_order_it_was_made_for(buyer):
    link = make_link(customer=buyer, order_id=7)

    opened = open_link(link_token(link))

    assert opened == link
    assert (opened.order_id, opened.customer) == (7, buyer)


def test_a_link_with_a_wrong_signature_is_refused(buyer):
    first, second = (make_link(customer=buyer, order_id=number) for number in (7, 8))
    nonce, _, _signature = link_token(first).rpartition(".")
    _nonce, _, foreign = link_token(second).rpartition(".")

    assert open_link(f"{nonce}.{foreign}") is None
    assert open_link(nonce) is None


def test_revoking_a_link_closes_it_and_leaves_links_of_other_orders(buyer):
    closed, other = make_link(customer=buyer, order_id=7), make_link(customer=buyer, order_id=8)

    assert revoke_links(order_id=7) == 1

    assert open_link(link_token(closed)) is None
    assert open_link(link_token(other)) == other


def test_the_customer_link_of_an_order_stays_the_same_until_it_is_revoked(buyer):
    before = link_url(customer=buyer, order_id=7)
    assert link_url(customer=buyer, order_id=7) == before

    revoke_links(order_id=7)

    assert link_url(customer=buyer, order_id=7) != before
