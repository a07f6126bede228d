"""A new address goes from the customer's page to the stockroom's board in a straight line that can be read."""

import re

import pytest
from django.test import Client

from orders.models import Status
from orders.services.warehouse import acknowledge_order
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.services.order_links import link_token, make_link
from tests.factories import StaffFactory, make_order
from tests.walks import ROOT, is_in_order, returns_in, walk

pytestmark = pytest.mark.django_db
VIEW = "shopcomm/edge/portal/changes.py"
MOST_RETURNS = 2
ADDRESS = {
    "kind": "address", "key": "k", "name": "张三", "phone": "13800138000",
    "province": "浙江省", "city": "杭州市", "district": "余杭区", "street": "文一西路969号",
}  # fmt: skip


def files_of_a_new_address(status: str, capture) -> list[str]:
    """Post an address from the phone for an order that the stockroom has seen."""
    order = make_order(status=status)
    acknowledge_order(actor=Actor.staff(StaffFactory(role="warehouse")), order_id=order.pk)
    page = f"/o/{link_token(make_link(customer=order.customer, order_id=order.pk))}/change/"
    with capture(execute=True), walk() as taken:
        assert Client().post(page, ADDRESS).status_code == 302
    return taken.since(VIEW)


def files_written_down() -> list[str]:
    """The walk as the architecture page has it."""
    page = (ROOT / "docs/architecture.md").read_text()
    section = re.search(r"^### A new address$(.*?)(?=^##|\Z)", page, re.DOTALL | re.MULTILINE)
    assert section
    return re.findall(r"^\d+\. `([\w/]+\.py)`", section[1], re.MULTILINE)


@pytest.mark.parametrize("status", [Status.PAID, Status.PICKING])
def test_following_a_new_address_returns_to_no_file_more_than_twice(
    status, django_capture_on_commit_callbacks
):
    files = files_of_a_new_address(status, django_capture_on_commit_callbacks)

    returns = returns_in(files)
    assert {name: count for name, count in returns.items() if count > MOST_RETURNS} == {}
    # Of the services, which change the order, a reader comes back to two files and to each once.
    services = {name: count for name, count in returns.items() if name.startswith("orders/services/")}
    assert sum(services.values()) <= MOST_RETURNS, services


def test_the_architecture_page_lists_the_files_that_a_new_address_really_passes(
    django_capture_on_commit_callbacks,
):
    *written, shown_by = files_written_down()

    assert is_in_order(written, files_of_a_new_address(Status.PAID, django_capture_on_commit_callbacks))
    assert shown_by == "orders/views/warehouse.py"


def test_the_board_alerts_a_warehouse_that_has_seen_the_order_to_a_new_address(
    log_in, warehouse, django_capture_on_commit_callbacks
):
    files_of_a_new_address(Status.PAID, django_capture_on_commit_callbacks)

    assert "文一西路969号" in log_in(warehouse).get("/warehouse/").content.decode()
