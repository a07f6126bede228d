"""Who takes part: made once, by the product's own services."""

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orders.models import Order


@cache
def cookie(role: str = "manager") -> str:
    """The session of a member of staff."""
    from django.test import Client

    from shopcomm.core.accounts.models import Staff

    staff = Staff.objects.create(username=f"bench-{role}", display_name="王芳", role=role)
    client = Client()
    client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    return client.cookies["sessionid"].value


def conversations(count: int) -> list[int]:
    """Fresh conversations of one customer."""
    from messaging.services.conversations import open_enquiry
    from shopcomm.core.accounts.actors import Actor
    from shopcomm.core.accounts.services.customers import customer_by_phone

    customer = customer_by_phone(name="吴丽华", phone="13800138000", source="wechat")
    return [open_enquiry(actor=Actor.system(), customer=customer).pk for _ in range(count)]


def customer_cookie(order: "Order") -> str:
    """The session of a customer who opened the page of their order."""
    from django.test import Client

    from shopcomm.core.accounts.services.order_links import make_link

    session = Client().session
    session["customer_links"] = [make_link(customer=order.customer, order_id=order.pk).pk]
    session.save()
    return session.session_key
