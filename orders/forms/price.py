"""The price beside a form: calculated from the current input, and whether the sender has seen it."""

from decimal import Decimal
from typing import Any

from django.http import HttpRequest, QueryDict

from orders.forms.desk import read_lines
from orders.models import Order
from orders.reading.amounts import read_money
from orders.selectors.items import ItemInput
from orders.selectors.pricing import OrderPrice, Shopping, price_order
from shopcomm.core.accounts.models import Customer
from shopcomm.core.phones import normalise_phone

TEMPLATE = "orders/_price.html"


def asks_price(request: HttpRequest) -> bool:
    """Whether the form is not sent yet and only the price of its input is wanted."""
    return request.method == "POST" and request.headers.get("X-Fragment") == "price"


def has_seen_price(post: QueryDict) -> bool:
    """Whether whoever sends this was shown a price; a browser without scripts shows it when it is sent first.

    A program that posts the fields alone presses no button and was shown nothing that could be wrong.
    """
    return "send" not in post or bool(post.get("shown"))


def buyer_of_form(post: QueryDict) -> Customer:
    """Whom a new order is for: who has this phone, else somebody new of the kind that is chosen."""
    try:
        known = Customer.objects.filter(phone=normalise_phone(post.get("phone", ""))).first()
    except ValueError:
        known = None
    tier = post.get("tier", "")
    return known or Customer(tier=tier if tier in Customer.Tier.values else Customer.Tier.RETAIL)


def price_of_form(
    post: QueryDict, customer: Customer, order: Order | None = None, rows: list[dict[str, Any]] | None = None
) -> OrderPrice:
    """What the lines, the discount and the freight of a form come to; `rows` are lines that stand there instead."""
    rows, wrong = read_lines(post) if rows is None else (rows, "")
    price = price_order(
        Shopping(
            customer=customer,
            items=[ItemInput(**row) for row in rows],
            discount=_sum(post.get("discount", "")),
            shipping_fee=_sum(post.get("shipping_fee", "")),
            order=order,
            on_account=bool(post.get("on_account")),
        )
    )
    # An empty form is not wrong yet; what to do first stands where the price will be.
    if wrong and any(post.getlist("sku")):
        price.warnings.insert(0, wrong)
    return price


def _sum(text: str) -> Decimal | None:
    """An amount that may be left empty; None for what is none."""
    amount = read_money(text.strip() or "0")
    return None if amount is None or amount < 0 else amount
