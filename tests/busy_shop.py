"""A shop in the middle of a day: one order of each kind of look, and every page of the staff that shows something."""

from collections.abc import Callable
from uuid import uuid4

from messaging.models import NotificationRule
from messaging.services.messages import send_message
from messaging.services.quotes import quote_in_conversation
from messaging.services.shortages import offer_in_conversation
from orders.models import Order, Quote, Status
from orders.selectors.shortages import all_options
from orders.services.after_sales import CaseInput, CaseLine, approve_case, open_case
from orders.services.change_requests.consent import edit_or_request_consent
from orders.services.change_requests.request import request_change
from orders.services.editing import edit_order
from orders.services.evaluations import EvaluationInput, evaluate_order
from orders.services.orders import ItemInput
from orders.services.quotes import QuoteInput, end_of_day
from orders.services.shortages import report_missing
from orders.services.warehouse import acknowledge_order
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Customer, Staff
from tests.factories import CustomerFactory, VariantFactory, integration, make_order, make_orders


def busy_shop(customer: Customer, sales: Staff) -> dict[str, Order]:
    """One order of each kind of look, with talk on the first."""
    busy = make_order(customer=customer, urgent=True, note="要发票", source="phone")
    talk = busy.conversation.pk  # type: ignore[attr-defined]
    for actor, body, internal in (
        (Actor.customer(customer), "在吗？能换个颜色吗", False),
        (Actor.staff(sales), "可以的", False),
        (Actor.staff(sales), "老客户", True),
    ):
        send_message(
            actor=actor, conversation_id=talk, client_id=uuid4(), kind="text", body=body, internal=internal
        )
    picking = make_order(status=Status.PICKING)
    acknowledge_order(actor=integration(), order_id=picking.pk)
    edit_order(actor=integration(), order_id=picking.pk, version=None, changes={"street": "文一西路 969 号"})
    asked = make_order(status=Status.PICKING)
    for kind, data in (("address", {"street": "体育场路 1 号"}), ("cancel", {"reason": "买错了"})):
        request_change(actor=Actor.customer(asked.customer), order_id=asked.pk, kind=kind, data=data)
    rated = make_order(status=Status.DELIVERED)
    given = EvaluationInput(goods=2, service=5, text="拉链有点紧")
    evaluate_order(actor=Actor.customer(rated.customer), order_id=rated.pk, given=given)
    consent = make_order(status=Status.PAID)
    edit_or_request_consent(
        actor=Actor.staff(sales), order_id=consent.pk, version=None, changes={"street": "新街 1 号"}
    )
    make_orders(3)
    short = make_order(status=Status.PAID)
    report_missing(actor=integration(), line_id=short.lines.get().pk, missing=1)
    task = short.shortages.get()
    keys = [option.key for option in all_options(task)]
    offer_in_conversation(actor=Actor.staff(sales), task_id=task.pk, keys=keys)
    returned = make_order(status=Status.DELIVERED)
    claim = CaseInput("return", "damaged", [CaseLine(returned.lines.get().pk, 1)])
    case = open_case(actor=Actor.customer(returned.customer), order_id=returned.pk, wanted=claim)
    approve_case(actor=integration(), case_id=case.pk, answer="可以退")
    wanted = QuoteInput([ItemInput(VariantFactory().sku, 12)], end_of_day(7), note="含包装")
    quote_in_conversation(
        actor=Actor.staff(sales), customer=customer, conversation_id=talk, wanted=wanted, send=True
    )
    return {
        "short": short,
        "returned": returned,
        "busy": busy,
        "picking": picking,
        "asked": asked,
        "rated": rated,
        "shipped": make_order(status=Status.SHIPPED),
        "new": make_order(status=Status.PAID),
        "consent": consent,
        "owed": make_order(customer=CustomerFactory(credit_limit=5000), on_credit=True),
    }


def from_message(order: Order) -> str:
    """The form that the customer's first words open."""
    line = order.conversation.messages.filter(sender_kind="customer").first()  # type: ignore[attr-defined]
    return f"/conversations/{line.conversation_id}/messages/{line.seq}/change/"


