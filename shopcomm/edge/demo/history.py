"""The demo shop's past: orders of the last weeks in every status, told through the real services.

Everything is made now and then moved back in time, so that versions, stock and numbers add up by themselves.
"""

import uuid
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from django.utils import timezone

from messaging.models import Conversation, Message
from messaging.services.drafts import Draft
from messaging.services.memberships import open_read_positions
from messaging.services.messages import write_messages
from orders.events import OrderEvent
from orders.models import Order, Shipment, Variant
from orders.services.backdating import backdate_order
from orders.services.orders import ItemInput, place_order
from orders.services.shipments import add_tracking_node
from orders.services.transitions import transition_order
from orders.services.warehouse import acknowledge_order, tick_line
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Customer, Staff
from shopcomm.core.events.facts import fact_of
from shopcomm.core.events.models import DomainEvent
from shopcomm.edge.demo.people import demo_address
from shopcomm.edge.demo.talk import URGENT, demo_dialogue

NAMESPACE = uuid.UUID("b0c7b2a4-3b0e-4b57-9a0c-8d1f7f0b7a11")
# How many orders end in each status, and by which road.
ROADS: tuple[tuple[str, int, tuple[str, ...]], ...] = (
    ("completed", 116, ("paid", "picking", "shipped", "delivered", "completed")),
    ("shipped", 48, ("paid", "picking", "shipped")),
    ("paid", 34, ("paid",)),
    ("delivered", 34, ("paid", "picking", "shipped", "delivered")),
    ("pending", 26, ()),
    ("picking", 16, ("paid", "picking")),
    ("cancelled", 14, ("cancelled",)),
    ("refunded", 12, ("paid", "picking", "shipped", "delivered", "refunding", "refunded")),
    ("refunding", 8, ("paid", "picking", "shipped", "delivered", "refunding")),
)
HOURS = {
    "paid": 1,
    "picking": 4,
    "shipped": 8,
    "delivered": 60,
    "completed": 150,
    "refunding": 90,
    "refunded": 120,
}
CARRIERS = (
    ("shunfeng", "SF", 13),
    ("debangkuaidi", "DPK", 10),
    ("zhongtong", "7", 13),
    ("yuantong", "YT", 13),
)
SCANS = (
    (0.5, Shipment.State.IN_TRANSIT, "【{city}】快件已揽收"),
    (14, Shipment.State.IN_TRANSIT, "快件已到达【{city}转运中心】"),
    (40, Shipment.State.OUT_FOR_DELIVERY, "快递员正在派送，请保持电话畅通"),
)


