"""What managers set, what sales see and do beside an order, and what its customer sees."""

from collections.abc import Callable

import pytest
from django.test import Client

from messaging.models import Message
from orders.models import ChangeRequest, Order
from orders.services.change_requests.consent import edit_or_request_consent
from orders.services.change_requests.request import accept_change
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.services.order_links import link_token, make_link
from shopcomm.edge.integrations.keeping import Keeping, keeping_of
from shopcomm.edge.integrations.models import Connection
from shopcomm.edge.integrations.ways import all_ways
from shopcomm.edge.integrations.webhooks_in.sources import webhook_source
from tests.factories import StaffFactory
from tests.integrations.commands.asking import NEW_STREET, commands
from tests.outside_orders import outside_order

pytestmark = pytest.mark.django_db
State = ChangeRequest.State


@pytest.fixture
def desk(client: Client, sales) -> Client:
    client.force_login(sales)
    return client


@pytest.fixture
def phone_page(kept: Order) -> Callable[[], str]:
    token = link_token(make_link(customer=kept.customer, order_id=kept.pk))
    return lambda: Client().get(f"/o/{token}/", follow=True).content.decode()


# --- the connection's page --------------------------------------------------------------------------
def test_a_manager_says_who_decides_and_where_the_commands_go(
    client: Client, manager, make_endpoint, receiver
) -> None:
    connection = webhook_source("快麦")
    assert keeping_of(connection) == Keeping()
    endpoint, _secret = make_endpoint(receiver.url, "order.change_requested", description="快麦的接口")
    client.force_login(manager)
    page = client.get(f"/integrations/{connection.pk}/").content.decode()
    assert ("订单由对方系统管理" in page, "快麦的接口" in page) == (True, True)
    wanted = {"decides": "on", "by_hand": "on", "endpoint": str(endpoint.pk)}
    page = client.post(
        f"/integrations/commands/{connection.pk}/keeping/", wanted, follow=True
    ).content.decode()
    assert "已保存" in page
    connection.refresh_from_db()
    assert keeping_of(connection) == Keeping(decides=True, by_hand=True, endpoint=endpoint.pk)
    client.post(f"/integrations/commands/{connection.pk}/keeping/", {})
    connection.refresh_from_db()
    assert keeping_of(connection) == Keeping()


def test_an_endpoint_that_is_not_listed_is_not_taken(client: Client, manager, source: Connection) -> None:
    client.force_login(manager)
    page = client.post(f"/integrations/commands/{source.pk}/keeping/", {"endpoint": "999"}, follow=True)
    assert "请从列出的推送地址里选一个" in page.content.decode()
    source.refresh_from_db()
    assert keeping_of(source) == Keeping(decides=True)


def test_platforms_read_no_commands_and_programs_do() -> None:
    platforms = {way.kind for way in all_ways() if not way.takes_commands}
    assert platforms == {"weixin_shop", "youzan", "jushuitan"}


@pytest.mark.parametrize("kind", ["youzan", "gone"])
def test_a_platform_that_reads_no_commands_is_not_offered_to_decide(
    client: Client, manager, kind: str
) -> None:
    platform = Connection.objects.create(name="平台", kind=kind)
    client.force_login(manager)
    shown = client.get(f"/integrations/{platform.pk}/").content.decode()
    assert "由它决定" not in shown
    path = f"/integrations/commands/{platform.pk}/keeping/"
    assert "不能把修改交给对方决定" in client.post(path, {"decides": "on"}, follow=True).content.decode()
    platform.refresh_from_db()
    assert not keeping_of(platform).decides


@pytest.mark.parametrize("role", ["sales", "warehouse"])
def test_only_managers_say_who_decides(client: Client, source: Connection, role: str) -> None:
    client.force_login(StaffFactory(role=role))
    assert client.post(f"/integrations/commands/{source.pk}/keeping/", {}).status_code == 403
    assert keeping_of(Connection.objects.get(pk=source.pk)).decides


# --- beside the order -------------------------------------------------------------------------------
def test_sales_see_whom_a_request_waits_for_and_may_only_take_it_back(
    desk: Client, kept: Order, asked: ChangeRequest
) -> None:
    page = desk.get(f"/orders/{kept.number}/").content.decode()
    assert "等 our-erp 答复" in page
    assert f"/changes/{asked.pk}/withdraw/" in page
    assert f"/changes/{asked.pk}/accept/" not in page
    desk.post(f"/orders/changes/{asked.pk}/accept/")
    asked.refresh_from_db()
    assert asked.state == State.OPEN
    desk.post(f"/orders/changes/{asked.pk}/withdraw/")
    asked.refresh_from_db()
    assert asked.state == State.WITHDRAWN


def test_a_row_of_the_list_names_nobody_before_what_the_shop_itself_says(
    desk: Client, kept: Order, asked: ChangeRequest
) -> None:
    row = desk.get(f"/orders/{kept.number}/row/").text
    assert "修改申请已转给订单系统" in row
    assert "：修改申请已转给订单系统" not in row


