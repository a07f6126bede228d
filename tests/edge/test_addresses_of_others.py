"""Whose it is not, for them it is not there: every address with an id in it, walked by strangers."""

import re
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from fuzz.doors import PART, SLUGS, Door, doors
from messaging.models import (
    Attachment,
    Conversation,
    Delivery,
    Message,
    Notification,
    NotificationRule,
)
from messaging.services.messages import send_message
from orders.models import (
    AfterSalesCase,
    ChangeRequest,
    MissingReport,
    Order,
    ParcelTask,
    Quote,
    Refund,
    Repayment,
    ShortageTask,
    Status,
    TrackingNode,
    WarehouseAlert,
)
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.proofs import LINKS_SESSION_KEY
from shopcomm.core.accounts.services.api_keys import create_api_key
from shopcomm.core.accounts.services.order_links import link_url, make_link
from shopcomm.edge.integrations.services.receiving import store_record
from shopcomm.edge.integrations.webhooks_in.sources import webhook_source
from shopcomm.edge.integrations.weixin_shop.models import WeixinCall
from tests.factories import make_order

pytestmark = pytest.mark.django_db
# Open to every customer, or to everybody: goods and their pictures belong to nobody.
OF_NOBODY = frozenset(
    {
        "media/products/<str:name>", "media/shop/<str:name>", "my/catalogue/<int:product_id>/", "my/catalogue/<int:product_id>/ask/",
        "my/catalogue/<int:product_id>/watch/", "my/catalogue/<int:product_id>/add/", "api/schemas/<str:name>.json",
        # A service signs what it says here; the other one is the name of a service.
        "api/v1/inbound/tracking/<slug:carrier>/", "integrations/couriers/new/<slug:adapter>/",
        "inbound/weixin-shop/<int:connection_id>/", "inbound/youzan/<int:connection_id>/",
    }
)  # fmt: skip
# A link's token is the key to its order, and has tests of its own; with another id behind it, it is a stranger's.
KEYS = re.compile(r"o/<str:token>/[a-z-]*/?$")
# Of the office: nobody but a manager gets in, whatever the id.
OFFICE = "admin/"


@pytest.fixture
def foreign(customer, other_sales) -> dict[str, object]:
    """An order of somebody else with everything an order can have, as the parts of addresses name it."""
    order = make_order(status=Status.SHIPPED, customer=customer, assigned_to=other_sales)
    now, line, talk = timezone.now(), order.lines.get(), Conversation.objects.get(order=order)
    asked = {"order": order, "asked_by": "吴丽华", "asked_at": now}
    file = Attachment.objects.create(
        uploader_kind="customer",
        uploader_id=customer.pk,
        kind="file",
        mime="text/plain",
        name="a.txt",
        size=1,
        file="a.txt",
    )
    said = send_message(
        actor=Actor.customer(customer),
        conversation_id=talk.pk,
        client_id=uuid4(),
        body="改成 3 个",
        attachments=[str(file.pk)],
    )
    rule = NotificationRule.objects.order_by("pk")[0]
    notice = Notification.objects.create(
        rule=rule,
        rule_version=1,
        trigger=rule.trigger,
        cause="walk",
        order=order,
        recipient_kind="customer",
        recipient_id=customer.pk,
        happened_at=now,
        send_at=now,
    )
    return {
        "number": order.number,
        "conversation_id": talk.pk,
        "seq": said.message.seq,
        "attachment_id": file.pk,
        "line_id": line.pk,
        "shipment_id": order.shipments.get().pk,
        "request_id": ChangeRequest.objects.create(kind="note", base_version=1, asked_by_kind="customer", **asked).pk,
        "case_id": AfterSalesCase.objects.create(kind="refund", reason="other", **asked).pk,
        "refund_id": Refund.objects.create(order=order, amount=1).pk,
        "alert_id": WarehouseAlert.objects.create(order=order, kind="changed", order_version=1).pk,
        "report_id": MissingReport.objects.create(
            order=order, line=line, variant=line.variant, pieces=1, reported_by="x"
        ).pk,
        "task_id": ShortageTask.objects.create(
            order=order, line=line, sku=line.sku, name=line.name, missing=1, raised_at=now
        ).pk,
        "parcel_task_id": ParcelTask.objects.create(
            shipment=order.shipments.get(), kind="intercept", raised_at=now
        ).pk,
        "customer_id": customer.pk,
        "rule_id": rule.pk,
        "notice_id": notice.pk,
        "connection_id": (source := webhook_source()).pk,
        "record_id": store_record(connection=source, message_id="m", body={"external_id": "1"})[0].pk,
        "call_id": WeixinCall.objects.create(
            connection=source, order=order, external_id="1", kind="note", key="k", state="failed"
        ).pk,
        # Of a table that no model has; managers alone come so far.
        "row_id": 1,
        "delivery_id": Delivery.objects.create(notification=notice, channel="push", due_at=now).pk,
        # The same ones, as the interface calls them.
        "pk": talk.pk,
        "sku": line.sku,
        "quote_id": Quote.objects.create(
            number="BJ-1", customer=customer, valid_until=now, conversation_id=talk.pk
        ).pk,
    }  # fmt: skip


