"""Who knocks, and what there is to knock at: sessions, keys, and the ids behind the addresses."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.test import Client

from messaging.models import Attachment, Conversation, Delivery, Message, NotificationRule
from orders.models import (
    AfterSalesCase,
    ChangeRequest,
    MissingReport,
    Order,
    OrderLine,
    Product,
    Quote,
    Refund,
    Shipment,
    ShortageTask,
    Variant,
    WarehouseAlert,
)
from shopcomm.core.accounts.proofs import LINKS_SESSION_KEY, MY_SESSION_KEY
from shopcomm.core.accounts.services.api_keys import create_api_key
from shopcomm.core.accounts.services.order_links import link_token, make_link

MOST = 40
STAFF = ("sales", "warehouse", "manager")
READ_ONLY = ["orders:read", "products:read", "conversations:read", "events:read"]


@dataclass
class Visitor:
    """One role: the headers it sends."""

    role: str
    headers: dict[str, str]


def visitors() -> list[Visitor]:
    """Everybody, newly let in: a fuzz logs people out, too."""
    order = Order.objects.order_by("-pk").first()
    if order is None:
        raise LookupError("the fuzz needs a shop with an order")
    found = [Visitor("anonymous", {})]
    found += [_with_cookie(role, _staff_session(role)) for role in STAFF]
    link = make_link(customer=order.customer, order_id=order.pk)
    found.append(_with_cookie("link", _session({LINKS_SESSION_KEY: [link.pk]})))
    found.append(
        _with_cookie("customer", _session({MY_SESSION_KEY: [order.customer.pk, order.customer.phone]}))
    )
    for role, scopes in (("key", ["*"]), ("reading key", READ_ONLY)):
        secret = create_api_key(name=f"fuzz {role}", scopes=scopes)[1]
        found.append(Visitor(role, {"Authorization": f"Bearer {secret}"}))
    return found


def _with_cookie(role: str, session: str) -> Visitor:
    return Visitor(role, {"Cookie": f"sessionid={session}"})


def _staff_session(role: str) -> str:
    manager = {"is_staff": True, "is_superuser": True} if role == "manager" else {}
    staff, _made = get_user_model().objects.get_or_create(
        username=f"fuzz-{role}", defaults={"role": role, "display_name": "王芳", **manager}
    )
    # It may have been switched off, or moved, by its own hand.
    get_user_model().objects.filter(pk=staff.pk).update(is_active=True, role=role, **manager)
    staff.refresh_from_db()
    client = Client()
    client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    return str(client.cookies["sessionid"].value)


def _session(values: dict[str, Any]) -> str:
    session = Client().session
    for name, value in values.items():
        session[name] = value
    session.save()
    return str(session.session_key)


def known_values() -> dict[str, list[Any]]:
    """What stands in addresses, by the names of their parts; the newest of each."""
    orders = list(Order.objects.order_by("-pk")[:MOST])
    talks = ids(Conversation)
    seqs = list(
        Message.objects.filter(conversation__in=talks).values_list("seq", flat=True).distinct()[:MOST]
    )
    return {
        "number": [order.number for order in orders] + [1, 2],
        "token": [link_token(make_link(customer=order.customer, order_id=order.pk)) for order in orders[:8]],
        "conversation_id": talks,
        "seq": seqs,
        "request_id": ids(ChangeRequest),
        "case_id": ids(AfterSalesCase),
        "refund_id": ids(Refund),
        "shipment_id": ids(Shipment),
        "task_id": ids(ShortageTask),
        "report_id": ids(MissingReport),
        "quote_id": ids(Quote),
        "alert_id": ids(WarehouseAlert),
        "line_id": ids(OrderLine),
        "product_id": ids(Product),
        "attachment_id": ids(Attachment),
        "rule_id": ids(NotificationRule),
        "delivery_id": ids(Delivery),
        "pk": talks + ids(Attachment),
        "sku": list(Variant.objects.order_by("-pk").values_list("sku", flat=True)[:MOST]),
        "object_id": [*range(1, 20)],
        "content_type_id": ids(ContentType),
    }


def ids(model: Any) -> list[Any]:
    """The newest keys of a table."""
    return list(model.objects.order_by("-pk").values_list("pk", flat=True)[:MOST])
