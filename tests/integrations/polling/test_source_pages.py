"""The pages of a source, for managers: tried before it is saved, saved before it is read."""

import re
import time
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from orders.models import Order
from shopcomm.core.accounts.confirming import CONFIRMED_KEY
from shopcomm.core.accounts.models import Staff
from shopcomm.edge.integrations.models import Connection, InboundRecord
from shopcomm.edge.integrations.polling.models import PolledSource
from shopcomm.edge.integrations.polling.services.sources import field_name
from shopcomm.edge.integrations.services.connections import credentials_of
from tests.factories import PASSWORD
from tests.integrations.polling.conftest import Make
from tests.integrations.polling.order_system import OrderSystem, Reply
from tests.integrations.polling.reading import BY_NUMBER, FIELDS, plain_settings, read_now
from tests.outside_orders import outside_order

pytestmark = pytest.mark.django_db
ADD = "/integrations/polling/add/"


@pytest.fixture
def office(log_in: Any, manager: Staff) -> Client:
    """A manager who has just given the password once more."""
    client: Client = log_in(manager)
    session = client.session
    session[CONFIRMED_KEY] = int(time.time())
    session.save()
    return client


def form(url: str, **more: Any) -> dict[str, Any]:
    """The form as a browser sends it."""
    kept = replace(plain_settings(url), **BY_NUMBER).as_json()
    paths = {field_name(name): path for name, path in kept.pop("fields").items()}
    return {**kept, **paths, "name": "聚水潭", "secret": "", "statuses": "", "since": "", **more}


def test_only_managers_open_the_pages(log_in: Any, sales: Staff, warehouse: Staff, make_source: Make) -> None:
    source = make_source()
    for path in ("add/", f"{source.pk}/", f"{source.pk}/secret/"):
        assert [
            log_in(each).get(f"/integrations/polling/{path}").status_code for each in (sales, warehouse)
        ] == [
            403,
            403,
        ]
    assert log_in(sales).post(f"/integrations/polling/{source.pk}/replay/").status_code == 403


def test_a_dry_run_shows_each_order_and_why_some_would_be_parked_and_stores_nothing(
    office: Client, system: OrderSystem, sku: str
) -> None:
    good = outside_order(sku, external_id="E1") | {"status": "待发货"}
    system.rows = [
        good,
        outside_order(sku, "moon", minute=1, external_id="E2"),
        outside_order("KEINE", minute=2, external_id="E3"),
        outside_order(sku, minute=3, external_id="E4", customer={"name": "某", "phone": "12"}),
        outside_order(sku, minute=4, external_id="E5", occurred_at="2026-11-31T99:00:00"),
    ]
    page = office.post(ADD, form(system.url, size=10, statuses="待发货 = paid") | {"try": "1"})
    assert page.status_code == 200
    text = " ".join(page.text.split())
    rows = dict(re.findall(r'<th scope="row">(E\d)</th>(.*?)</tr>', text))
    assert ("已支付" in rows["E1"], f"{sku} × 2" in rows["E1"], "机场路 88 号" in rows["E1"]) == (
        True,
        True,
        True,
    )
    assert "不认识的状态“moon”" in rows["E2"]
    assert "没有这些商品：KEINE" in rows["E3"]
    assert "c-danger" in rows["E4"]
    assert "occurred_at" in rows["E5"]
    # The answer stands beside the mapping, its paths are offered, and what was typed is still there.
    assert "&quot;external_id&quot;: &quot;E1&quot;" in page.text
    assert '<option value="items[*].sku">' in page.text
    assert f'value="{system.url}"' in page.text
    assert "待发货 = paid</textarea>" in page.text
    assert not Connection.objects.exists()
    assert not InboundRecord.objects.exists()
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply(401, body="no"), "对方不接受凭证（HTTP 401）"),
        (Reply(body="<html>"), "不是完整的 JSON"),
        (Reply(body={"msg": "缺少参数"}), "缺少参数"),
    ],
)
def test_a_dry_run_that_fails_says_why_and_keeps_what_was_typed(
    office: Client, system: OrderSystem, reply: Reply, said: str
) -> None:
    system.answer = lambda _asked: reply
    page = office.post(ADD, form(system.url, auth="bearer", secret="tiger", note="x") | {"try": "1"})
    assert said in page.text
    for typed in ("聚水潭", system.url, "tiger", "items[*].quantity"):
        assert f'value="{typed}"' in page.text


def test_a_source_is_saved_as_it_was_tried_and_read_only_when_it_is_started(
    office: Client, system: OrderSystem, sku: str
) -> None:
    system.rows = [outside_order(sku, "paid")]
    saved = office.post(
        ADD, form(system.url, auth="header", auth_name="X-Key", secret="tiger", since="2026-11-30T11:00")
    )
    source = Connection.objects.get()
    assert saved.url == f"/integrations/{source.pk}/"
    assert "没有在读" in office.get(saved.url).text
    read_now(source)
    assert not system.asked
    office.post(f"/integrations/{source.pk}/state/", {"active": "yes"})
    read_now(source)
    assert Order.objects.get().external_id == "聚水潭:EXT-1"
    assert system.asked[0].headers["x-key"] == "tiger"
    assert system.asked[0].query["since"] == "2026-11-30T10:55:00+08:00"
    page = office.get(saved.url).text
    assert "共 1 行，新 1" in page
    assert "tiger" not in page
    assert "tiger" not in str(Connection.objects.values())