def owned() -> list[Door]:
    """Every address of the site with an id in it of something that is somebody's."""
    return [
        door
        for door in doors()
        if PART.search(door.route)
        and door.route not in OF_NOBODY
        and not KEYS.match(door.route)
        and not door.route.startswith(OFFICE)
    ]


def addresses(foreign: dict[str, object]) -> list[str]:
    """Every such address with these ids, and with each word that may stand in it. An id that nobody knows is an error."""
    found = []
    for door in owned():
        words = next((SLUGS[name] for name in PART.findall(door.route) if name in SLUGS), [""])
        found += [filled(door.route, foreign, word) for word in words]
    return found


def filled(route: str, foreign: dict[str, object], word: str) -> str:
    def part(match: re.Match[str]) -> str:
        name = match[1]
        if name in SLUGS:
            return word
        # The number of a rule's version is a count, and a picture's key is no conversation's.
        others = {"<int:number>": 1, "<uuid:pk>": foreign["attachment_id"]}
        return str(others.get(match[0]) or foreign[name])

    return "/" + PART.sub(part, route)


def state() -> list[object]:
    """What a stranger could have changed."""
    columns = ("version", "status", "paid_amount", "refunded_amount", "deposit_kept")
    rows: list[object] = list(Order.objects.order_by("pk").values(*columns))
    for model in (ChangeRequest, AfterSalesCase, Refund, ShortageTask, Quote):
        rows += model.objects.order_by("pk").values_list("pk", "state")
    return [
        *rows,
        Message.objects.count(),
        list(ParcelTask.objects.values_list("kind", "settled_at")),
        list(TrackingNode.objects.values_list("shipment")),
        Repayment.objects.count(),
        list(WarehouseAlert.objects.values_list("acknowledged_at", flat=True)),
    ]


def link_of_another_order(customer) -> Client:
    client, other = Client(), make_order(customer=customer)
    session = client.session
    session[LINKS_SESSION_KEY] = [make_link(customer=customer, order_id=other.pk).pk]
    session.save()
    client.cookies["sessionid"] = session.session_key
    return client


@pytest.mark.parametrize(
    "who", ["another seller", "another customer", "another link of the customer", "nobody"]
)
def test_every_url_of_another_persons_row_answers_404(
    who: str, foreign, log_in, sales, customer, other_customer, phone_of, client
) -> None:
    visitor: Client = {
        "another seller": lambda: log_in(sales),
        "another customer": lambda: phone_of(other_customer),
        "another link of the customer": lambda: link_of_another_order(customer),
        "nobody": lambda: client,
    }[who]()
    # Whoever comes with a link has the token of their own order, and with it the ids of another one.
    own = make_order(customer=other_customer)
    token = link_url(customer=other_customer, order_id=own.pk).rstrip("/").rsplit("/", 1)[-1]
    walked, before = addresses(foreign | {"token": token}), state()
    # Somebody without the right for a page is told so, or is asked to log in, before anything is looked up.
    closed = {404, 405, 403, 401, 302}

    told = {
        f"{method} {address}": answer.status_code
        for address in walked
        for method in ("GET", "POST")
        if (answer := visitor.generic(method, address)).status_code not in closed
        or (answer.status_code == 302 and "login" not in answer["Location"])
    }

    assert told == {}
    assert len(walked) > 50
    assert state() == before


def test_every_url_with_an_id_is_checked_or_listed_as_an_exception(foreign) -> None:
    walked = {door.route for door in owned()}
    routes = {door.route for door in doors() if PART.search(door.route)}
    office = {route for route in routes if route.startswith(OFFICE)}

    assert routes - walked - office == OF_NOBODY | {route for route in routes if KEYS.match(route)}
    assert routes >= OF_NOBODY
    assert {"orders/debts/<int:customer_id>/", "orders/debts/<int:customer_id>/repay/"} <= walked
    assert "o/<str:token>/after-sales/<int:case_id>/<slug:step>/" in walked


