"""Notices are in the language that the customer's page was last set to."""

import pytest
from django.test import Client

from messaging.models import Notification
from messaging.services.scheduled import send_away_notices
from orders.services.editing import edit_order
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Customer
from shopcomm.core.accounts.services.order_links import link_token, make_link
from tests.messaging.notifications.conftest import at, pay, say

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("chosen", "said"),
    [("en", "and start to pack it"), ("zh-hans", "已收到，我们马上安排配货")],
)
def test_a_notice_uses_the_language_chosen_on_the_order_page(order, pass_on, told, chosen, said) -> None:
    address = f"/o/{link_token(make_link(customer=order.customer, order_id=order.pk))}/"
    Client().post(f"{address}language/", {"language": chosen, "next": address})
    pay(order)
    pass_on()

    assert said in "\n".join(told(order, bodies=True))


@pytest.mark.parametrize(("chosen", "said"), [("en", "handed"), ("zh-hans", "转给您负责")])
def test_staff_are_notified_in_the_language_of_their_pages(
    order, sales, manager, pass_on, chosen, said
) -> None:
    client = Client()
    client.force_login(sales)
    client.post("/i18n/setlang/", {"language": chosen, "next": "/preferences/"})
    edit_order(actor=Actor.staff(manager), order_id=order.pk, version=None, changes={"assigned_to": sales.pk})
    pass_on()

    notice = Notification.objects.get(trigger="handed_over")
    assert (notice.recipient_id, said in notice.body) == (sales.pk, True)


def test_a_notice_of_a_change_names_the_fields_in_the_customers_language(order, pass_on, told) -> None:
    Customer.objects.filter(pk=order.customer_id).update(language="en")
    edit_order(
        actor=Actor.system(), order_id=order.pk, version=None, changes={"discount": "10.00", "urgent": True}
    )
    pass_on()

    said = "\n".join(told(order, bodies=True))
    assert "Urgent: No → Yes" in said
    assert "Discount: ¥0.00 → ¥10.00" in said


def test_the_away_notice_is_in_the_customers_language(order, clock, told) -> None:
    Customer.objects.filter(pk=order.customer_id).update(language="en")
    clock.move_to(at("2026-11-24 22:30"))
    say(order, "When do you send it?")
    send_away_notices()

    assert told(order, bodies=True)[-1].startswith("We are closed just now.")
