"""Shortage tasks follow the order's shortage: created, updated and closed here, whatever changed the stock."""

from typing import Any

from django.utils import timezone

from orders.events import ShortageFound, ShortageSettled
from orders.models import Order, OrderLine, ShortageTask, Status
from orders.selectors.shortages import PROMISES, missing_pieces
from orders.services.saving import save_with_event
from shopcomm.core.accounts.actors import Actor

State = ShortageTask.State
# Who has not paid yet had better know, too. A refund in progress may come to nothing: it is looked at again then.
SHORT_IN = frozenset({Status.PENDING_PAYMENT, Status.PAID, Status.PICKING})
ARRIVED, LATE, CHANGED = "arrived", "late", "changed"


def review_shortages(order: Order, actor: Actor) -> None:
    """Bring the tasks of a locked order in line with its stock. All stock rows must be locked already."""
    if order.status == Status.REFUNDING:
        return
    missing = missing_pieces(order) if order.status in SHORT_IN else {}
    order.shortage = bool(missing)
    order.save(update_fields=["shortage", "updated_at"])
    known = set()
    for task in _standing(order):
        left = missing.get(task.line_id or 0, 0)
        if not left:
            _end(task, order, actor)
            continue
        known.add(task.line_id)
        if task.missing != left:
            task.missing = left
            task.save(update_fields=["missing"])
            record_shortage_found(task, order, actor, CHANGED)
    for line in OrderLine.objects.filter(pk__in=set(missing) - known).order_by("pk"):
        _raise(line, missing[line.pk], order, actor)


def _standing(order: Order) -> list[ShortageTask]:
    """Questions that are open, and promises that have not been kept yet."""
    tasks = order.shortages.select_for_update().filter(ended_at=None).order_by("pk")
    return [task for task in tasks if task.is_open or is_promise(task)]


def is_promise(task: ShortageTask) -> bool:
    """Whether the customer chose to get the pieces later, and they are still to come."""
    return task.state == State.SETTLED and task.ended_at is None and task.chosen.get("kind") in PROMISES


def _raise(line: OrderLine, missing: int, order: Order, actor: Actor) -> None:
    task = ShortageTask.objects.create(
        order=order,
        line=line,
        sku=line.sku,
        name=line.name,
        spec=line.spec,
        missing=missing,
        raised_at=timezone.now(),
    )
    record_shortage_found(task, order, actor, State.OPEN)


def _end(task: ShortageTask, order: Order, actor: Actor) -> None:
    """Nothing is missing any more: a question is void, a promise kept."""
    asked, promised = task.state == State.OFFERED, is_promise(task)
    task.ended_at = timezone.now()
    if not promised:
        task.state = State.VOID
    task.save(update_fields=["state", "ended_at"])
    if promised:
        record_shortage_settled(task, order, actor, ARRIVED if order.status in SHORT_IN else State.VOID)
    elif asked:
        record_shortage_settled(task, order, actor, State.VOID)
    else:
        # Who never heard of it need not hear that it is over.
        record_shortage_found(task, order, actor, State.VOID)


def expire_promise(task: ShortageTask, order: Order, actor: Actor) -> None:
    """The date that the customer agreed to has passed: the question is open again."""
    task.ended_at = timezone.now()
    task.save(update_fields=["ended_at"])
    record_shortage_settled(task, order, actor, LATE)
    review_shortages(order, actor)


def record_shortage_found(task: ShortageTask, order: Order, actor: Actor, state: str) -> None:
    """One more event of the order, for the shop alone."""
    save_with_event(order, ShortageFound, actor=actor, **_facts(task), state=str(state))


def record_shortage_settled(task: ShortageTask, order: Order, actor: Actor, state: str) -> None:
    """One more event of the order, which the customer reads, too."""
    save_with_event(
        order,
        ShortageSettled,
        actor=actor,
        **_facts(task),
        state=str(state),
        choice=task.chosen,
        consent=task.consent,
    )


def _facts(task: ShortageTask) -> dict[str, Any]:
    return {"task_id": task.pk, "sku": task.sku, "goods": task.goods, "missing": task.missing}
