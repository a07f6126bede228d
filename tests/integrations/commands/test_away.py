"""While the system that keeps the orders is away: requests are kept, a banner says so, and all go out in order afterwards."""

import json
from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import translation

from messaging.models import Message
from orders.models import ChangeRequest, Order
from orders.services.change_requests.request import request_change
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.services.order_links import link_token, make_link
from shopcomm.edge.integrations.commands.services.keeping import change_keeping
from shopcomm.edge.integrations.keeping import Keeping
from shopcomm.edge.integrations.models import Connection
from shopcomm.edge.integrations.reachability import note_failure, note_success
from shopcomm.edge.integrations.services.connections import set_state
from shopcomm.edge.integrations.webhooks_out.models import WebhookEndpoint
from shopcomm.edge.integrations.webhooks_out.services.endpoints import delete_endpoint, pause_endpoint
from shopcomm.edge.integrations.webhooks_out.services.redelivery import resume_endpoint
from tests.integrations.webhooks_out.driving import deliver, states
from tests.integrations.webhooks_out.receiver import Reply

pytestmark = pytest.mark.django_db
ON_THE_DESK = "联系不上 our-erp"
ON_THE_PHONE = "商家的订单系统暂时联系不上"


@pytest.fixture
def endpoint(source: Connection, make_endpoint, receiver) -> WebhookEndpoint:
    """Where the commands are sent."""
    made, _secret = make_endpoint(receiver.url, "order.change_requested", "order.change_rejected")
    change_keeping(connection_id=source.pk, wanted=Keeping(decides=True, endpoint=made.pk))
    return made


@pytest.fixture
def desk_page(client: Client, kept: Order, sales) -> Callable[[], str]:
    client.force_login(sales)
    return lambda: client.get(f"/orders/{kept.number}/").content.decode()


@pytest.fixture
def phone_page(kept: Order) -> Callable[[], str]:
    token = link_token(make_link(customer=kept.customer, order_id=kept.pk))
    return lambda: Client().get(f"/o/{token}/", follow=True).content.decode()


def ask(order: Order, note: str) -> ChangeRequest:
    return request_change(
        actor=Actor.customer(order.customer), order_id=order.pk, kind="note", data={"note": note}
    )


def test_a_banner_stands_beside_the_orders_of_a_system_that_cannot_be_reached(
    source: Connection, desk_page, phone_page
) -> None:
    assert ON_THE_DESK not in desk_page()
    assert ON_THE_PHONE not in phone_page()
    note_failure(source, "connection refused")
    assert ON_THE_DESK in desk_page()
    assert ON_THE_PHONE in phone_page()
    note_success(source)
    assert ON_THE_DESK not in desk_page()
    assert ON_THE_PHONE not in phone_page()


def test_the_banner_stands_on_no_other_order(source: Connection, client: Client, manager, order) -> None:
    note_failure(source, "connection refused")
    client.force_login(manager)
    assert ON_THE_DESK not in client.get(f"/orders/{order.number}/").content.decode()


def test_the_banner_is_in_english_for_who_reads_english(
    source: Connection, kept: Order, client: Client, manager
) -> None:
    note_failure(source, "connection refused")
    client.force_login(manager)
    client.cookies["django_language"] = "en"
    page = client.get(f"/orders/{kept.number}/", headers={"accept-language": "en"}).content.decode()
    assert "our-erp cannot be reached" in page


@pytest.mark.parametrize("how", ["paused", "stopped", "deleted", "disabled", "failing"])
def test_it_is_away_as_well_while_nothing_is_sent_to_it(
    source: Connection, endpoint: WebhookEndpoint, boss, desk_page, how: str
) -> None:
    assert ON_THE_DESK not in desk_page()
    if how == "paused":
        pause_endpoint(actor=boss, endpoint_id=endpoint.pk)
    elif how == "stopped":
        set_state(connection_id=source.pk, active=False)
    elif how == "deleted":
        delete_endpoint(actor=boss, endpoint_id=endpoint.pk)
    else:
        change = {"state": "disabled"} if how == "disabled" else {"failing_since": endpoint.created_at}
        WebhookEndpoint.objects.filter(pk=endpoint.pk).update(**change)
    assert ON_THE_DESK in desk_page()


def test_requests_wait_for_an_endpoint_that_was_disabled_and_go_out_in_order_when_it_is_back(
    source: Connection, endpoint: WebhookEndpoint, receiver, kept: Order, boss, desk_page
) -> None:
    receiver.answer = lambda _got: Reply(410)
    ask(kept, "一")
    deliver()
    receiver.answer = lambda _got: Reply()
    endpoint.refresh_from_db()
    assert endpoint.state == WebhookEndpoint.State.DISABLED
    asked = [ask(kept, note) for note in ("二", "三")]
    deliver()
    assert set(states()) == {"failed", "skipped"}
    assert ON_THE_DESK in desk_page()
    before = len(receiver.got)
    resume_endpoint(actor=boss, endpoint_id=endpoint.pk)
    deliver()
    told = [json.loads(got.body) for got in receiver.got[before:]]
    sent = [each["data"]["request_id"] for each in told if each["type"] == "order.change_requested"]
    assert sent == [request.pk for request in asked]
    assert ON_THE_DESK not in desk_page()


def test_the_chat_goes_on_while_the_other_system_is_away(source: Connection, kept: Order) -> None:
    note_failure(source, "connection refused")
    asked = ask(kept, "放前台")
    assert (asked.state, asked.system) == (ChangeRequest.State.OPEN, "our-erp")
    card = Message.objects.get(conversation__order=kept, kind="card")
    assert card.body.startswith("修改申请已转给订单系统，等它答复")
    with translation.override("en"):
        assert card.data["said"]["en"].startswith("The change request was passed on to the order system")
