"""Receivers' phones and streets: masked in the log and on live screens, shown on request, and the showing written down."""

import json
from functools import partial

import pytest

from orders.errors import ChangeClash
from orders.models import ContactChange, ContactReveal, Status
from orders.policies.contact_masks import masked_sides
from orders.selectors.change_requests import asked_changes
from orders.selectors.timeline import order_timeline
from orders.services.change_requests.consent import (
    PhoneConsent,
    edit_or_request_consent,
    record_phone_consent,
)
from orders.services.change_requests.request import accept_change, request_change
from orders.services.editing import edit_order
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.audiences import CUSTOMER, SHOP, Audience
from shopcomm.core.events.models import DomainEvent
from shopcomm.core.events.positions import position_new_events
from shopcomm.core.realtime import ORDERS_FEED, WAREHOUSE_FEED
from tests.factories import StaffFactory, integration, make_order
from tests.orders.test_desk_forms import fields_of

pytestmark = pytest.mark.django_db
OLD, NEW = ("13800138000", "机场路 88 号"), ("13711112222", "文一西路 969 号")
ADDRESS = {
    "name": "吴丽华", "phone": NEW[0], "province": "广东省", "city": "广州市", "district": "白云区", "street": NEW[1],
}  # fmt: skip


def secrets_in(told: object) -> list[str]:
    text = json.dumps(told, ensure_ascii=False, default=str)
    return [secret for secret in (*OLD, *NEW) if secret in text]


@pytest.fixture
def edited(order, manager):
    """An order that was given another phone and street."""
    changes = {"receiver_phone": NEW[0], "street": NEW[1], "urgent": True}
    edit_order(actor=Actor.staff(manager), order_id=order.pk, version=None, changes=changes)
    order.refresh_from_db()
    return order


def test_events_of_a_contact_change_hold_an_id_and_masked_values(edited):
    event = DomainEvent.objects.filter(type="order.changed").get()
    assert secrets_in(event.data) == []
    assert event.data["after"] == {"receiver_phone": "137 **** 2222", "street": "****", "urgent": True}
    row = ContactChange.objects.get(pk=event.data["contact_id"])
    assert (row.before["street"], row.after["street"]) == (OLD[1], NEW[1])
    assert row.after["receiver_phone"].endswith(NEW[0])


def test_events_of_a_change_request_hold_no_contact_data(manager):
    order = make_order(status=Status.PICKING)
    request_change(actor=integration(), order_id=order.pk, kind="address", data=ADDRESS)
    events = DomainEvent.objects.filter(type="order.change_requested")
    assert events.exists()
    assert secrets_in([event.data for event in events]) == []


def test_frames_of_live_screens_carry_masked_phones(
    order, manager, monkeypatch, django_capture_on_commit_callbacks
):
    sent = []
    monkeypatch.setattr(
        "orders.services.feeds.push_on_commit", lambda group, bodies: sent.append((group, bodies[SHOP]))
    )
    paid = make_order(status=Status.PAID)
    edit_order(actor=integration(), order_id=paid.pk, version=None, changes={"street": NEW[1]}, agreed=True)
    groups = {group for group, frame in sent if frame["event"]["type"] == "order.changed"}
    assert groups == {ORDERS_FEED, WAREHOUSE_FEED}
    assert secrets_in(sent) == []


def test_an_event_of_an_older_version_is_masked_when_read(with_scopes_of_events, edited):
    DomainEvent.objects.filter(type="order.changed").update(data={"after": {"street": NEW[1]}, "before": {}})
    position_new_events()
    found = with_scopes_of_events.get("/api/v1/events/?type=order.changed").json()["results"]
    assert [each["data"]["after"] for each in found] == [{"street": "****"}]
    assert masked_sides({"after": {"receiver_phone": "138 **** 8000"}})["after"] == {
        "receiver_phone": "138 **** 8000"
    }


@pytest.fixture
def with_scopes_of_events(db):
    from django.test import Client

    from shopcomm.core.accounts.services.api_keys import create_api_key

    secret = create_api_key(name="日志", scopes=["events:read"])[1]
    return Client(headers={"authorization": f"Bearer {secret}"})


def shown_by(order, audience: Audience) -> dict[str, str]:
    lines = [line for entry in order_timeline(order, audience=audience) for line in entry.before_after]
    return {line.field: line.after for line in lines}


def test_the_timeline_shows_the_contact_change_to_those_who_may_see_it(edited):
    customer, desk = shown_by(edited, CUSTOMER), shown_by(edited, SHOP)
    assert (customer["receiver_phone"], customer["street"]) == ("137 1111 2222", NEW[1])
    # The desk masks phones wherever it shows them.
    assert (desk["receiver_phone"], desk["street"]) == ("137 **** 2222", NEW[1])
    line = edited.conversation.messages.filter(kind="event").last()
    assert NEW[1] in line.body


def reveals() -> list[tuple[str, str, str]]:
    rows = ContactReveal.objects.order_by("pk").select_related("staff", "order")
    return [(str(row.staff), row.place, row.order.number) for row in rows]


def test_every_reveal_of_a_full_phone_number_is_recorded(log_in, sales, warehouse):
    order = make_order(status=Status.PAID)
    desk = log_in(sales)
    desk.get(f"/orders/{order.number}/")
    assert reveals() == []
    desk.post(f"/orders/{order.number}/phone/")
    desk.get(f"/orders/{order.number}/edit/")
    desk.get(f"/orders/lookup/customers/?phone={order.customer.phone[3:]}")
    board = log_in(warehouse)
    board.get("/warehouse/")
    for paper in ("", "parcel/"):
        assert board.get(f"/warehouse/orders/{order.number}/{paper}").status_code == 200
    told = [("周敏", "desk"), ("周敏", "form"), ("周敏", "lookup"), ("李强", "pick"), ("李强", "slip")]
    assert reveals() == [(*each, order.number) for each in told]