@pytest.mark.usefixtures("allow_by_hand")
def test_sales_answer_in_its_place_where_they_may(desk: Client, kept: Order, asked: ChangeRequest) -> None:
    page = desk.get(f"/orders/{kept.number}/").content.decode()
    assert f"/changes/{asked.pk}/accept/" in page
    desk.post(f"/orders/changes/{asked.pk}/decline/", {"reason": "仓库已打包"})
    asked.refresh_from_db()
    assert (asked.state, asked.answer) == (State.DECLINED, "仓库已打包")


def test_the_stockroom_sees_whom_a_frozen_parcel_waits_for(
    client: Client, kept: Order, asked: ChangeRequest, warehouse
) -> None:
    client.force_login(warehouse)
    page = client.get("/warehouse/", {"order": kept.number}).content.decode()
    assert "等待our-erp处理" in page


def test_the_customer_sees_that_the_order_system_is_asked_and_takes_it_back(
    kept: Order, asked: ChangeRequest, phone_page
) -> None:
    page = phone_page()
    assert "等待订单系统处理" in page
    assert "our-erp" not in page
    assert "撤回申请" in page


def test_the_change_page_says_beforehand_who_decides(kept: Order) -> None:
    token = link_token(make_link(customer=kept.customer, order_id=kept.pk))
    page = Client().get(f"/o/{token}/change/", follow=True).content.decode()
    assert "要订单系统确认，有答复会告诉您" in page
    assert "立即生效" not in page


def test_the_card_in_the_chat_says_whom_it_waits_for_and_then_what_was_answered(
    desk: Client, kept: Order, asked: ChangeRequest, answer
) -> None:
    card = Message.objects.get(conversation__order=kept, kind="card")
    assert (card.sender_kind, card.data["card"], card.data["id"]) == ("system", "change", asked.pk)
    url = f"/conversations/{card.conversation_id}/cards/{card.seq}/"
    assert "等 our-erp 答复" in desk.get(url).content.decode()
    answer(accepted=True)
    page = desk.get(url).content.decode()
    assert ("等 our-erp 答复" in page, "已生效" in page) == (False, True)


# --- what staff edit on the desk ----------------------------------------------------------------------
def edit(order: Order, staff, **changes) -> ChangeRequest | None:
    order.refresh_from_db()
    actor = Actor.staff(staff)
    return edit_or_request_consent(actor=actor, order_id=order.pk, version=order.version, changes=changes)[1]


def test_what_staff_edit_of_an_order_that_is_kept_elsewhere_is_asked_of_that_system(
    kept: Order, sales, other_sales
) -> None:
    laid = edit(kept, sales, note="放前台", urgent=True, assigned_to=other_sales.pk)
    kept.refresh_from_db()
    assert (kept.note, kept.urgent, kept.assigned_to_id) == ("", False, other_sales.pk)
    assert laid is not None
    assert [event.fact.command["data"] for event in commands()] == [{"note": "放前台"}, {"urgent": True}]  # type: ignore[attr-defined]


def test_what_the_customer_has_paid_for_is_asked_of_them_first_and_of_the_other_system_then(
    kept: Order, sales, answer_of
) -> None:
    asked = edit(kept, sales, street=NEW_STREET)
    assert asked is not None
    assert (asked.handler, commands()) == ("customer", [])
    accept_change(actor=Actor.customer(kept.customer), request_id=asked.pk)
    asked.refresh_from_db()
    assert (asked.state, asked.handler, asked.system) == (State.OPEN, "outside", "our-erp")
    assert Message.objects.filter(conversation__order=kept, kind="card").count() == 1
    answer_of(asked, accepted=True)
    kept.refresh_from_db()
    assert kept.street == NEW_STREET


def test_an_unpaid_order_goes_to_the_other_system_without_the_customers_word(
    tell, source, sku, sales
) -> None:
    order = Order.objects.get(pk=tell(outside_order(sku)).order_id)
    asked = edit(order, sales, shipping_fee="12.00")
    assert asked is not None
    assert (asked.handler, asked.kind) == ("outside", "price")
    assert commands()[0].fact.command["data"] == {"shipping_fee": "12.00"}  # type: ignore[attr-defined]


def test_the_form_says_that_it_was_passed_on(desk: Client, kept: Order) -> None:
    form, line = desk.get(f"/orders/{kept.number}/edit/").context["form"], kept.lines.get()
    data = {f"initial-{name}": form[name].value() or "" for name in form.own_fields()}
    data |= {name: form[name].value() or "" for name in form.own_fields() if name != "urgent"}
    data |= {"version": kept.version, "lines_seen": form["lines_seen"].value(), "initial-urgent": "False"}
    data |= {"sku": line.sku, "quantity": line.quantity, "unit_price": line.unit_price, "note": "放前台"}
    done = desk.post(f"/orders/{kept.number}/edit/", data, follow=True)
    assert "已交给 our-erp，它接受后生效" in done.content.decode()
