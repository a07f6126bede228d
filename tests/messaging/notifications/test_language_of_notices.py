"""Notices are in the language that the customer's page was last set to."""

import pytest
from django.test import Client

from shopcomm.core.accounts.services.order_links import link_token, make_link
from tests.messaging.notifications.conftest import pay

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("chosen", "said"),
    [("en", "and start to pack it"), ("zh-hans", "已收到，我们马上安排配货")],
)
def test_a_notice_follows_the_switch_on_the_orders_page(order, pass_on, told, chosen, said) -> None:
    address = f"/o/{link_token(make_link(customer=order.customer, order_id=order.pk))}/"
    Client().post(f"{address}language/", {"language": chosen, "next": address})
    pay(order)
    pass_on()

    assert said in "\n".join(told(order, bodies=True))
