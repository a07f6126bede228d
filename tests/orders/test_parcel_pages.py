"""The page of a parcel: its way in words, a scan by hand, interception and redirection, for the desk and the stockroom."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from orders.errors import NotAllowed
from orders.models import ChangeRequest, Order, ParcelTask, Shipment, Status
from orders.policies.parcel_way import Scan
from orders.selectors.todo import todo_list
from orders.services.parcel_tasks import ask_interception
from orders.services.tracking import record_scans
from orders.tasks.sweeps import sweep_parcels
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.services.order_links import link_token, make_link
from tests.factories import make_order, move, parcel

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system()


@pytest.fixture
def shipment(customer) -> Shipment:
    order = make_order(customer=customer, via=["paid", "picking"])
    move(order, "shipped", **parcel(carrier="yunda", tracking_number="431234567890123"))
    return Shipment.objects.get(order=order)


def scan(shipment: Shipment, state: str, text: str = "", *, hours_ago: float = 0, place: str = "") -> None:
    at = timezone.now() - timedelta(hours=hours_ago)
    record_scans(actor=SYSTEM, shipment_id=shipment.pk, scans=[Scan(at, state, text, place)])


def page_of(shipment: Shipment) -> str:
    return reverse("orders:parcel", args=[shipment.pk])


@pytest.mark.parametrize("role", ["sales", "warehouse", "manager"])
def test_sales_and_stockroom_add_a_scan_by_hand_and_see_who_did(role, request, log_in, shipment) -> None:
    staff = request.getfixturevalue(role)
    client = log_in(staff)
    assert "登记一条物流" in client.get(page_of(shipment)).text

    client.post(
        page_of(shipment), {"state": "out_for_delivery", "text": "快递说下午送", "place": "浙江,杭州市"}
    )

    node = shipment.nodes.get()
    assert (node.state, node.text, node.added_by) == ("out_for_delivery", "快递说下午送", staff.display_name)
    assert f"{staff.display_name} 登记" in client.get(page_of(shipment)).text


@pytest.mark.parametrize(
    "given",
    [{"state": "returned"}, {"state": "x"}, {"state": "signed", "at": "2999-01-01T10:00"}, {"state": ""}],
)
def test_a_scan_that_cannot_be_is_refused_on_the_form(given, log_in, sales, shipment) -> None:
    assert log_in(sales).post(page_of(shipment), given).status_code == 422
    assert not shipment.nodes.exists()


def test_the_way_stands_in_words_on_desk_and_phone(client, log_in, manager, customer, shipment) -> None:
    scan(shipment, "collected", "已揽收", hours_ago=30, place="广东,广州市")
    scan(shipment, "in_transit", "已发出", hours_ago=20, place="广东,广州市")
    scan(shipment, "out_for_delivery", "派件中", hours_ago=1, place="浙江,杭州市")
    token = link_token(make_link(customer=customer, order_id=shipment.order_id))
    pages = [
        client.get(reverse("portal:order", args=[token])).text,
        log_in(manager).get(page_of(shipment)).text,
    ]
    for page in pages:
        flat = " ".join(page.split())
        assert "广州市 → 杭州市" in flat
        assert [word for word in ("已揽收", "运输中", "派送中", "已签收") if word not in flat] == []


def test_an_exception_is_a_task_of_sales_with_the_couriers_phone_until_the_parcel_moves_on(
    log_in, sales, shipment
) -> None:
    scan(shipment, "problem", "地址不详，联系不上收件人", hours_ago=3)
    (todo,) = todo_list(Actor.staff(sales))
    assert (todo.kind, "95546" in todo.text) == ("parcel", True)
    page = log_in(sales).get(todo.url).text
    assert 'href="tel:95546"' in page
    assert "地址不详" in page
    scan(shipment, "out_for_delivery", "再次派件")
    assert todo_list(Actor.staff(sales)) == []
    assert ParcelTask.objects.get().settled_by == ""


def test_sales_write_down_what_came_of_a_task(log_in, sales, shipment) -> None:
    scan(shipment, "refused", "客户拒收")
    task = ParcelTask.objects.get()
    log_in(sales).post(reverse("orders:settle-parcel-task", args=[task.pk]), {"outcome": "明天再派"})
    task.refresh_from_db()
    assert (task.outcome, task.settled_by, todo_list(Actor.staff(sales))) == (
        "明天再派",
        sales.display_name,
        [],
    )


def test_forty_eight_hours_without_a_scan_alert_sales_once_until_the_next_silence(
    sales, shipment, time_machine
) -> None:
    start = timezone.now()
    scan(shipment, "collected", "已揽收")
    time_machine.move_to(start + timedelta(hours=47))
    assert sweep_parcels() == 0
    time_machine.move_to(start + timedelta(hours=49, minutes=30))
    assert (sweep_parcels(), sweep_parcels()) == (1, 0)
    (todo,) = todo_list(Actor.staff(sales))
    assert "49 小时没有新的物流" in todo.text
    scan(shipment, "in_transit", "已到杭州")
    assert todo_list(Actor.staff(sales)) == []
    time_machine.move_to(start + timedelta(hours=100))
    assert sweep_parcels() == 1
    scan(shipment, "signed", "已签收")
    time_machine.move_to(start + timedelta(hours=200))
    assert sweep_parcels() == 0


def test_a_parcel_that_nobody_follows_is_not_called_silent(shipment, time_machine) -> None:
    time_machine.move_to(timezone.now() + timedelta(days=5))
    assert sweep_parcels() == 0


def test_an_interception_is_a_task_and_twice_is_once(log_in, sales, shipment) -> None:
    client, address = log_in(sales), reverse("orders:intercept-parcel", args=[shipment.pk])
    client.post(address, {"reason": ""})
    assert not ParcelTask.objects.exists()
    for _again in range(2):
        client.post(address, {"reason": "客户不要了"})
    assert [(task.kind, task.text) for task in ParcelTask.objects.all()] == [("intercept", "客户不要了")]
    assert "客户不要了" in todo_list(Actor.staff(sales))[0].text
    scan(shipment, "signed")
    assert todo_list(Actor.staff(sales)) == []
    assert client.post(address, {"reason": "太晚了"}).status_code == 302
    assert ParcelTask.objects.count() == 1


def test_a_customer_asks_for_no_interception_of_anothers_parcel(other_customer, shipment) -> None:
    with pytest.raises(NotAllowed):
        ask_interception(actor=Actor.customer(other_customer), shipment_id=shipment.pk, reason="x")


def test_a_redirection_changes_the_address_only_once_the_courier_has_agreed(log_in, sales, shipment) -> None:
    client, address = log_in(sales), reverse("orders:redirect-parcel", args=[shipment.pk])
    client.post(address, {"address": "不知道哪里"})
    assert not ChangeRequest.objects.exists()
    client.post(address, {"address": "王小明 13900139000 浙江省杭州市余杭区文一西路 969 号"})
    asked = ChangeRequest.objects.get()
    order = Order.objects.get(pk=shipment.order_id)
    assert (asked.handler, asked.state, order.city) == ("courier", "open", "广州市")
    assert 'href="tel:95546"' in client.get(f"/orders/{order.number}/").text
    client.post(reverse("orders:answer-change", args=[asked.pk, "accept"]))
    order.refresh_from_db()
    assert (order.city, order.receiver_name) == ("杭州市", "王小明")


def test_a_parcel_that_has_arrived_offers_nothing_to_do(log_in, sales, shipment) -> None:
    scan(shipment, "signed", "已签收")
    page = log_in(sales).get(page_of(shipment)).text
    assert "登记一条物流" not in page
    assert "拦截" not in page
    assert Order.objects.get(pk=shipment.order_id).status == Status.DELIVERED
