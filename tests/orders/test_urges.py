"""催单: pressed for once in a while, counted in between."""

from datetime import timedelta

import pytest
from django.test import Client

from orders.errors import GuardFailed, NotAllowed
from orders.models import Status
from orders.services.urges import urge_order
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.services.order_links import link_token, make_link
from shopcomm.core.events.models import DomainEvent
from tests.factories import CustomerFactory, make_order

pytestmark = pytest.mark.django_db


def test_repeated_urges_within_hours_are_counted_but_announced_once(time_machine):
    order = make_order(status=Status.PAID)
    me = Actor.customer(order.customer)

    first, again = (urge_order(actor=me, order_id=order.pk) for _ in range(2))
    assert (first.is_news, again.is_news, again.urge.times) == (True, False, 2)
    assert DomainEvent.objects.filter(type="order.urged").count() == 1

    time_machine.move_to(first.urge.raised_at + timedelta(hours=5))
    assert urge_order(actor=me, order_id=order.pk).is_news
    assert order.urges.count() == 2


@pytest.mark.parametrize("status", [Status.PENDING_PAYMENT, Status.COMPLETED, Status.CANCELLED])
def test_unpaid_and_closed_orders_cannot_be_urged(status):
    order = make_order(status=status)

    with pytest.raises(GuardFailed):
        urge_order(actor=Actor.customer(order.customer), order_id=order.pk)


def test_a_customer_cannot_urge_another_customers_order():
    with pytest.raises(NotAllowed):
        urge_order(actor=Actor.customer(CustomerFactory()), order_id=make_order(status=Status.PAID).pk)


def test_an_urge_answers_with_the_order_status_and_shows_its_count_to_the_warehouse(log_in, warehouse):
    order = make_order(status=Status.PICKING)
    page = f"/o/{link_token(make_link(customer=order.customer, order_id=order.pk))}/urge/"
    phone = Client()

    assert "已帮您催了，现在：正在为您配货" in phone.post(page, follow=True).content.decode()
    assert "已经在催了，现在：正在为您配货" in phone.post(page, follow=True).content.decode()
    assert "催 ×2" in log_in(warehouse).get("/warehouse/").content.decode()
