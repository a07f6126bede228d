"""What managers do on the pages of the connections."""

import json
import re

import pytest
from django.test import Client
from django.urls import reverse

from orders.models import Order, Status
from shopcomm.edge.integrations.models import Connection, InboundRecord
from shopcomm.edge.integrations.reachability import note_failure, note_success
from shopcomm.edge.integrations.services.connections import credentials_of
from shopcomm.edge.integrations.services.receiving import store_record
from shopcomm.edge.integrations.tasks import apply_inbound
from shopcomm.edge.integrations.ways import all_ways, register_way
from shopcomm.edge.integrations.webhooks_in.sources import webhook_source
from tests.factories import PASSWORD, StaffFactory, VariantFactory
from tests.outside_orders import outside_order

pytestmark = pytest.mark.django_db
State = InboundRecord.State


@pytest.fixture
def source() -> Connection:
    return webhook_source("聚水潭")


@pytest.fixture
def manager() -> Client:
    client = Client()
    client.force_login(StaffFactory(role="manager"))
    return client


def parked(source: Connection, message_id: str = "m1") -> InboundRecord:
    record, _made = store_record(connection=source, message_id=message_id, body=outside_order("KEINE"))
    apply_inbound()
    record.refresh_from_db()
    return record


@pytest.mark.parametrize("role", ["sales", "warehouse"])
def test_only_managers_see_the_connections(source: Connection, role: str) -> None:
    client = Client()
    client.force_login(StaffFactory(role=role))
    record = parked(source)
    for path in ("", f"{source.pk}/", f"records/{record.pk}/"):
        assert client.get(f"/integrations/{path}").status_code == 403
    assert client.get(f"/integrations/sources/{source.pk}/secret/").status_code == 403
    assert client.post(f"/integrations/records/{record.pk}/dismiss/").status_code == 403


def test_a_manager_adds_a_source_and_reads_its_secret(manager: Client) -> None:
    page = manager.post("/integrations/sources/add/", {"name": "快麦"}, follow=True)
    assert "http://testserver/api/v1/inbound/orders/" in page.content.decode()
    source = Connection.objects.get(name="快麦")
    asked = manager.get(f"/integrations/sources/{source.pk}/secret/")
    assert asked["Location"].startswith("/confirm/")
    manager.post("/confirm/", {"password": PASSWORD})
    shown = manager.get(f"/integrations/sources/{source.pk}/secret/").content.decode()
    assert credentials_of(source)["secret"] in shown


def test_a_source_without_a_name_or_with_that_of_another_kind_is_refused(manager: Client) -> None:
    Connection.objects.create(name="旺店通", kind="polling")
    for name in ("", "  ", "旺店通"):
        page = manager.post("/integrations/sources/add/", {"name": name})
        assert page.status_code == 422
        assert 'role="alert"' in page.content.decode()
        assert f'value="{name}"' in page.content.decode()
    assert not Connection.objects.filter(kind="webhook").exists()


def test_the_page_offers_every_way_and_says_who_cannot_be_reached(
    manager: Client, source: Connection
) -> None:
    page = manager.get("/integrations/").content.decode()
    for way in all_ways():
        assert f'href="{reverse(way.add_url)}"' in page
    note_failure(source, "连接被拒绝")
    assert "连接被拒绝" in manager.get(f"/integrations/{source.pk}/").content.decode()
    note_success(source)
    assert "连接被拒绝" not in manager.get(f"/integrations/{source.pk}/").content.decode()


def test_a_connection_whose_way_is_not_installed_any_more_is_still_shown(manager: Client) -> None:
    gone = Connection.objects.create(name="旧系统", kind="gone")
    assert "旧系统" in manager.get("/integrations/").content.decode()
    assert manager.get(f"/integrations/{gone.pk}/").status_code == 200


def test_two_ways_of_one_kind_are_refused() -> None:
    with pytest.raises(ValueError, match="two ways"):
        register_way(all_ways()[0])


