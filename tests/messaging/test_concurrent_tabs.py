"""The same row acted on in two tabs at once, or after somebody deleted it: a named refusal, never an error of ours."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from messaging.models import Conversation, NotificationRule
from messaging.services.quotes import quote_in_conversation
from orders.models import AfterSalesCase, ChangeRequest, Order, ShortageTask, Status
from orders.selectors.items import ItemInput
from orders.services.change_requests.request import request_change
from orders.services.quotes import QuoteInput, end_of_day
from shopcomm.core.accounts.actors import Actor
from tests.factories import make_order

pytestmark = pytest.mark.django_db(transaction=True)


def tab(staff) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    return client


def at_once(staff, calls: list[tuple[str, dict[str, str]]]) -> list[int]:
    """Each call from a tab of its own, all at the same moment."""
    tabs, start = [tab(staff) for _call in calls], Barrier(len(calls))

    def press(client: Client, address: str, fields: dict[str, str]) -> int:
        try:
            start.wait(10)
            return client.post(address, fields, headers={"x-fragment": "1"}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(lambda pair: press(pair[0], *pair[1]), zip(tabs, calls, strict=True)))


def paid(**fields) -> Order:
    return make_order(status=Status.PICKING, **fields)


def quote(customer, variant, manager) -> list[str]:
    talk = Conversation.objects.create(customer=customer)
    made = quote_in_conversation(
        actor=Actor.staff(manager),
        customer=customer,
        conversation_id=talk.pk,
        wanted=QuoteInput([ItemInput(variant.sku, 2)], end_of_day(7)),
        send=True,
    )
    return [f"/quotes/{made.pk}/{action}/" for action in ("withdraw", "renew", "send")]


def change(customer, variant, manager) -> list[str]:
    order = paid(customer=customer, items=[ItemInput(variant.sku, 2)])
    asked = request_change(
        actor=Actor.customer(customer), order_id=order.pk, kind="address", data={"street": "文一西路 969 号"}
    )
    return [f"/orders/changes/{asked.pk}/{answer}/" for answer in ("accept", "decline", "withdraw")]


def case(customer, variant, manager) -> list[str]:
    order = make_order(status=Status.DELIVERED, customer=customer)
    made = AfterSalesCase.objects.create(
        order=order, kind="refund", reason="other", asked_by="吴丽华", asked_at=timezone.now()
    )
    made.lines.create(line=order.lines.get(), quantity=1)
    return [f"/orders/after-sales/{made.pk}/{answer}/" for answer in ("approve", "reject", "withdraw")]


def shortage(customer, variant, manager) -> list[str]:
    order = paid(customer=customer)
    line = order.lines.get()
    tab(manager).post(f"/warehouse/lines/{line.pk}/missing/", {"missing": "1"})
    task = ShortageTask.objects.get(order=order)
    return [f"/shortages/{task.pk}/choose/"] * 2 + [f"/shortages/{task.pk}/offer/"]


def rule(customer, variant, manager) -> list[str]:
    made = NotificationRule.objects.create(
        name="x", trigger="order_confirmed", audience="customer", enabled=False
    )
    return [f"/rules/{made.pk}/delete/", f"/rules/{made.pk}/", f"/rules/{made.pk}/delete/"]


@pytest.mark.parametrize("made", [quote, change, case, shortage, rule], ids=lambda made: made.__name__)
def test_the_same_action_in_two_tabs_at_once_never_causes_a_server_error(
    made, customer, variant, manager
) -> None:
    for _round in range(3):
        addresses = made(customer, variant, manager)

        told = at_once(
            manager, [(address, {"reason": "x", "option": "wait", "consent": "x"}) for address in addresses]
        )

        assert all(status < 500 for status in told), told


@pytest.mark.parametrize("made", [change, case], ids=lambda made: made.__name__)
def test_an_action_on_a_row_deleted_meanwhile_answers_404(made, customer, variant, manager) -> None:
    addresses, client = made(customer, variant, manager), tab(manager)
    for model in (ChangeRequest, AfterSalesCase):
        model.objects.all().delete()

    told = [client.post(address, {"reason": "x"}).status_code for address in addresses]

    assert set(told) == {404}
