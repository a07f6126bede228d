"""The page of an endpoint stays true while a manager looks at it."""

import pytest
from playwright.sync_api import expect

from shopcomm.core.accounts.actors import Actor
from shopcomm.edge.integrations.webhooks_out.models import WebhookDelivery
from shopcomm.edge.integrations.webhooks_out.services.courier import Courier
from shopcomm.edge.integrations.webhooks_out.services.endpoints import EndpointSettings, create_endpoint
from tests.browser.chat import elsewhere
from tests.integrations.webhooks_out.driving import queue_rows
from tests.integrations.webhooks_out.receiver import Receiver

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def receiver(settings):
    running = Receiver()
    settings.WEBHOOK_ALLOWED_HOSTS = [running.host]
    yield running
    running.close()


@pytest.mark.parametrize("width", [1440, 390])
def test_a_delivery_changes_its_state_on_the_page_and_what_was_ticked_stays_ticked(
    browse, live, manager, receiver, width: int
) -> None:
    wanted = EndpointSettings(url=receiver.url, event_types=["*"])
    endpoint, _secret = create_endpoint(actor=Actor.staff(manager), wanted=wanted)
    first, second = queue_rows(endpoint, "order:1", "order:2")
    page = browse(f"{live.url}/integrations/webhooks/{endpoint.pk}/", staff=manager, width=width)
    rows = page.locator("[data-deliveries] li")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("等待发送")
    tick = page.locator(f'input[name="delivery"][value="{second.pk}"]')
    tick.check()

    elsewhere(Courier().run_until_idle)

    expect(rows.first).to_contain_text("已送达")
    expect(rows.last).to_contain_text("已送达")
    expect(tick).to_be_checked()
    page.get_by_role("button", name="重发勾选的").click()
    expect(page.locator(".toasts")).to_contain_text("重发：1 条")
    elsewhere(Courier().run_until_idle)
    ids = [got.headers["webhook-id"] for got in receiver.got]
    assert (ids.count(first.message_id), ids.count(second.message_id)) == (1, 2)
    assert WebhookDelivery.objects.filter(state="delivered").count() == 2
    assert page.evaluate("document.documentElement.scrollWidth") <= width
