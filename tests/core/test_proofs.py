"""A session holds every link it proved; each page speaks for its own, and for nothing that was not proved."""

import pytest

from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Customer
from shopcomm.core.accounts.proofs import (
    LINKS_SESSION_KEY,
    MOST_LINKS,
    MY_SESSION_KEY,
    SpeaksAs,
    actor_of,
    actors_of,
    held_links,
    hold_link,
    link_of,
)
from shopcomm.core.accounts.services.order_links import make_link, revoke_links
from tests.factories import make_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def links(order, other_customer):
    """Of two orders of one customer and of one of another's."""
    second, foreign = make_order(customer=order.customer), make_order(customer=other_customer)
    return [make_link(customer=each.customer, order_id=each.pk) for each in (order, second, foreign)]


@pytest.fixture
def session(links) -> dict:
    held: dict = {}
    for link in links:
        hold_link(held, link)
    return held


def actor_of_link(link) -> Actor:
    return Actor.customer(link.customer, order_id=link.order_id)


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("link=12", SpeaksAs(12)),
        ("as=customer", SpeaksAs(as_customer=True)),
        ("link=0", SpeaksAs()),
        ("link=²", SpeaksAs()),
        ("link=-1&as=staff", SpeaksAs()),
        ("link=" + "9" * 5000, SpeaksAs()),
        ("", SpeaksAs()),
    ],
)
def test_a_request_names_the_link_or_the_staff_that_its_page_speaks_as(said: str, read: SpeaksAs) -> None:
    assert SpeaksAs.read(said) == read


def test_a_link_page_acts_for_its_own_link_and_other_pages_for_the_last_opened(session, links) -> None:
    assert [actor_of(None, session, SpeaksAs(link.pk)) for link in links] == [
        actor_of_link(link) for link in links
    ]
    assert actor_of(None, session) == actor_of_link(links[2])
    assert link_of(session, SpeaksAs(links[0].pk)) == links[0]
    assert link_of(session) == links[2]


def test_a_link_that_was_not_opened_in_this_session_identifies_nobody(session, order) -> None:
    other = make_link(customer=order.customer, order_id=order.pk)

    assert actor_of(None, session, SpeaksAs(other.pk)) is None
    assert link_of(session, SpeaksAs(other.pk)) is None


def test_a_customer_page_stays_the_customers_after_staff_log_in_in_the_same_browser(
    session, links, manager
) -> None:
    assert actor_of(manager, session, SpeaksAs(links[1].pk)) == actor_of_link(links[1])
    assert actor_of(manager, session) == Actor.staff(manager)
    assert actor_of(manager, {}, SpeaksAs(links[1].pk)) is None


def test_revoking_a_link_removes_only_that_link_from_the_session(session, links) -> None:
    revoke_links(order_id=links[2].order_id)

    assert actor_of(None, session, SpeaksAs(links[2].pk)) is None
    assert actor_of(None, session) == actor_of_link(links[1])
    hold_link(session, links[0])
    assert session[LINKS_SESSION_KEY] == [links[1].pk, links[0].pk]


def test_links_of_a_blocked_customer_are_refused(session, links, customer) -> None:
    Customer.objects.filter(pk=customer.pk).update(is_active=False)

    assert held_links(session) == [links[2]]


def test_a_customer_logged_in_by_code_sees_all_orders_on_a_link_page_too(links, customer) -> None:
    session = {MY_SESSION_KEY: [customer.pk, customer.phone]}

    assert actor_of(None, session, SpeaksAs(links[0].pk)) == Actor.customer(customer)
    assert actor_of(None, session, SpeaksAs(links[2].pk)) is None


def test_a_request_without_a_page_may_act_as_any_actor_of_the_session(session, links, manager) -> None:
    assert actors_of(manager, session) == [Actor.staff(manager), *map(actor_of_link, reversed(links))]
    assert actors_of(None, {}) == []


def test_a_session_drops_its_oldest_links_first(order) -> None:
    session: dict = {}
    opened = [make_link(customer=order.customer, order_id=order.pk) for _each in range(MOST_LINKS + 2)]
    for link in opened:
        hold_link(session, link)

    assert session[LINKS_SESSION_KEY] == [link.pk for link in opened[2:]]