def test_a_form_redisplayed_with_the_latest_receiver_counts_as_a_reveal(log_in, sales):
    order, desk = make_order(assigned_to=sales), log_in(sales)
    path = f"/orders/{order.number}/edit/"
    fields = fields_of(desk.get(path).text)
    edit_order(
        actor=integration(), order_id=order.pk, version=None, changes={"receiver_phone": "13711112222"}
    )
    assert "13711112222" in desk.post(path, fields).text
    assert reveals() == [("周敏", "form", order.number)] * 2


def test_managers_can_read_reveal_records_and_nobody_can_change_them(log_in, sales, manager):
    order = make_order()
    log_in(sales).post(f"/orders/{order.number}/phone/")
    assert log_in(sales).get("/admin/orders/contactreveal/").status_code == 302
    manager.is_staff = manager.is_superuser = True
    manager.save()
    desk = log_in(manager)
    page = desk.get("/admin/orders/contactreveal/")
    assert all(word in page.text for word in ("周敏", "订单页显示手机", order.number))
    row = ContactReveal.objects.get()
    for path in ("add/", f"{row.pk}/delete/"):
        assert desk.post(f"/admin/orders/contactreveal/{path}", {"post": "yes"}).status_code == 403


def office_of(log_in, manager):
    manager.is_staff = manager.is_superuser = True
    manager.save()
    return log_in(manager)


def test_the_admin_masks_the_phone_of_an_order_and_links_to_the_recorded_reveal(log_in, manager):
    order = make_order()
    office = office_of(log_in, manager)
    page = office.get(f"/admin/orders/order/{order.pk}/change/").text
    assert "138 **** 8000" in page
    assert "13800138000" not in page.replace(" ", "")
    assert f'href="/orders/{order.number}/"' in page
    assert reveals() == []


def test_the_admin_lists_and_edits_customers_without_showing_their_phones(log_in, manager, customer):
    office = office_of(log_in, manager)
    form = f"/admin/accounts/customer/{customer.pk}/change/"
    for page in ("/admin/accounts/customer/", form):
        shown = office.get(page).text
        assert "138 **** 8000" in shown
        assert "13800138000" not in shown.replace(" ", "")
    fields = {
        "name": "吴小华", "phone": "", "source": "wechat", "tier": "retail", "credit_limit": "0", "credit_currency": "CNY", "is_active": "on",
    }  # fmt: skip
    assert office.post(form, fields).status_code == 302
    customer.refresh_from_db()
    assert (customer.name, customer.phone) == ("吴小华", "+8613800138000")
    assert office.post(form, fields | {"phone": NEW[0]}).status_code == 302
    customer.refresh_from_db()
    assert (customer.phone, customer.phone_tail) == (f"+86{NEW[0]}", "2222")


def clashing_phones(agreed_by: str) -> tuple:
    """Somebody wants one phone, and meanwhile the order has another; `agreed_by`: who has the last word."""
    wanted = {"receiver_phone": "13911112222", "street": "体育场路 1 号"}
    order = make_order(status=Status.PAID if agreed_by == "customer" else Status.PICKING)
    if agreed_by == "customer":
        seller = Actor.staff(StaffFactory(role="sales"))
        request = edit_or_request_consent(actor=seller, order_id=order.pk, version=None, changes=wanted)[1]
    else:
        asking = Actor.customer(order.customer, order_id=order.pk)
        data = {"phone": "13911112222"}
        request = request_change(actor=asking, order_id=order.pk, kind="address", data=data)
    since = {"receiver_phone": NEW[0]}
    edit_order(actor=integration(), order_id=order.pk, version=None, changes=since, agreed=True, seen=True)
    return order, request


def phones_in(clashes) -> list[str]:
    return [each.sentence for each in clashes if each.label == "收货电话"]


@pytest.mark.parametrize("agreed_by", ["customer", "warehouse"])
def test_a_phone_clash_is_masked_for_the_shop_and_full_for_the_customer(agreed_by, warehouse, log_in):
    order, request = clashing_phones(agreed_by)
    masked = "收货电话：提出时 138 **** 8000，现在 137 **** 2222，申请 139 **** 2222"
    assert phones_in(asked_changes(order)[0].clashes) == [masked]
    assert phones_in(asked_changes(order, whole=True)[0].clashes) == [
        "收货电话：提出时 138 0013 8000，现在 137 1111 2222，申请 139 1111 2222"
    ]
    answer = partial(accept_change, actor=Actor.staff(warehouse))
    if agreed_by == "customer":
        answer = partial(record_phone_consent, actor=integration(), consent=PhoneConsent("吴丽华"))
    with pytest.raises(ChangeClash) as refusal:
        answer(request_id=request.pk)
    assert masked in str(refusal.value.detail)
    board = log_in(warehouse)
    for path in ("/warehouse/", f"/warehouse/orders/{order.number}/"):
        assert "13911112222" not in board.get(path).text.replace(" ", ""), path


def test_the_customer_sees_a_phone_clash_with_full_numbers():
    order, request = clashing_phones("customer")
    with pytest.raises(ChangeClash) as refusal:
        accept_change(actor=Actor.customer(order.customer), request_id=request.pk)
    assert "申请 139 1111 2222" in str(refusal.value.detail)
