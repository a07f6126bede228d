"""Run in the stack's own environment: makes people, orders and log-ins, prints them as JSON."""

import json

from django.db import connection
from django.test import Client

from messaging.services.conversations import open_enquiry
from orders.services.orders import ItemInput
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.services.api_keys import create_api_key
from shopcomm.core.accounts.services.order_links import make_link
from tests.factories import CustomerFactory, StaffFactory, VariantFactory, make_order
from tests.faults.handler import SEEN_TABLE

CONVERSATIONS = 29


def staff_cookie(role: str) -> str:
    client = Client()
    client.force_login(StaffFactory(role=role), backend="django.contrib.auth.backends.ModelBackend")
    return client.cookies["sessionid"].value


def customer_cookie(customer, order) -> str:
    client = Client()
    session = client.session
    session["customer_links"] = [make_link(customer=customer, order_id=order.pk).pk]
    session.save()
    return session.session_key


def main() -> None:
    with connection.cursor() as cursor:
        cursor.execute(SEEN_TABLE)
    customer, stranger = CustomerFactory(name="吴丽华"), CustomerFactory(name="赵国强")
    variant = VariantFactory(sku="FAULT-1", on_hand=1000)
    order = make_order(customer=customer, items=[ItemInput(variant.sku, 1)])
    foreign = make_order(customer=stranger, items=[ItemInput(variant.sku, 1)])
    desk = Actor.staff(StaffFactory(role="manager"))
    cast = {
        "staff": [staff_cookie(role) for role in ("manager", "manager", "sales", "sales")],
        "customer": customer_cookie(customer, order),
        "conversation": order.conversation.pk,
        "foreign_conversation": foreign.conversation.pk,
        "conversations": [open_enquiry(actor=desk, customer=customer).pk for _ in range(CONVERSATIONS)],
        "api_key": create_api_key(name="faults", scopes=["*"])[1],
    }
    print(json.dumps(cast))  # noqa: T201
