"""An order in the middle of its life: goods, parcels, wishes, cases, shortages, much talk, and notices of all of it."""

from datetime import timedelta
from uuid import uuid4

from django.utils import timezone

from messaging.services.attachments import store_attachment
from messaging.services.messages import mark_read, send_message
from messaging.services.notifications.release import release_due
from messaging.services.notifications.timers import plan_timers
from messaging.services.shortages import offer_in_conversation
from orders.models import Order, Status
from orders.policies.parcel_way import Scan
from orders.selectors.shortages import all_options
from orders.services.after_sales import CaseInput, CaseLine, approve_case, open_case
from orders.services.change_requests.request import request_change
from orders.services.editing import edit_order
from orders.services.orders import ItemInput
from orders.services.shortages import report_missing
from orders.services.tracking import record_scans
from orders.services.warehouse import acknowledge_order
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Staff
from shopcomm.core.configuration.models import ShopSettings
from shopcomm.core.events.relay import relay
from tests.factories import ProductFactory, VariantFactory, integration, make_order, move, parcel
from tests.messaging.pictures import picture, upload

TALK = ("在吗，这款还有现货吗", "有的，今天下单今天发", "能不能便宜点", "满二十个有批发价", "好的，谢谢")
PIECES = 6


def busy_order(staff: Staff, size: int) -> Order:
    """An order that is picked and has left in part: of everything that may be many, `size` or a multiple of it."""
    ShopSettings.objects.update_or_create(pk=1, defaults={"customer_changes_per_order": 99})
    order = make_order(items=_goods(size), urgent=True, note="外箱请贴店名", status=Status.PAID)
    shop, customer = Actor.staff(staff), Actor.customer(order.customer)
    _talk(order, shop, customer, size)
    for number in range(size):
        street = {"street": f"文一西路 {number + 1} 号"}
        edit_order(actor=integration(), order_id=order.pk, version=None, changes=street)
        _add_piece(order, number)
        _ask(order, customer, "note", {"note": f"到了请打电话，第 {number + 1} 次提醒"})
    acknowledge_order(actor=integration(), order_id=order.pk)
    move(order, "picking")
    _send_parts(order, size)
    _claim(order, shop, customer, size)
    _lack(order, shop, size)
    _ask(order, customer, "address", {"street": "体育场路 1 号"})
    _ask(order, customer, "cancel", {"reason": "买错了"})
    pass_on()
    return Order.objects.get(pk=order.pk)


def pass_on() -> None:
    """What the workers do: relay what happened, look at the clock, tell who is to be told."""
    relay()
    plan_timers()
    release_due()


def _goods(size: int) -> list[ItemInput]:
    """Two lines for each, of the same product each: of the first some leave, of the second some are missing."""
    goods = []
    for _number in range(size):
        product = ProductFactory()
        goods += [
            ItemInput(VariantFactory(product=product, size=each).sku, PIECES) for each in ("20 寸", "24 寸")
        ]
    return goods


def _add_piece(order: Order, number: int) -> None:
    """One piece more of one line: the order's sums change with it."""
    items = [
        {"sku": line.sku, "quantity": line.quantity + (place == number), "unit_price": str(line.unit_price)}
        for place, line in enumerate(order.lines.all())
    ]
    edit_order(actor=integration(), order_id=order.pk, version=None, changes={"items": items})


def _talk(order: Order, shop: Actor, customer: Actor, size: int) -> None:
    talk = order.conversation.pk  # type: ignore[attr-defined]
    for number in range(size * 5):
        send_message(
            actor=shop if number % 2 else customer,
            conversation_id=talk,
            client_id=uuid4(),
            kind="text",
            body=TALK[number % len(TALK)],
        )
    for reader in (shop, customer):
        mark_read(actor=reader, conversation_id=talk, seq=3)


def _ask(order: Order, actor: Actor, kind: str, data: dict[str, object]) -> None:
    request_change(actor=actor, order_id=order.pk, kind=kind, data=data)


def _send_parts(order: Order, size: int) -> None:
    """A parcel for each of the first lines, seen on its way."""
    now = timezone.now()
    for line in order.lines.order_by("pk")[: size * 2 : 2]:
        move(order, "shipped", **parcel(lines=[{"line": line.pk, "quantity": 2}]))
    for shipment in order.shipments.all():
        for hours, city in enumerate(("杭州", "上海", "广州", "深圳"), start=1):
            scan = Scan(now + timedelta(minutes=hours), "in_transit", f"快件已到达【{city}转运中心】")
            record_scans(actor=Actor.system(), shipment_id=shipment.pk, scans=[scan])


def _claim(order: Order, shop: Actor, customer: Actor, size: int) -> None:
    """A case for each parcel, every other agreed to."""
    for number, line in enumerate(order.lines.order_by("pk")[: size * 2 : 2]):
        photo = store_attachment(actor=customer, upload=upload(picture(), "拉链.jpg"))
        wanted = CaseInput("return", "damaged", [CaseLine(line.pk, 1)], "拉链卡住", [str(photo.pk)])
        case = open_case(actor=customer, order_id=order.pk, wanted=wanted)
        if number % 2:
            approve_case(actor=shop, case_id=case.pk, answer="可以退")


def _lack(order: Order, shop: Actor, size: int) -> None:
    """Of each second line a piece cannot be found; of the first the customer is asked what to do."""
    for line in order.lines.order_by("pk")[1 : size * 2 : 2]:
        report_missing(actor=integration(), line_id=line.pk, missing=1)
    task = order.shortages.order_by("pk")[0]
    offer_in_conversation(actor=shop, task_id=task.pk, keys=[each.key for each in all_options(task)])
