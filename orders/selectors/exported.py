"""Lists as they are written to a file: which rows, in which order, under which heads.

Rows are what the reader may see. Phones and streets are whole for those who may have them and masked for all others.
What the shop keeps to itself of a customer or an order (notes on customers, why an order waits) is in none of them.
"""

from datetime import datetime
from decimal import Decimal

from django.db.models import DecimalField, F, QuerySet, Value
from django.db.models.functions import Coalesce, NullIf
from django.utils.translation import gettext_lazy as _

from orders.models import Order, OrderLine, Payment, Status, StockMovement
from orders.policies.contact_masks import HIDDEN
from orders.selectors.orders import OrderFilters, filtered_orders
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Customer
from shopcomm.core.accounts.models.customers import Source
from shopcomm.core.phones import compact_phone, masked_phone, with_masked_phones
from shopcomm.core.sheets.columns import Column, Kind, label_of

STAFF_NAME = Coalesce(NullIf(F("assigned_to__display_name"), Value("")), F("assigned_to__username"))
AMOUNT = DecimalField(max_digits=14, decimal_places=2)


def listed_orders(actor: Actor, filters: OrderFilters) -> QuerySet[Order]:
    """The orders of the desk's list with these filters, the newest first."""
    return filtered_orders(actor, filters).order_by("-placed_at", "-pk")


def listed_lines(actor: Actor, filters: OrderFilters) -> QuerySet[OrderLine]:
    """The lines of those orders."""
    orders = filtered_orders(actor, filters).values("pk")
    return OrderLine.objects.filter(order__in=orders).order_by("-order__placed_at", "-order_id", "pk")


def listed_payments(actor: Actor, filters: OrderFilters) -> QuerySet[Payment]:
    """What was paid for those orders, the newest first."""
    orders = filtered_orders(actor, filters).values("pk")
    return Payment.objects.filter(order__in=orders).order_by("-received_at", "-pk")


def listed_receipts(
    actor: Actor, *, customer_id: int, currency: str, since: datetime, until: datetime
) -> QuerySet[Payment]:
    """What one customer paid in a period, as their statement has it."""
    of_customer = OrderFilters(customer_id=customer_id)
    paid = listed_payments(actor, of_customer).filter(received_at__gte=since, received_at__lt=until)
    return paid.filter(order__currency=currency)


def order_columns(*, contacts: bool) -> list[Column]:
    """An order in a row."""
    phone, street, note = _contacts(contacts)
    return [
        Column(_("订单号"), "number", Kind.CODE),
        Column(_("外部单号"), "external_id", Kind.CODE),
        Column(_("下单时间"), "placed_at", Kind.MOMENT),
        Column(_("状态"), label_of("status", Status.choices)),
        Column(_("来源"), label_of("source", Source.choices)),
        Column(_("客户"), "customer__name"),
        Column(_("公司"), "customer__company"),
        Column(_("收货人"), "receiver_name"),
        Column(_("收货电话"), "receiver_phone", Kind.CODE, phone),
        Column(_("省"), "province"),
        Column(_("市"), "city"),
        Column(_("区县"), "district"),
        Column(_("详细地址"), "street", show=street),
        Column(_("币种"), "currency"),
        Column(_("优惠"), "discount", Kind.MONEY),
        Column(_("运费"), "shipping_fee", Kind.MONEY),
        Column(_("应付"), "total", Kind.MONEY),
        Column(_("已付"), "paid_amount", Kind.MONEY),
        Column(_("负责人"), STAFF_NAME),
        Column(_("备注"), "note", show=note),
    ]


def line_columns(*, contacts: bool) -> list[Column]:
    """A line of an order in a row."""
    pieces = F("quantity") - F("cancelled_quantity")
    return [
        Column(_("订单号"), "order__number", Kind.CODE),
        Column(_("外部单号"), "order__external_id", Kind.CODE),
        Column(_("下单时间"), "order__placed_at", Kind.MOMENT),
        Column(_("状态"), label_of("order__status", Status.choices)),
        Column(_("客户"), "order__customer__name"),
        Column("SKU", "sku", Kind.CODE),
        Column(_("品名"), "name"),
        Column(_("规格"), "spec"),
        Column(_("数量"), pieces, Kind.COUNT),
        Column(_("单价"), "unit_price", Kind.MONEY),
        Column(_("金额"), Coalesce(F("unit_price") * pieces, Decimal(0), output_field=AMOUNT), Kind.MONEY),
        Column(_("币种"), "order__currency"),
        Column(_("已发"), "shipped_quantity", Kind.COUNT),
        Column(_("已退"), "returned_quantity", Kind.COUNT),
    ]


def payment_columns(*, contacts: bool) -> list[Column]:
    """A payment in a row."""
    return [
        Column(_("到账时间"), "received_at", Kind.MOMENT),
        Column(_("订单号"), "order__number", Kind.CODE),
        Column(_("外部单号"), "order__external_id", Kind.CODE),
        Column(_("客户"), "order__customer__name"),
        Column(_("公司"), "order__customer__company"),
        Column(_("方式"), label_of("method", Payment.Method.choices)),
        Column(_("金额"), "amount", Kind.MONEY),
        Column(_("币种"), "order__currency"),
        Column(_("流水号"), "reference", Kind.CODE),
    ]


def customer_columns(*, contacts: bool) -> list[Column]:
    """A customer in a row."""
    phone, _street, _note = _contacts(contacts)
    return [
        Column(_("外部编号"), "external_id", Kind.CODE),
        Column(_("姓名"), "name"),
        Column(_("公司"), "company"),
        Column(_("手机"), "phone", Kind.CODE, phone),
        Column(_("类型"), label_of("tier", Customer.Tier.choices)),
        Column(_("来源"), label_of("source", Source.choices)),
        Column(_("邮箱"), "email", show=None if contacts else _hide_mail),
        Column(_("赊账额度"), "credit_limit", Kind.MONEY),
        Column(_("额度币种"), "credit_currency"),
        Column(_("建立时间"), "created_at", Kind.MOMENT),
    ]


def movement_columns(*, contacts: bool) -> list[Column]:
    """A movement of stock in a row."""
    return [
        Column(_("时间"), "occurred_at", Kind.MOMENT),
        Column("SKU", "variant__sku", Kind.CODE),
        Column(_("品名"), "variant__product__name"),
        Column(_("颜色"), "variant__color"),
        Column(_("尺寸"), "variant__size"),
        Column(_("类型"), label_of("kind", StockMovement.Kind.choices)),
        Column(_("现有变化"), "on_hand_delta", Kind.COUNT),
        Column(_("占用变化"), "reserved_delta", Kind.COUNT),
        Column(_("残次变化"), "damaged_delta", Kind.COUNT),
        Column(_("订单号"), "order__number", Kind.CODE),
        Column(_("原因"), "reason"),
        Column(_("操作者"), "actor_name"),
    ]


def _contacts(whole: bool):  # type: ignore[no-untyped-def]
    """How a phone, a street and what somebody wrote are shown."""
    if whole:
        return compact_phone, None, None
    return masked_phone, lambda _street: HIDDEN, with_masked_phones


def _hide_mail(address: str) -> str:
    name, _at, host = address.partition("@")
    return f"{name[:1]}***@{host}"
