"""询价 from the customer: the products asked about become a card in the customer's general conversation."""

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from messaging.errors import BadMessage
from messaging.services.cards import send_card
from messaging.services.conversations import general_conversation
from messaging.services.write import Sent
from orders.models import Variant
from orders.selectors.catalogue import variants_on_sale
from orders.selectors.items import MAX_QUANTITY
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Customer
from shopcomm.core.deadlocks import retry_on_deadlock

CARD = "enquiry"
MOST_LINES = 50
LONGEST_QUESTION = 500


@dataclass(frozen=True)
class Wanted:
    """A variant and how many of it."""

    sku: str
    quantity: int


@retry_on_deadlock
@transaction.atomic
def send_enquiry(
    *, actor: Actor, customer: Customer, wanted: list[Wanted], question: str, key: str, product_id: int = 0
) -> Sent:
    """Put what a customer asks about into their general conversation. The same `key` again asks nothing more.

    `product_id` is the product whose page they asked from. Raises BadMessage.
    """
    question = question.replace("\x00", "").strip()
    known = variants_on_sale([each.sku for each in wanted])
    _check(wanted, known, question)
    conversation = general_conversation(actor=actor, customer=customer)
    items = [{"sku": each.sku, "quantity": each.quantity} for each in wanted]
    return send_card(
        actor=actor,
        conversation_id=conversation.pk,
        card=CARD,
        object_id=product_id,
        text=lambda: _as_text(wanted, known, question),
        data={"items": items, "question": question},
        key=key,
    )


def _check(wanted: list[Wanted], known: dict[str, Variant], question: str) -> None:
    if not wanted:
        raise BadMessage(_("请至少选择一款商品"))
    if len(wanted) > MOST_LINES:
        raise BadMessage(_("一次最多询价 %(count)d 款") % {"count": MOST_LINES})
    if any(each.sku not in known for each in wanted):
        raise BadMessage(_("有商品已经下架，请刷新页面"))
    if any(not 0 < each.quantity <= MAX_QUANTITY for each in wanted):
        raise BadMessage(_("请填写数量"))
    if len(question) > LONGEST_QUESTION:
        raise BadMessage(_("问题太长，请写在 %(count)d 字以内") % {"count": LONGEST_QUESTION})


def _as_text(wanted: list[Wanted], known: dict[str, Variant], question: str) -> str:
    """The same in plain words, for a push, a search, the API."""
    lines = [
        " ".join(part for part in (known[each.sku].product.name, known[each.sku].spec) if part)
        + f" ×{each.quantity}"
        for each in wanted
    ]
    told = _("询价：%(goods)s") % {"goods": _("；").join(lines)}
    return f"{told}\n{question}" if question else told


def wanted_of(data: dict[str, Any]) -> list[Wanted]:
    """The lines of a card's data."""
    return [Wanted(str(each["sku"]), int(each["quantity"])) for each in data.get("items", [])]
