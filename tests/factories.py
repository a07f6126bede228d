"""People, goods and orders for tests: `factory_boy` for what stands alone, `make_order` for what must have happened."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

import factory
from django.db import transaction
from factory.django import DjangoModelFactory

from orders import hooks
from orders.models import Order, Product, Status, Variant
from orders.services.orders import AddressInput, ItemInput, place_order
from orders.services.stock import set_stock
from orders.services.transitions import transition_order
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Customer, Staff

PASSWORD = "only-for-tests-8d1"


class StaffFactory(DjangoModelFactory):
    class Meta:
        model = Staff
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"staff{n}")
    display_name = factory.Sequence(lambda n: f"员工{n}")
    role = "sales"

    @factory.post_generation
    def password(self, create: bool, extracted: str | None, **kwargs: Any) -> None:
        self.set_password(extracted or PASSWORD)
        self.is_staff = self.is_superuser = self.role == "manager"
        if create:
            self.save()


class CustomerFactory(DjangoModelFactory):
    class Meta:
        model = Customer

    name = factory.Sequence(lambda n: f"顾客{n}")
    phone = factory.Sequence(lambda n: f"+86138{n:08d}")
    phone_tail = factory.LazyAttribute(lambda row: row.phone[-4:])


class ProductFactory(DjangoModelFactory):
    class Meta:
        model = Product

    name = factory.Sequence(lambda n: f"登机箱{n}")
    category = "拉杆箱"


class VariantFactory(DjangoModelFactory):
    """A variant; its stock arrives as a movement, as all stock does."""

    class Meta:
        model = Variant
        skip_postgeneration_save = True

    product = factory.SubFactory(ProductFactory)
    sku = factory.Sequence(lambda n: f"XZ-{n:04d}-BLK")
    color = "曜石黑"
    size = "20 寸"
    price = Decimal("199.00")
    threshold = 0

    @factory.post_generation
    def on_hand(self, create: bool, extracted: int | None, **kwargs: Any) -> None:
        pieces = 100 if extracted is None else extracted
        if create and pieces:
            set_stock(actor=Actor.system(), sku=self.sku, on_hand=pieces, reason="期初")
            self.refresh_from_db()


def make_address(**fields: str) -> AddressInput:
    """A complete receiver; name single fields to change them."""
    address = {
        "name": "吴丽华",
        "phone": "13800138000",
        "province": "广东省",
        "city": "广州市",
        "district": "白云区",
        "street": "机场路 88 号",
    }
    return AddressInput(**(address | fields))


def parcel(**fields: Any) -> dict[str, Any]:
    """What shipping needs, with a tracking number of its own."""
    return {"carrier": "shunfeng", "tracking_number": f"SF{uuid4().hex[:12].upper()}"} | fields


# How an order gets to each status: the steps after placing, each with its data.
PATHS: dict[str, list[str]] = {
    Status.PENDING_PAYMENT: [],
    Status.PAID: ["paid"],
    Status.PICKING: ["paid", "picking"],
    Status.SHIPPED: ["paid", "picking", "shipped"],
    Status.DELIVERED: ["paid", "picking", "shipped", "delivered"],
    Status.COMPLETED: ["paid", "picking", "shipped", "delivered", "completed"],
    Status.REFUNDING: ["paid", "refunding"],
    Status.REFUNDED: ["paid", "refunding", "refunded"],
    Status.CANCELLED: ["cancelled"],
}


def integration(name: str = "测试接口") -> Actor:
    """An API key as an actor: it may make any move of the shop, and confirm for the customer."""
    return Actor("api", 1, name, "system")


def move(order: Order, to: str, *, actor: Actor | None = None, **data: Any) -> Order:
    """One step with all it needs filled in."""
    needs: dict[str, dict[str, Any]] = {"shipped": parcel(), "refunding": {"reason": "不想要了"}}
    return transition_order(
        actor=actor or integration(), order_id=order.pk, to=to, data=needs.get(to, {}) | data
    )


def make_order(
    *,
    status: str = Status.PENDING_PAYMENT,
    via: list[str] | None = None,
    actor: Actor | None = None,
    customer: Customer | None = None,
    items: list[ItemInput] | None = None,
    address: AddressInput | None = None,
    source: str = "wechat",
    **fields: Any,
) -> Order:
    """An order placed and then moved step by step to a status, by the services alone."""
    order = place_order(
        actor=actor or integration(),
        customer=customer or CustomerFactory(),
        source=source,
        items=items or [ItemInput(VariantFactory().sku, 2)],
        address=address or make_address(),
        **fields,
    )
    for step in PATHS[status] if via is None else via:
        order = move(order, step)
    return Order.objects.get(pk=order.pk)


def give_order(order: Order, staff: Staff | None) -> None:
    """Another assignee, with the conversation, and without an event or a new version."""
    with transaction.atomic():
        Order.objects.filter(pk=order.pk).update(assigned_to=staff)
        order.refresh_from_db(fields=["assigned_to"])
        for hook in hooks.order_assigned_hooks:
            hook(order)


def make_orders(count: int, **fields: Any) -> list[Order]:
    """Several orders of one variant, one after another."""
    fields.setdefault("items", [ItemInput(VariantFactory(on_hand=count * 10).sku, 1)])
    return [make_order(**fields) for _ in range(count)]