class History:
    """Tells orders one after the other; the same seed tells the same."""

    def __init__(self, staff: dict[str, Staff], customers: list[Customer], variants: list[Variant]) -> None:
        self.chance = Random(20261123)
        self.customers, self.variants = customers, [v for v in variants if v.on_hand > 100]
        self.manager = Actor.staff(staff["manager"])
        self.sellers = [staff[name] for name in ("sales", "sales", "sales", "sales2", "sales3")]
        self.pickers = [Actor.staff(staff[name]) for name in ("warehouse", "warehouse2")]
        self.now = timezone.now()

    def create_orders(self) -> int:
        """Make every order, oldest first. Returns how many."""
        roads = [(name, road) for name, count, road in ROADS for _ in range(count)]
        self.chance.shuffle(roads)
        ages = sorted((self._age(name) for name, _road in roads), reverse=True)
        for place, (age, (_name, road)) in enumerate(
            zip(ages, sorted(roads, key=_needs_age, reverse=True), strict=True)
        ):
            self.order(place, road, self.now - timedelta(hours=age))
        return len(roads)

    def _age(self, name: str) -> float:
        longest = {"pending": 10, "paid": 20, "picking": 26, "shipped": 70, "delivered": 160}.get(name, 600)
        shortest = {"pending": 0.2, "paid": 1.5, "picking": 5, "shipped": 9, "delivered": 64}.get(name, 170)
        return self.chance.uniform(shortest, longest)

    def order(self, place: int, road: tuple[str, ...], placed_at: datetime) -> None:
        """One order from start to end with its conversation, moved back to its date."""
        seller = self.chance.choice(self.sellers)
        order = self._place(seller, placed_at)
        talk = Conversation.objects.values_list("pk", flat=True).get(order=order)
        words = self._words(order)
        self._say(order, talk, seller, demo_dialogue(("before",), self.chance, **words), "before")
        if order.urgent:
            self._say(order, talk, seller, list(URGENT), "urgent")
        for step in road:
            order = self._step(order, step)
            stage = {"paid": "paid", "shipped": "shipped", "completed": "done", "refunding": "refund"}.get(
                step
            )
            if stage and self.chance.random() < 0.7:
                self._say(order, talk, seller, demo_dialogue((stage,), self.chance, **words), stage)
        if road == ("paid",) and place % 3:
            acknowledge_order(actor=self.chance.choice(self.pickers), order_id=order.pk)
        self._move_back(order, talk, placed_at, road)
        everything = road[-1:] not in ((), ("paid",)) or place % 3 > 0
        last = Conversation.objects.values_list("last_seq", flat=True).get(pk=talk)
        readers = [Actor.staff(seller), self.manager, Actor.customer(order.customer)]
        open_read_positions(readers=readers, conversation_id=talk, seq=last if everything else 1)

    def _place(self, seller: Staff, placed_at: datetime) -> Order:
        customer = self.chance.choice(self.customers)
        wholesale = customer.tier == "wholesale"
        chosen = self.chance.sample(
            self.variants, self.chance.randint(2, 5) if wholesale else self.chance.choice((1, 1, 2))
        )
        items = [
            ItemInput(v.sku, self.chance.choice((10, 12, 20, 30)) if wholesale else 1, None) for v in chosen
        ]
        unassigned = self.chance.random() < 0.08
        return place_order(
            actor=Actor.staff(seller),
            customer=customer,
            source=customer.source,
            items=items,
            address=demo_address(customer, self.chance),
            urgent=self.chance.random() < 0.1,
            note=self.chance.choice(("", "", "", "外箱请贴店名", "周末不收货", "要发票，抬头见聊天")),
            assigned_to=None if unassigned else seller,
            placed_at=placed_at,
        )

    def _step(self, order: Order, step: str) -> Order:
        picker = self.chance.choice(self.pickers)
        actor = self.manager
        data: dict[str, Any] = {}
        if step == "paid":
            data = {
                "method": self.chance.choice(("wechat", "alipay", "transfer")),
                "reference": f"DEMO{order.pk:08d}",
            }
        elif step == "picking":
            actor = picker
            acknowledge_order(actor=picker, order_id=order.pk)
        elif step in ("shipped", "delivered"):
            actor = Actor.staff(order.picker) if order.picker else picker
            data = self._parcel(order) if step == "shipped" else {}
        elif step == "completed":
            actor = Actor.customer(order.customer)
        elif step == "refunding":
            data = {"reason": "拉杆松动，客户要求退货退款"}
        elif step == "refunded":
            data = {"reference": f"TK{order.pk:08d}", "restock": True}
        elif step == "cancelled":
            data = {"reason": self.chance.choice(("客户不想要了", "拍错颜色重新下单", "超时未付款"))}
        moved = transition_order(actor=actor, order_id=order.pk, to=step, data=data)
        if step == "picking":
            self._pick(moved, picker)
        return moved

    def _pick(self, order: Order, picker: Actor) -> None:
        for line in order.lines.all():
            if self.chance.random() < 0.6:
                tick_line(actor=picker, line_id=line.pk, picked=line.quantity)

    def _parcel(self, order: Order) -> dict[str, str]:
        carrier, head, digits = self.chance.choice(CARRIERS)
        return {"carrier": carrier, "tracking_number": f"{head}{order.pk:0{digits}d}"}

    def _words(self, order: Order) -> dict[str, str]:
        line = order.lines.first()
        return {"name": line.name, "spec": line.spec, "count": str(line.quantity)} if line else {}

    def _say(self, order: Order, talk: int, seller: Staff, lines: list[tuple[str, str]], stage: str) -> None:
        drafts = []
        for place, (who, text) in enumerate(lines):
            actor = Actor.customer(order.customer) if who == "c" else Actor.staff(seller)
            drafts.append(
                Draft(
                    conversation_id=talk,
                    client_id=uuid.uuid5(NAMESPACE, f"{order.number}:{stage}:{place}"),
                    kind="text",
                    body=text,
                    sender_kind=actor.sender_kind,
                    sender_id=actor.id or 0,
                    sender_name=actor.name,
                    internal=who == "n",
                )
            )
        write_messages(drafts)

    def _move_back(self, order: Order, talk: int, placed_at: datetime, road: tuple[str, ...]) -> None:
        times = {
            "created": placed_at,
            **{step: placed_at + timedelta(hours=HOURS.get(step, 3)) for step in road},
        }
        backdate_order(order_id=order.pk, placed_at=placed_at, times=times)
        self._move_log_back(order, talk, times)
        self._scan(order, times)

    def _move_log_back(self, order: Order, talk: int, times: dict[str, datetime]) -> None:
        """Events and messages at the time of the step they belong to, a minute apart."""
        at = times["created"]
        events = {event.pk: event for event in DomainEvent.objects.filter(order_id=order.pk)}
        messages = list(Message.objects.filter(conversation=talk).order_by("seq"))
        for message in messages:
            event = events.get(message.data.get("event_id", 0))
            fact = fact_of(event, OrderEvent) if event else None
            step = fact.status_to if fact else ""
            if fact and step in times and fact.status_from != step:
                at = max(at, times[step])
            message.created_at = at
            if event:
                event.occurred_at = at
            at += timedelta(seconds=70)
        Message.objects.bulk_update(messages, ["created_at"])
        DomainEvent.objects.bulk_update(events.values(), ["occurred_at"])
        Conversation.objects.filter(pk=talk).update(last_message_at=messages[-1].created_at)

    def _scan(self, order: Order, times: dict[str, datetime]) -> None:
        for parcel in order.shipments.filter(signed_at=None):
            for hours, state, text in SCANS:
                at = times["shipped"] + timedelta(hours=hours)
                if at < self.now:
                    add_tracking_node(
                        actor=Actor.system(), shipment_id=parcel.pk, scanned_at=at, state=state,
                        text=text.format(city=order.city),
                    )  # fmt: skip


def _needs_age(road: tuple[str, tuple[str, ...]]) -> Decimal:
    """Roads that take long belong to old orders."""
    return Decimal(max((HOURS.get(step, 3) for step in road[1]), default=0))
