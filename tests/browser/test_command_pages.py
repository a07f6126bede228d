"""A change that another system decides, as it looks: beside the order, in the chat, on the phone, on the connection's page."""

import pytest
from playwright.sync_api import expect

from orders.services.change_requests.request import request_change
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.services.order_links import link_token, make_link
from shopcomm.edge.integrations.reachability import note_failure
from tests.factories import VariantFactory
from tests.integrations.commands.asking import NEW_STREET, kept_elsewhere, said_by
from tests.outside_orders import outside_order

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("width", [1440, 1024, 390])
def test_who_decides_and_that_it_is_away_can_be_read_at_every_width(
    browse, live, manager, width: int
) -> None:
    source = kept_elsewhere()
    kept = said_by(source, outside_order(VariantFactory().sku, "paid")).order
    assert kept is not None
    customer = Actor.customer(kept.customer)
    request_change(actor=customer, order_id=kept.pk, kind="address", data={"street": NEW_STREET})
    note_failure(source, "connection refused")
    token = link_token(make_link(customer=kept.customer, order_id=kept.pk))
    for name, path, staff, text in (
        ("desk", f"/orders/{kept.number}/", manager, "联系不上 our-erp"),
        ("connection", f"/integrations/{source.pk}/", manager, "谁决定修改"),
        ("portal", f"/o/{token}/", None, "商家的订单系统暂时联系不上"),
        ("chat", f"/o/{token}/chat/", None, "等订单系统答复"),
        ("change", f"/o/{token}/change/", None, "申请会保留，恢复后转达"),
    ):
        page = browse(f"{live.url}{path}", staff=staff, width=width)
        expect(page.get_by_text(text).locator("visible=true").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        page.close()
