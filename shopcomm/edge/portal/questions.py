"""What customers ask most, answered from the order itself before anybody has to."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from orders.models import Order, Status
from shopcomm.edge.portal.progress import Progress

BEFORE_IT_LEFT = frozenset({Status.PENDING_PAYMENT, Status.PAID, Status.PICKING})
UNDERWAY = frozenset({*BEFORE_IT_LEFT, Status.SHIPPED})


@dataclass(frozen=True)
class Question:
    """A question beside the box, its answer, and a page where something can be done about it."""

    asked: str
    answer: str
    url: str = ""
    label: str = ""


def common_questions(order: Order, progress: Progress, token: str) -> list[Question]:
    """Only those whose answer the order knows now; for the others there is the box."""
    change = reverse("portal:change", args=[token])
    stands = f"{progress.headline}。{progress.detail}"
    found = []
    if order.status in BEFORE_IT_LEFT:
        if order.deliver_on:
            stands += _(" 按您的要求 %(day)s 起送。") % {"day": f"{order.deliver_on:%Y-%m-%d}"}
        found.append(Question(_("什么时候发货"), stands))
    elif order.status == Status.SHIPPED:
        parcels = _("、").join(f"{each.carrier} {each.tracking_number}" for each in progress.parcels)
        found.append(Question(_("包裹到哪了"), f"{stands} {parcels}".strip()))
    if order.status in UNDERWAY:
        answer = _("可以自己改，改之前会告诉您会怎样。")
        found.append(Question(_("改地址"), answer, f"{change}?kind=address", _("去改地址")))
    return found
