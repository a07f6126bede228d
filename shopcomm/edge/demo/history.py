"""The demo shop's past: orders of the last weeks in every status, told through the real services.

Everything is made now and then moved back in time, so that versions, stock and numbers add up by themselves.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from django.utils import timezone

from messaging.models import Message
from messaging.services.backdating import backdate_conversations, backdate_events, backdate_messages
from messaging.services.drafts import Draft
from messaging.services.event_lines import Story, story_written_at_end
from messaging.services.memberships import open_read_positions
from orders.events import OrderEvent
from orders.models import Order, Shipment, Variant
from orders.policies.parcel_way import Scan
from orders.services.backdating import backdate_order
from orders.services.orders import ItemInput, place_order
from orders.services.tracking import record_scans
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
# What is talked about after a step.
STAGES = {"paid": "paid", "shipped": "shipped", "completed": "done", "refunding": "refund"}
CARRIERS = (
    ("shunfeng", "SF", 13),
    ("debangkuaidi", "DPK", 10),
    ("zhongtong", "7", 13),
    ("yuantong", "YT", 13),
)
SCANS = (
    (0.5, Shipment.State.COLLECTED, "【{city}】快件已揽收"),
    (14, Shipment.State.IN_TRANSIT, "快件已到达【{city}转运中心】"),
    (40, Shipment.State.OUT_FOR_DELIVERY, "快递员正在派送，请保持电话畅通"),
)
# Orders whose conversations are written together.
TOGETHER = 40


@dataclass(frozen=True)
class Told:
    """An order of the past: its drafts in the story, those of them that are moved back in time, and who has read them."""

    order: Order
    times: dict[str, datetime]
    first: int
    moved: int
    last: int
    readers: list[Actor]
    everything: bool


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
        dated = list(zip(ages, sorted(roads, key=_needs_age, reverse=True), strict=True))
        for start in range(0, len(dated), TOGETHER):
            self._tell(start, dated[start : start + TOGETHER])
        return len(roads)

    def _tell(self, start: int, dated: Sequence[tuple[float, tuple[str, tuple[str, ...]]]]) -> None:
        """Some orders with their conversations, moved back to their dates."""
        with story_written_at_end() as story:
            told = [
                self.order(place, road, self.now - timedelta(hours=age), story)
                for place, (age, (_name, road)) in enumerate(dated, start)
            ]
        said = [sent.message for sent in story.sent]
        _move_log_back([(one, said[one.first : one.moved], one.moved == one.last) for one in told])
        for one in told:
            last = said[one.last - 1]
            open_read_positions(
                readers=one.readers,
                conversation_id=last.conversation_id,
                seq=last.seq if one.everything else 1,
            )

    def _age(self, name: str) -> float:
        longest = {"pending": 10, "paid": 20, "picking": 26, "shipped": 70, "delivered": 160}.get(name, 600)
        shortest = {"pending": 0.2, "paid": 1.5, "picking": 5, "shipped": 9, "delivered": 64}.get(name, 170)
        return self.chance.uniform(shortest, longest)

    def order(self, place: int, road: tuple[str, ...], placed_at: datetime, story: Story) -> Told:
        """One order from start to end, with what is said beside it."""
        first = len(story.drafts)
        seller = self.chance.choice(self.sellers)
        order = self._place(seller, placed_at)
        talk = Talk(story, story.drafts[first].conversation_id, order, seller, self.chance)
        talk.say("before")
        if order.urgent:
            talk.say_lines("urgent", list(URGENT))
        for step in road:
            order = self._step(order, step)
            if step in STAGES and self.chance.random() < 0.7:
                talk.say(STAGES[step])
        if road == ("paid",) and place % 3:
            acknowledge_order(actor=self.chance.choice(self.pickers), order_id=order.pk)
        times = {"created": placed_at} | {
            step: placed_at + timedelta(hours=HOURS.get(step, 3)) for step in road
        }
        backdate_order(order_id=order.pk, placed_at=placed_at, times=times)
        moved = len(story.drafts)
        self._scan(order, times)
        readers = [Actor.staff(seller), self.manager, Actor.customer(order.customer)]
        everything = road[-1:] not in ((), ("paid",)) or place % 3 > 0
        return Told(order, times, first, moved, len(story.drafts), readers, everything)

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

    def _scan(self, order: Order, times: dict[str, datetime]) -> None:
        for parcel in order.shipments.filter(signed_at=None):
            for hours, state, text in SCANS:
                at = times["shipped"] + timedelta(hours=hours)
                if at < self.now:
                    scan = Scan(at, state, text.format(city=order.city))
                    record_scans(actor=Actor.system(), shipment_id=parcel.pk, scans=[scan])


class Talk:
    """What people say beside one order."""

    def __init__(self, story: Story, conversation: int, order: Order, seller: Staff, chance: Random) -> None:
        self.story, self.conversation, self.order, self.seller = story, conversation, order, seller
        self.chance = chance
        line = order.lines.first()
        self.words = {"name": line.name, "spec": line.spec, "count": str(line.quantity)} if line else {}

    def say(self, stage: str) -> None:
        """One of the dialogues of a stage."""
        self.say_lines(stage, demo_dialogue((stage,), self.chance, **self.words))

    def say_lines(self, stage: str, lines: list[tuple[str, str]]) -> None:
        """These lines; who speaks is c, s or n."""
        for place, (who, text) in enumerate(lines):
            actor = Actor.customer(self.order.customer) if who == "c" else Actor.staff(self.seller)
            self.story.drafts.append(
                Draft(
                    conversation_id=self.conversation,
                    client_id=str(uuid.uuid5(NAMESPACE, f"{self.order.number}:{stage}:{place}")),
                    kind="text",
                    body=text,
                    sender_kind=actor.sender_kind,
                    sender_id=actor.id or 0,
                    sender_name=actor.name,
                    internal=who == "n",
                )
            )


def _move_log_back(told: Sequence[tuple[Told, list[Message], bool]]) -> None:
    """Events and messages at the time of the step they belong to, a minute apart."""
    rows = DomainEvent.objects.filter(order_id__in=[one.order.pk for one, _said, _ended in told])
    events = {event.pk: event for event in rows}
    messages, happened, last = {}, {}, {}
    for one, said, ended in told:
        at = one.times["created"]
        for message in said:
            event = events.get(message.data.get("event_id", 0))
            fact = fact_of(event, OrderEvent) if event else None
            step = fact.status_to if fact else ""
            if fact and step in one.times and fact.status_from != step:
                at = max(at, one.times[step])
            messages[message.pk] = at
            if event:
                happened[event.pk] = at
            at += timedelta(seconds=70)
        if ended:
            last[said[-1].conversation_id] = messages[said[-1].pk]
    backdate_messages(messages)
    backdate_events(happened)
    backdate_conversations(last)


def _needs_age(road: tuple[str, tuple[str, ...]]) -> Decimal:
    """Roads that take long belong to old orders."""
    return Decimal(max((HOURS.get(step, 3) for step in road[1]), default=0))