PAGES: dict[str, Callable[[dict[str, Order]], str]] = {
    "log-in": lambda shop: "/login/",
    "desk": lambda shop: "/orders/",
    "order": lambda shop: f"/orders/{shop['busy'].number}/",
    "order with requests": lambda shop: f"/orders/{shop['asked'].number}/",
    "rated order": lambda shop: f"/orders/{shop['rated'].number}/",
    "no network": lambda shop: "/offline/",
    "shipped order": lambda shop: f"/orders/{shop['shipped'].number}/",
    "order events": lambda shop: f"/orders/{shop['busy'].number}/events/",
    "new order": lambda shop: "/orders/new/",
    "edit order": lambda shop: f"/orders/{shop['busy'].number}/edit/",
    "transition": lambda shop: f"/orders/{shop['picking'].number}/to/shipped/",
    "states": lambda shop: "/orders/states/",
    "accounts": lambda shop: "/orders/debts/",
    "statement": lambda shop: f"/orders/debts/{shop['owed'].customer_id}/",
    "change policy": lambda shop: "/orders/changes/",
    "inbox": lambda shop: "/inbox/",
    "conversation": lambda shop: f"/inbox/{shop['busy'].conversation.pk}/",  # type: ignore[attr-defined]
    "new enquiry": lambda shop: "/inbox/new/",
    "quotes": lambda shop: f"/conversations/{shop['busy'].conversation.pk}/quotes/",  # type: ignore[attr-defined]
    "new quote": lambda shop: f"/conversations/{shop['busy'].conversation.pk}/quotes/new/",  # type: ignore[attr-defined]
    "quote": lambda shop: f"/quotes/{Quote.objects.get().pk}/",
    "choice by phone": lambda shop: f"/shortages/{shop['short'].shortages.get().pk}/choose/",  # type: ignore[attr-defined]
    "order with a return": lambda shop: f"/orders/{shop['returned'].number}/",
    "return parcel": lambda shop: (
        f"/orders/after-sales/{shop['returned'].after_sales.get().pk}/send/"  # type: ignore[attr-defined]
    ),
    "table of keys": lambda shop: "/shortcuts/",
    "short order": lambda shop: f"/orders/{shop['short'].number}/",
    "warehouse": lambda shop: "/warehouse/",
    "pick list": lambda shop: f"/warehouse/?order={shop['picking'].number}",
    "slip": lambda shop: f"/warehouse/orders/{shop['picking'].number}/",
    "parcel slip": lambda shop: f"/warehouse/orders/{shop['picking'].number}/parcel/",
    "parcel slip that waits": lambda shop: f"/warehouse/orders/{shop['asked'].number}/parcel/",
    "order that asks the customer": lambda shop: f"/orders/{shop['consent'].number}/",
    "change from a message": lambda shop: from_message(shop["busy"]),
    "rights": lambda shop: "/rights/",
    "preferences": lambda shop: "/preferences/",
    "rules": lambda shop: "/rules/",
    "rule": lambda shop: f"/rules/{NotificationRule.objects.get(key='unpaid').pk}/",
    "rule's last week": lambda shop: f"/rules/{NotificationRule.objects.get(key='paid').pk}/rehearsal/",
    "rule's versions": lambda shop: f"/rules/{NotificationRule.objects.get(key='paid').pk}/versions/",
    "hours": lambda shop: "/rules/hours/",
    "first day": lambda shop: "/first-day/",
    "usual couriers": lambda shop: "/first-day/couriers/",
    "notices": lambda shop: "/notices/",
    "why": lambda shop: f"/orders/{shop['shipped'].number}/notices/",
    "imports": lambda shop: "/files/imports/",
    "import": lambda shop: "/files/imports/new/products/",
    "exports": lambda shop: "/files/exports/",
    "export": lambda shop: "/files/exports/new/orders/?status=paid&source=wechat&urgent=1&since=2026-01-01",
    "admin": lambda shop: "/admin/",
    "admin orders": lambda shop: "/admin/orders/order/",
    "admin products": lambda shop: "/admin/orders/product/",
    "admin staff": lambda shop: "/admin/accounts/staff/",
    "not found": lambda shop: "/orders/XB-000000-0000/",
}
