"""What a customer can do with their order now, for the grid at the foot of its page."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from orders.models import ChangeKind, Evaluation, Order, Status
from orders.selectors.change_requests import choices_for
from orders.selectors.claims import claim_refusal, pieces_left

ENDED = frozenset({Status.REFUNDING, Status.REFUNDED, Status.CANCELLED})
ON_THE_WAY = frozenset({Status.PAID, Status.PICKING, Status.SHIPPED})
SENT = frozenset({Status.SHIPPED, Status.DELIVERED, Status.COMPLETED})
HERE = frozenset({Status.DELIVERED, Status.COMPLETED})
OVER = frozenset({Status.DELIVERED, Status.COMPLETED, Status.CANCELLED, Status.REFUNDED})


@dataclass(frozen=True)
class Quick:
    """One cell of the grid. `posts`: a button that does it, not a link that leads there."""

    icon: str
    label: str
    url: str
    posts: bool = False


def quick_actions(order: Order, token: str, *, preview: bool) -> list[Quick]:
    """Only what applies now; somebody of the shop who looks at the page presses nothing in the customer's name."""

    def to(name: str) -> str:
        return reverse(f"portal:{name}", args=[token])

    found, lines = [], order.lines.all()
    if order.status not in ENDED and _can_change(order):
        found.append(Quick("edit", _("改订单"), to("change")))
    if order.after_sales.all() or (
        order.status in SENT and not claim_refusal(order, lines, left=pieces_left(lines, ()))
    ):
        found.append(Quick("refund", _("退换货"), to("after-sales")))
    if order.status in ON_THE_WAY and not preview:
        found.append(Quick("bell", _("催一下"), to("urge"), posts=True))
    if _rated(order):
        found.append(Quick("star", _("我的评价"), to("evaluation")))
    elif order.status in HERE:
        found.append(Quick("star", _("评价"), to("evaluation")))
    if order.status in OVER and not preview:
        found.append(Quick("retry", _("再来一单"), reverse("my:again", args=[order.number])))
    return found


def _can_change(order: Order) -> bool:
    """Whether anything but a note can still be asked for: of goods that are here a note moves nothing."""
    return any(choice.is_open for kind, choice in choices_for(order).items() if kind != ChangeKind.NOTE)


def _rated(order: Order) -> bool:
    try:
        return order.evaluation is not None
    except Evaluation.DoesNotExist:
        return False
