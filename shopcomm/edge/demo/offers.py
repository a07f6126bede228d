"""What the demo shop has offered: quotes in each state, and goods that are missing, with ways out of it."""

from datetime import timedelta
from decimal import Decimal
from random import Random

from django.utils import timezone

from messaging.models import Conversation
from messaging.services.quotes import quote_in_conversation
from messaging.services.shortages import offer_in_conversation
from orders.models import Order, Quote, ShortageTask, Status
from orders.selectors.shortages import all_options
from orders.services.backdating import backdate_quote
from orders.services.orders import ItemInput, place_order
from orders.services.quotes import QuoteInput, accept_quote, decline_quote, end_of_day, expire_quote
from orders.services.shortages import report_missing
from orders.services.transitions import transition_order
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Customer, Staff
from shopcomm.edge.demo.people import demo_address

NOTE = "含独立包装；50 件以上免运费"


class Offers:
    """Works in the enquiries that the shop has opened with; the same shop makes the same offers."""

    def __init__(self, staff: dict[str, Staff]) -> None:
        self.chance = Random(11)
        self.manager = Actor.staff(staff["manager"])
        self.seller = Actor.staff(staff["sales"])
        self.picker = Actor.staff(staff["warehouse"])

    def create_offers(self) -> None:
        """Everything, once."""
        self.quotes()
        self.shortages()

    def quotes(self) -> None:
        """One that is open, one that has run out, one that became an order, one declined, a draft."""
        enquiries = list(Conversation.objects.filter(order=None).select_related("customer").order_by("pk"))
        self._quote(enquiries[0], ("YDM-GY", 50), ("YDL-BK", 20), fee=0)
        self._expired(self._quote(enquiries[1], ("LX20-BK", 30), fee=120))
        accepted = self._quote(enquiries[2], ("YDM-BL", 50), fee=0)
        customer = _customer_of(enquiries[2])
        accept_quote(
            actor=Actor.customer(customer), quote_id=accepted.pk, address=demo_address(customer, self.chance)
        )
        declined = self._quote(enquiries[3], ("GW14-BR", 12), fee=60)
        decline_quote(
            actor=Actor.customer(_customer_of(enquiries[3])),
            quote_id=declined.pk,
            reason="公文包先不要了",
        )
        self._quote(enquiries[4], ("FB01-GY", 100), fee=0, send=False)
        # On a phone that has an order already.
        again = Order.objects.filter(status=Status.COMPLETED).order_by("-placed_at", "-pk")[0]
        beside = Conversation.objects.select_related("customer").get(order=again)
        self._quote(beside, ("XK11-PK", 2), ("YL01-GN", 1), fee=10)

    def _quote(self, where: Conversation, *goods: tuple[str, int], fee: int, send: bool = True) -> Quote:
        wanted = QuoteInput(
            items=[ItemInput(sku, count) for sku, count in goods],
            valid_until=end_of_day(7),
            shipping_fee=Decimal(fee),
            note=NOTE,
        )
        return quote_in_conversation(
            actor=self.seller,
            customer=_customer_of(where),
            conversation_id=where.pk,
            wanted=wanted,
            send=send,
        )

    def _expired(self, quote: Quote) -> None:
        now = timezone.now()
        sent, until = now - timedelta(days=9), now - timedelta(days=2)
        backdate_quote(quote_id=quote.pk, sent_at=sent, valid_until=until)
        expire_quote(quote_id=quote.pk, now=now)

    def shortages(self) -> None:
        """One order whose customer may choose already, and one that waits for sales."""
        offered = self._short("TT03-CM", 6, 2)
        self._short("LX28-GN", 4, 1)
        keys = [option.key for option in all_options(offered) if option.is_usual]
        offer_in_conversation(actor=self.seller, task_id=offered.pk, keys=keys)

    def _short(self, sku: str, quantity: int, missing: int) -> ShortageTask:
        """A paid order for goods that are nearly gone, and a picker who does not find them all."""
        customers = Customer.objects.filter(tier="wholesale").order_by("pk")
        customer = customers[self.chance.randrange(customers.count())]
        order = place_order(
            actor=self.seller,
            customer=customer,
            source=customer.source,
            items=[ItemInput(sku, quantity), ItemInput("FB01-NV", 10)],
            address=demo_address(customer, self.chance),
        )
        data = {"method": "transfer", "reference": f"QH{order.pk:08d}"}
        transition_order(actor=self.manager, order_id=order.pk, to=Status.PAID, data=data)
        line = order.lines.get(sku=sku)
        report_missing(actor=self.picker, line_id=line.pk, missing=missing)
        return ShortageTask.objects.get(line=line)


def _customer_of(talk: Conversation) -> Customer:
    """Of a conversation about an order or before one, the customer in it."""
    if talk.customer is None:
        raise ValueError(f"nobody is asked in the team's conversation {talk.pk}")
    return talk.customer