def test_what_authorises_is_shown_only_after_the_password(
    log_in: Any, manager: Staff, make_source: Make
) -> None:
    source, client = make_source(auth="bearer", secret="tiger"), log_in(manager)
    at = f"/integrations/polling/{source.pk}/secret/"
    assert client.get(at).url.startswith("/confirm/")
    client.post("/confirm/", {"password": PASSWORD})
    assert "tiger" in client.get(at).text
    assert "tiger" not in client.get(f"/integrations/polling/{source.pk}/").text


def test_without_the_password_nothing_is_read_or_saved_and_the_form_stays(
    log_in: Any, manager: Staff, system: OrderSystem
) -> None:
    for button in ("try", "save"):
        page = log_in(manager).post(ADD, form(system.url) | {button: "1"})
        assert page.status_code == 422
        assert 'href="/confirm/?next=/integrations/polling/add/"' in page.text
        assert f'value="{system.url}"' in page.text
    assert not system.asked
    assert not Connection.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "field", "said"),
    [
        ({"url": "http://10.0.0.1/orders"}, "url", "这个地址不能用"),
        ({"url": "http://169.254.169.254/latest"}, "url", "这个地址不能用"),
        ({"url": "file:///etc/passwd"}, "url", "这个地址不能用"),
        ({"page_param": ""}, "page_param", "要填参数名"),
        ({"style": "cursor", "next": ""}, "next", "下一页的游标"),
        ({"rows": "data["}, "rows", "这里看不懂：["),
        ({"rows": "data[*]"}, "rows", "可以有 [*]"),
        ({"map_external_id": ""}, "map_external_id", "订单号"),
        ({"map_status": "a[*].b"}, "map_status", "可以有 [*]"),
        ({"auth": "bearer"}, "secret", "请填写凭证"),
        ({"auth": "basic", "secret": "x"}, "auth_name", "请填写用户名"),
        ({"auth": "header", "secret": "x", "auth_name": "Host"}, "auth_name", "请填写用户名"),
        ({"auth": "header", "secret": "x", "auth_name": "A: B"}, "auth_name", "请填写用户名"),
        ({"zone": "Mars/Olympus"}, "zone", "没有这个时区"),
        ({"interval": "1"}, "interval", "10"),
        ({"overlap": "0"}, "overlap", "1"),
        ({"statuses": "20 = moon"}, "", "第 1 行看不懂"),
        ({"name": " "}, "name", "必填"),
    ],
)
def test_a_form_that_is_refused_says_at_its_field_what_is_wrong(
    office: Client, system: OrderSystem, wrong: dict[str, Any], field: str, said: str
) -> None:
    for button in ("try", "save"):
        page = office.post(ADD, form(system.url) | wrong | {button: "1"})
        assert page.status_code == 422
        marked = re.search(rf'id="id_{field}_error".*?</span>', page.text, re.DOTALL)
        assert said in (marked[0] if marked else page.text)
        assert bool(marked) is bool(field)
        # A name may be tried that is not a good one; nothing else may.
        if button == "try" and field == "name":
            break
    assert not system.asked
    assert not Connection.objects.exists()


def test_two_sources_of_one_name_are_refused(office: Client, system: OrderSystem, make_source: Make) -> None:
    make_source("聚水潭")
    page = office.post(ADD, form(system.url))
    assert (page.status_code, Connection.objects.count()) == (422, 1)
    assert "已经有一个对接叫“聚水潭”" in page.text


def test_a_secret_is_kept_while_its_field_is_empty_and_sent_to_no_other_host(
    office: Client, system: OrderSystem, make_source: Make, settings: Any
) -> None:
    source = make_source(auth="bearer", secret="tiger")
    at = f"/integrations/polling/{source.pk}/"
    office.post(at, form(system.url, auth="bearer", interval=30))
    source.refresh_from_db()
    assert (credentials_of(source)["secret"], source.configuration["polling"]["interval"]) == ("tiger", 30)
    other = OrderSystem()
    settings.WEBHOOK_ALLOWED_HOSTS = [system.host, other.host]
    for button in ("try", "save"):
        page = office.post(at, form(other.url, auth="bearer") | {button: "1"})
        assert "换了地址或方式要重新填写" in page.text
    assert not other.asked
    other.close()


def test_a_replay_is_asked_for_on_the_page_and_needs_a_moment(
    office: Client, system: OrderSystem, make_source: Make, sku: str
) -> None:
    system.rows = [outside_order(sku, "paid")]
    source = make_source()
    read_now(source)
    at = f"/integrations/polling/{source.pk}/replay/"
    assert "请填写从什么时候起" in office.post(at, {"since": "soon"}, follow=True).text
    assert not PolledSource.objects.get().replaying
    page = office.post(at, {"since": "2026-11-30T11:30"}, follow=True).text
    assert "重新读一遍" in page
    assert PolledSource.objects.get().replaying
    read_now(source)
    assert InboundRecord.objects.count() == 1


def test_the_page_says_since_when_it_fails_and_what_was_said(
    office: Client, system: OrderSystem, make_source: Make
) -> None:
    system.answer = lambda _asked: Reply(503, body="维护中")
    source = make_source()
    read_now(source)
    page = office.get(f"/integrations/{source.pk}/").text
    assert "联系不上对方系统" in page
    assert "HTTP 503 维护中" in page
    assert "下次再试" in page


def test_every_field_of_the_mapping_that_tests_rely_on_is_on_the_page(office: Client) -> None:
    page = office.get(ADD).text
    assert [name for name in FIELDS if f'name="{field_name(name)}"' not in page] == []
