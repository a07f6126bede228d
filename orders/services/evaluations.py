"""评价: one an order, the customer's to change for a while, the shop's to answer."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from orders.errors import GuardFailed
from orders.events import EvaluationAnswered, OrderEvaluated
from orders.models import Evaluation, Order, Status
from orders.selectors.addresses import clean_text
from orders.services.locks import lock_order
from orders.services.rights import check_owner, require_right
from orders.services.saving import save_with_event
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.deadlocks import retry_on_deadlock

EVALUATED_IN = frozenset({Status.DELIVERED, Status.COMPLETED})
EDIT_WITHIN = timedelta(days=7)
MAX_PICTURES = 9


@dataclass(frozen=True)
class EvaluationInput:
    """An evaluation as given. `pictures` are ids of attachments in the order's conversation."""

    goods: int
    service: int
    text: str = ""
    # None: those that are there stay.
    pictures: list[str] | None = None
    # The form's own key: the same one again is the same evaluation.
    key: str = field(default="", kw_only=True)


class Evaluated(NamedTuple):
    """The outcome: the current evaluation, and whether this call changed it."""

    evaluation: Evaluation
    is_news: bool


@retry_on_deadlock
@transaction.atomic
def evaluate_order(*, actor: Actor, order_id: int, given: EvaluationInput) -> Evaluated:
    """Rate an order, or change what was said while that is allowed. Twice the same is once.

    Raises Order.DoesNotExist, NotAllowed, GuardFailed.
    """
    order = lock_order(order_id)
    check_owner(order, actor)
    require_right(actor, "evaluations.give")
    if not (1 <= given.goods <= 5 and 1 <= given.service <= 5):
        raise GuardFailed(("stars_required", _("请给商品和服务各选 1 到 5 星")))
    known = Evaluation.objects.filter(order=order).first()
    if known is not None and given.key and known.key == given.key[:80]:
        return Evaluated(known, is_news=False)
    row = known or Evaluation(order=order, given_by=actor.name)
    if not _say(row, given):
        return Evaluated(row, is_news=False)
    _check_open(order, known, timezone.now())
    if known is None:
        row.given_at = timezone.now()
    else:
        row.edited_at = timezone.now()
    row.save()
    save_with_event(
        order,
        OrderEvaluated,
        actor=actor,
        evaluation_id=row.pk,
        goods=row.goods,
        service=row.service,
        text=row.text,
        edited=known is not None,
    )
    return Evaluated(row, is_news=True)


def _say(row: Evaluation, given: EvaluationInput) -> bool:
    """Put what was given into the row; whether that made a difference."""
    before = (row.goods, row.service, row.text, row.pictures) if row.pk else None
    row.goods, row.service, row.text = given.goods, given.service, clean_text(given.text)[:500]
    if given.pictures is not None:
        row.pictures = given.pictures[:MAX_PICTURES]
    row.key = given.key[:80]
    return (row.goods, row.service, row.text, row.pictures) != before


def may_evaluate(order: Order, known: Evaluation | None, now: datetime) -> bool:
    """Whether the customer can rate the order now, or still change what they said."""
    if known is None:
        return order.status in EVALUATED_IN
    return not known.answered_at and now < known.given_at + EDIT_WITHIN


def _check_open(order: Order, known: Evaluation | None, now: datetime) -> None:
    if may_evaluate(order, known, now):
        return
    if known is None:
        raise GuardFailed(("not_delivered", _("收到货以后才能评价")))
    raise GuardFailed(("evaluation_closed", _("评价已经不能修改了，有话请在客服里说")))


@retry_on_deadlock
@transaction.atomic
def answer_evaluation(*, actor: Actor, order_id: int, answer: str) -> Evaluation:
    """Answer what the customer said; a later answer takes the place of the first, the same one again changes nothing.

    Raises Evaluation.DoesNotExist, NotAllowed, GuardFailed.
    """
    order = lock_order(order_id)
    row = Evaluation.objects.get(order=order)
    require_right(actor, "evaluations.answer")
    words = clean_text(answer)[:300]
    if not words:
        raise GuardFailed(("answer_required", _("请填写答复")))
    if row.answer == words:
        return row
    row.answer, row.answered_by, row.answered_at = words, actor.name, timezone.now()
    row.save(update_fields=["answer", "answered_by", "answered_at"])
    save_with_event(order, EvaluationAnswered, actor=actor, evaluation_id=row.pk, text=words)
    return row