def test_a_secret_is_replaced_only_after_the_password(manager: Client, source: Connection) -> None:
    before = credentials_of(source)["secret"]
    assert manager.post(f"/integrations/sources/{source.pk}/secret/renew/")["Location"].startswith(
        "/confirm/"
    )
    source.refresh_from_db()
    assert credentials_of(source)["secret"] == before
    manager.post("/confirm/", {"password": PASSWORD})
    page = manager.post(f"/integrations/sources/{source.pk}/secret/renew/", follow=True).content.decode()
    source.refresh_from_db()
    assert credentials_of(source)["secret"] != before
    assert credentials_of(source)["secret"] in page


def test_the_list_says_how_many_records_of_a_connection_wait(manager: Client, source: Connection) -> None:
    parked(source)
    assert f'href="/integrations/{source.pk}/?state=stuck"' in manager.get("/integrations/").content.decode()


def test_what_waits_is_in_the_queue_of_managers_and_of_nobody_else(
    manager: Client, source: Connection
) -> None:
    record = parked(source)
    assert f'href="/integrations/records/{record.pk}/"' in manager.get("/orders/?todo=1").content.decode()
    sales = Client()
    sales.force_login(StaffFactory(role="sales"))
    assert "/integrations/records/" not in sales.get("/orders/?todo=1").content.decode()


def test_an_unknown_status_is_mapped_on_the_page_and_tried_again(manager: Client, source: Connection) -> None:
    sku = VariantFactory().sku
    record, _made = store_record(connection=source, message_id="m", body=outside_order(sku, "待发货"))
    apply_inbound()
    manager.post(f"/integrations/{source.pk}/statuses/", {"statuses": "待发货 = 已支付待配货"})
    manager.post(f"/integrations/records/{record.pk}/retry/")
    apply_inbound()
    assert Order.objects.get().status == Status.PAID


def test_a_line_that_maps_to_nothing_is_named_and_nothing_is_saved(
    manager: Client, source: Connection
) -> None:
    page = manager.post(f"/integrations/{source.pk}/statuses/", {"statuses": "待发货 = paid\n未知 = moon"})
    assert page.status_code == 422
    assert "第 2 行看不懂" in page.content.decode()
    # What was typed is still there.
    assert "未知 = moon" in page.content.decode()
    source.refresh_from_db()
    assert source.configuration == {}


def test_a_parked_record_shows_why_and_is_mended_on_its_page(manager: Client, source: Connection) -> None:
    record = parked(source)
    page = manager.get(f"/integrations/records/{record.pk}/").content.decode()
    assert record.detail in page
    mended = json.dumps(outside_order(VariantFactory().sku), ensure_ascii=False)
    manager.post(f"/integrations/records/{record.pk}/edit/", {"body": mended})
    apply_inbound()
    record.refresh_from_db()
    assert record.state == State.APPLIED


def test_what_is_no_json_is_not_saved(manager: Client, source: Connection) -> None:
    record = parked(source)
    page = manager.post(f"/integrations/records/{record.pk}/edit/", {"body": "{ typed"})
    assert page.status_code == 422
    assert "没有保存" in page.content.decode()
    assert "{ typed" in page.content.decode()
    record.refresh_from_db()
    assert (record.state, record.body["external_id"]) == (State.PARKED, "EXT-1")


def test_a_connection_is_paused_and_resumed_by_the_button_of_its_page(
    manager: Client, source: Connection
) -> None:
    for active in (False, True):
        page = manager.get(f"/integrations/{source.pk}/").content.decode()
        (value,) = re.findall(r'name="active"\s+value="(\w+)"', page)
        manager.post(f"/integrations/{source.pk}/state/", {"active": value})
        source.refresh_from_db()
        assert source.is_active is active


def test_a_record_that_is_dismissed_waits_for_nobody(manager: Client, source: Connection) -> None:
    record = parked(source)
    manager.post(f"/integrations/records/{record.pk}/dismiss/")
    page = manager.get(f"/integrations/{source.pk}/?state=stuck").content.decode()
    assert "没有等人处理的" in page


def test_a_number_beyond_the_browsers_is_shown_whole(manager: Client, source: Connection) -> None:
    body = outside_order("KEINE", external_id=3705115058471208928)
    record, _made = store_record(connection=source, message_id="m", body=body)
    assert "3705115058471208928" in manager.get(f"/integrations/records/{record.pk}/").content.decode()
