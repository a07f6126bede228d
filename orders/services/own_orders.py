"""Reorders that customers place themselves, from a page that showed them prices."""

import uuid

from django.db import transaction
from django.utils.translation import gettext as _

from orders.errors import GuardFailed, PricesChanged
from orders.models import Order
from orders.selectors.addresses import AddressInput
from orders.selectors.catalogue import variants_on_sale
from orders.selectors.items import ItemInput
from orders.selectors.own import reorder_price_mark
from orders.services.orders import place_order
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Customer
from shopcomm.core.accounts.models.customers import Source
from shopcomm.core.deadlocks import retry_on_deadlock

NAMESPACE = uuid.UUID("5a8a5a3c-8f0e-4a0e-9f5c-0a6d1f1f7b11")


@retry_on_deadlock
@transaction.atomic
def place_own_order(
    *,
    actor: Actor,
    customer: Customer,
    items: list[ItemInput],
    address: AddressInput,
    note: str,
    key: str,
    shown: str,
    priced: list[str],
) -> Order:
    """Place a customer's order at the prices that they were shown; the same form again answers the first one's order.

    `shown` is the reorder_price_mark of the SKUs in `priced`. Raises PricesChanged and what place_order raises.
    """
    if not key:
        raise GuardFailed(("key_required", _("表单不完整，请刷新页面后重试")))
    # Of the customer: nobody reaches another's order with their key.
    external_id = f"web-{uuid.uuid5(NAMESPACE, f'{customer.pk}:{key}')}"
    placed = Order.objects.filter(external_id=external_id).first()
    if placed is None and reorder_price_mark(variants_on_sale(priced)) != shown:
        raise PricesChanged()
    return placed or place_order(
        actor=actor,
        customer=customer,
        source=Source.WEB,
        items=items,
        address=address,
        note=note,
        external_id=external_id,
    )