def test_admin_urls_are_refused_to_everybody_but_managers_whatever_the_id(log_in, sales, warehouse) -> None:
    routes = [door.route for door in doors() if door.route.startswith(OFFICE) and "(" not in door.route]
    for staff in (sales, warehouse):
        visitor = log_in(staff)
        answers = {route: visitor.get("/" + PART.sub("1", route)) for route in routes if "/log" not in route}
        opened = {route for route, answer in answers.items() if "/login/" not in answer.get("Location", "")}
        assert opened == set()
    assert len(routes) > 100


@pytest.mark.parametrize(
    "scope", ["orders:read", "orders:write", "products:write", "conversations:read", "events:read"]
)
def test_an_api_key_without_the_scope_is_refused_at_every_url(foreign, scope: str) -> None:
    secret = create_api_key(name=scope, scopes=[scope])[1]
    client, of = Client(headers={"authorization": f"Bearer {secret}"}), foreign
    paths = {
        ("GET", f"orders/{of['number']}/"): "orders:read",
        ("POST", f"orders/{of['number']}/transitions/"): "orders:write",
        ("POST", f"orders/{of['number']}/changes/"): "orders:write",
        ("POST", f"orders/{of['number']}/changes/1/answer/"): "orders:write",
        ("PATCH", "products/DJX-20-BLK/stock/"): "products:write",
        ("GET", f"conversations/{of['conversation_id']}/messages/"): "conversations:read",
        ("GET", f"attachments/{of['attachment_id']}/"): "conversations:read",
        ("POST", f"conversations/{of['conversation_id']}/messages/"): "conversations:write",
        ("GET", "webhook-endpoints/1/"): "webhooks:read",
        ("GET", "webhook-endpoints/1/deliveries/"): "webhooks:read",
        ("POST", "webhook-endpoints/1/rotate/"): "webhooks:write",
        ("POST", "webhook-endpoints/1/test/"): "webhooks:write",
        ("POST", "webhook-endpoints/1/replay/"): "webhooks:write",
        ("POST", "deliveries/1/retry/"): "webhooks:write",
        ("GET", f"shipments/{of['shipment_id']}/"): "orders:read",
        ("GET", f"returns/{of['case_id']}/"): "orders:read",
        ("POST", f"returns/{of['case_id']}/decisions/"): "orders:write",
        ("GET", "quotes/BJ-1/"): "orders:read",
        ("POST", "quotes/BJ-1/send/"): "orders:write",
        ("POST", "quotes/BJ-1/accept/"): "orders:write",
        ("POST", "quotes/BJ-1/decline/"): "orders:write",
        ("POST", "quotes/BJ-1/withdraw/"): "orders:write",
        ("GET", f"customers/{of['customer_id']}/"): "customers:read",
        ("PATCH", f"customers/{of['customer_id']}/"): "customers:write",
        ("GET", f"rules/{of['rule_id']}/"): "rules:read",
    }
    asked = {door.route for door in owned() for _m, path in paths if door.fits(f"api/v1/{path}")}
    assert asked >= {door.route for door in owned() if door.route.startswith("api/")}

    for (method, path), needed in paths.items():
        answer = client.generic(method, f"/api/v1/{path}", b"{}", content_type="application/json")
        assert (answer.status_code == 403) == (needed != scope), (method, path)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "orders/XB-000000-0000/"),
        ("POST", "orders/XB-000000-0000/transitions/"),
        ("POST", "orders/XB-000000-0000/changes/"),
        ("POST", "orders/XB-000000-0000/changes/1/answer/"),
        ("PATCH", "products/NONE/stock/"),
        ("GET", "conversations/999999999/messages/"),
        ("POST", "conversations/999999999/messages/"),
        ("GET", "attachments/00000000-0000-0000-0000-000000000000/"),
    ],
)
def test_an_api_url_with_an_unknown_id_answers_404(api, method: str, path: str) -> None:
    bodies = {"changes": '{"kind":"urgent"}', "transitions": '{"to":"paid"}', "stock": '{"delta":1}'}
    body = bodies.get(path.split("/")[-2], '{"client_id":"0d5d8a0e-5f0c-4cfb-9a6e-0a7a2a1c7b12","body":"x"}')

    answer = api.generic(method, f"/api/v1/{path}", body, content_type="application/json")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
