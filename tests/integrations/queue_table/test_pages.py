"""What managers see and do on the page of a queue."""

import re

import psycopg
import pytest
from django.test import Client
from django.utils import timezone

from shopcomm.core.events.relay import relay
from shopcomm.edge.integrations.models import Connection, InboundRecord
from shopcomm.edge.integrations.queue_table.services import inbox, roles
from tests.factories import PASSWORD, StaffFactory
from tests.integrations.queue_table.others import Other, drop_leftover, offer, run_sql
from tests.integrations.queue_table.test_failures import fail_until_parked
from tests.integrations.queue_table.test_outbox import say

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def manager_client(transactional_db: None) -> Client:
    client = Client()
    client.force_login(StaffFactory(role="manager"))
    return client


def confirm(client: Client) -> None:
    client.post("/confirm/", {"password": PASSWORD, "next": "/integrations/"})


def page_of(client: Client, other: Other) -> str:
    return client.get(f"/integrations/{other.connection.pk}/").content.decode()


def url_in(page: str) -> str:
    found = re.search(r"<code>(postgresql://[^<]*)</code>", page)
    assert found is not None
    return found[1].replace("&amp;", "&")


def test_a_page_says_who_the_role_is_how_to_connect_and_never_the_password(
    manager_client, erp: Other
) -> None:
    page = page_of(manager_client, erp)
    assert url_in(page) == roles.role_url(erp.role)
    assert "sync.take" in page
    assert erp.url not in page
    with psycopg.connect(url_in(page)) as line:
        assert line.execute("SELECT session_user").fetchone() == (erp.role,)


def test_a_page_counts_what_waits_both_ways_and_says_since_when(manager_client, erp: Other) -> None:
    offer(erp, ("a", ""), ("b", ""))
    erp.put("1", {})
    page = page_of(manager_client, erp)
    assert re.findall(r'<td class="num">(\d+)</td>', page)[:2] == ["1", "2"]
    assert page.count("—</td>") == 0


def test_a_manager_makes_a_queue_and_sees_its_url_once(manager_client, transactional_db) -> None:
    name = f"page_{run_sql('SELECT current_database()')[0][0]}"
    drop_leftover(name)
    assert manager_client.get("/integrations/queues/add/")["Location"].startswith("/confirm/")
    confirm(manager_client)
    form = manager_client.get("/integrations/queues/add/").content.decode()
    key = re.search(r'name="form_key" value="([^"]+)"', form)
    sent = {"name": name, "form_key": key[1]} if key else {"name": name}
    answer = manager_client.post("/integrations/queues/add/", sent)
    try:
        with psycopg.connect(url_in(answer.content.decode())) as line:
            line.execute("SELECT sync.put('1', '{}')")
        connection = Connection.objects.get(name=name)
        again = manager_client.post("/integrations/queues/add/", sent)
        assert (again.status_code, again["Location"]) == (302, f"/integrations/{connection.pk}/")
        renewed = manager_client.post(f"/integrations/queues/{connection.pk}/role/").content.decode()
        assert url_in(renewed) != url_in(answer.content.decode())
    finally:
        roles.drop_sync_role(name)


def test_a_name_that_is_refused_stays_in_the_form(manager_client) -> None:
    confirm(manager_client)
    answer = manager_client.post("/integrations/queues/add/", {"name": "我们的ERP"})
    assert answer.status_code == 422
    assert 'value="我们的ERP"' in answer.content.decode()


def test_a_page_of_a_queue_without_its_role_says_so_and_makes_it_again(manager_client, erp: Other) -> None:
    erp.leave()
    roles.drop_sync_role(erp.role)
    assert "数据库里没有这个角色" in page_of(manager_client, erp)
    confirm(manager_client)
    made = manager_client.post(f"/integrations/queues/{erp.connection.pk}/role/").content.decode()
    with psycopg.connect(url_in(made)) as line:
        line.execute("SELECT sync.put('1', '{}')")


def test_parked_rows_of_both_ways_are_counted_listed_and_tried_again(manager_client, erp: Other) -> None:
    offer(erp, ("evt_1", ""))
    fail_until_parked(erp, "no such order")
    erp.put("in_1", {"external_id": "A"})
    run_sql("UPDATE sync.sync_inbox SET parked_at = now(), reason = 'ZeroDivisionError'")
    assert "?state=stuck" in manager_client.get("/integrations/").content.decode()
    page = page_of(manager_client, erp)
    assert "no such order" in page
    assert "ZeroDivisionError" in page
    found = re.findall(r'href="(/integrations/queues/\d+/\w+/\d+/)"', page)
    links = {path.split("/")[4]: path for path in found}
    shown = manager_client.get(links["outbox"]).content.decode().replace("&quot;", '"')
    assert '{"message": "evt_1"}' in shown
    for box in ("outbox", "inbox"):
        manager_client.post(f"{links[box]}retry/")
    assert [row.message_id for row in erp.take()] == ["evt_1"]
    inbox.take_inboxes()
    assert InboundRecord.objects.get().external_id == "A"
    assert manager_client.get(links["outbox"]).status_code == 404
    assert manager_client.post(f"{links['inbox']}retry/").status_code == 404


def test_a_manager_chooses_what_is_told_and_has_it_told_once_more(manager_client, erp: Other) -> None:
    path = f"/integrations/queues/{erp.connection.pk}"
    manager_client.post(f"{path}/events/", {"event_types": ["stock.low"]})
    event, start = say(), timezone.localdate()
    relay()
    erp.ack(erp.take())
    manager_client.post(f"{path}/refill/", {"since": f"{start}T00:00"})
    relay()
    assert [row.message_id for row in erp.take()] == [f"evt_{event.pk}"]
    manager_client.post(f"{path}/events/", {})
    assert Connection.objects.get().configuration["event_types"] == ["stock.low"]
    manager_client.post(f"{path}/refill/", {"since": "sometime"})
    assert "请填一个时间" in page_of(manager_client, erp)


@pytest.mark.parametrize("role", ["sales", "warehouse"])
def test_only_managers_see_and_change_queues(erp: Other, role: str) -> None:
    client, path = Client(), f"/integrations/queues/{erp.connection.pk}"
    client.force_login(StaffFactory(role=role))
    assert client.get("/integrations/queues/add/").status_code == 403
    assert client.get(f"{path}/outbox/1/").status_code == 403
    for act in ("role", "events", "refill", "outbox/1/retry"):
        assert client.post(f"{path}/{act}/").status_code == 403


@pytest.mark.parametrize("box", ["inbox", "nowhere"])
def test_a_row_that_is_not_parked_has_no_page(manager_client, erp: Other, box: str) -> None:
    assert manager_client.get(f"/integrations/queues/{erp.connection.pk}/{box}/1/").status_code == 404
