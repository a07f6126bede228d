"""What a script sends at the desk and in the stockroom, sent by the browser itself: done, and answered by a page."""

import pytest
from django.urls import reverse

from orders.models import Order, Status
from tests.factories import make_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def paid(customer) -> Order:
    return make_order(customer=customer, status=Status.PAID)


def shown(client, address: str, **fields: str) -> str:
    """The page that a form leads to."""
    answer = client.post(address, fields, follow=True)
    assert answer.status_code == 200, (address, answer.status_code)
    assert answer["Content-Type"].startswith("text/html"), address
    page = answer.content.decode()
    assert "<html" in page, address
    return page


def test_forms_of_the_stockroom_work_without_scripts(log_in, manager, paid):
    client, line = log_in(manager), paid.lines.get()
    shown(client, reverse("warehouse:act", args=[paid.number, "start"]), version=str(paid.version))
    assert Order.objects.get(pk=paid.pk).status == Status.PICKING
    shown(client, reverse("warehouse:tick", args=[line.pk]), picked="on")
    shown(client, reverse("warehouse:missing", args=[line.pk]), missing="1")
    shown(client, reverse("warehouse:act", args=[paid.number, "release"]))


def test_forms_of_the_desk_work_without_scripts(log_in, manager, paid):
    client = log_in(manager)
    assert "/o/" in shown(client, f"/orders/{paid.number}/link/")
    digits = paid.receiver_phone.removeprefix("+86")
    assert digits in shown(client, f"/orders/{paid.number}/phone/")
    shown(client, f"/orders/{paid.number}/link/revoke/")
    unpaid = make_order(customer=paid.customer)
    shown(client, f"/orders/{unpaid.number}/to/cancelled/", version=str(unpaid.version), reason="不要了")
    assert Order.objects.get(pk=unpaid.pk).status == Status.CANCELLED
