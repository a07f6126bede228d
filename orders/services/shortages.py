"""缺货: reported by the warehouse, offered by sales, chosen by the customer; or void when goods arrive."""

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from orders.errors import GuardFailed, NotAllowed
from orders.models import MissingReport, Order, OrderLine, ShortageTask, Status, StockReservation
from orders.reading.amounts import read_count
from orders.selectors.addresses import clean_text
from orders.selectors.items import ItemInput
from orders.selectors.shortages import Option, all_options, counted_since, missing_pieces, offered_options
from orders.services import stock
from orders.services.editing import edit_order
from orders.services.locks import lock_line, lock_lines, lock_order, lock_variants
from orders.services.rights import check_owner, require_right
from orders.services.shortage_tasks import (
    SHORT_IN,
    expire_promise,
    is_promise,
    record_shortage_found,
    record_shortage_settled,
    review_shortages,
)
from orders.services.transitions import transition_order
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.rights import people_who_may
from shopcomm.core.deadlocks import retry_on_deadlock

# Where somebody stands before the shelf.
PICKED_IN = frozenset({Status.PAID, Status.PICKING})
State, Kind = ShortageTask.State, ShortageTask.Kind


@retry_on_deadlock
@transaction.atomic
def report_missing(*, actor: Actor, line_id: int, missing: int, seen: int | None = None) -> Order:
    """A picker cannot find pieces of a line: they leave the stock, the order is short of them, sales have a task.

    `seen`: how many were held for the line when the picker was told what this will do; another number is refused.
    Raises OrderLine.DoesNotExist, NotAllowed, GuardFailed.
    """
    require_right(actor, "shortages.report")
    order, line = lock_line(line_id)
    if order.status not in PICKED_IN:
        raise GuardFailed(("not_picking", _("订单不在配货中")))
    held = StockReservation.objects.filter(line=line).values_list("quantity", flat=True).first() or 0
    if not 0 < read_count(missing) <= held:
        raise GuardFailed(
            (
                "quantity_invalid",
                _("缺货数量要在 1 到 %(most)s 之间") % {"most": held} if held else _("这一款没有占用库存"),
            )
        )
    if seen is not None and seen != held:
        raise GuardFailed(("shortage_changed", _("缺货数量刚刚有变化，请再看一眼")), missing=missing)
    stock.write_off_pieces(actor=actor, order=order, line=line, pieces=missing)
    MissingReport.objects.create(
        order=order, line=line, variant_id=line.variant_id or 0, pieces=missing, reported_by=actor.name
    )
    most = line.shipped_quantity + held - missing
    if line.picked_quantity > most:
        line.picked_quantity = most
        line.save(update_fields=["picked_quantity"])
    review_shortages(order, actor)
    return order


@retry_on_deadlock
@transaction.atomic
def undo_missing(*, actor: Actor, report_id: int) -> Order:
    """The pieces have turned up: back into the stock, and promised to their line again as far as it lacks them.

    Undoing twice is undoing once. Raises MissingReport.DoesNotExist, NotAllowed, and GuardFailed when a count has put
    them back into the books already.
    """
    require_right(actor, "shortages.report")
    order = lock_order(MissingReport.objects.values_list("order_id", flat=True).get(pk=report_id))
    lines = {line.pk: line for line in lock_lines(order)}
    report = MissingReport.objects.select_for_update().get(pk=report_id)
    if report.undone_at:
        return order
    lock_variants([report.variant_id])
    if counted_since(report):
        raise GuardFailed(("counted_since", _("报缺以后盘点过，找到的已经算进库存了")))
    short = missing_pieces(order) if order.status in SHORT_IN else {}
    stock.undo_write_off(
        actor=actor,
        order=order,
        line=lines.get(report.line_id or 0),
        variant_id=report.variant_id,
        pieces=report.pieces,
        hold=min(report.pieces, short.get(report.line_id or 0, 0)),
    )
    report.undone_at, report.undone_by = timezone.now(), actor.name
    report.save(update_fields=["undone_at", "undone_by"])
    if order.shortage:
        review_shortages(order, actor)
    return order


@retry_on_deadlock
@transaction.atomic
def allocate_stock_to_shortage(*, order_id: int, actor: Actor | None = None, review: bool = False) -> bool:
    """Reserve arrived goods for an order that is short of them. Returns whether there were any.

    `review`: its tasks are raised for what is missing even if nothing had.
    """
    actor = actor or Actor.system()
    order = lock_order(order_id)
    lines = {line.pk: line for line in lock_lines(order)}
    short = missing_pieces(order) if order.status in SHORT_IN else {}
    variants = lock_variants(lines[pk].variant_id or 0 for pk in short)
    free = {pk: max(variant.fillable, 0) for pk, variant in variants.items()}
    taken: list[tuple[OrderLine, int]] = []
    for pk, count in short.items():
        variant_id = lines[pk].variant_id or 0
        pieces = min(count, free[variant_id])
        free[variant_id] -= pieces
        taken += [(lines[pk], pieces)] if pieces else []
    if taken:
        stock.reserve_pieces(actor=actor, order=order, wanted=taken)
    if taken or review:
        review_shortages(order, actor)
    return bool(taken)


@retry_on_deadlock
@transaction.atomic
def expire_wait(*, task_id: int, now: datetime) -> bool:
    """Open the question again when the day that a customer agreed to is over. Returns whether it was."""
    task, order = _locked(task_id)
    until = task.chosen.get("until", "")
    if not is_promise(task) or task.chosen.get("kind") != Kind.WAIT:
        return False
    if until >= timezone.localdate(now).isoformat():
        return False
    expire_promise(task, order, Actor.system())
    return True


@retry_on_deadlock
@transaction.atomic
def offer_options(*, actor: Actor, task_id: int, keys: list[str], until: date | None = None) -> ShortageTask:
    """Offer options to the customer. Offering again replaces the former options.

    Raises ShortageTask.DoesNotExist, NotAllowed, GuardFailed.
    """
    require_right(actor, "shortages.offer")
    task, order = _locked(task_id)
    _check_open(task, order)
    chosen = [option for option in all_options(task) if option.key in keys]
    if not chosen or len(chosen) < len(set(keys)):
        raise GuardFailed(("option_unknown", _("请至少选一个可行的方案")))
    task.offered = [_dated(option, until) for option in chosen]
    task.state, task.offered_at, task.offered_by = State.OFFERED, timezone.now(), actor.name
    task.save()
    record_shortage_found(task, order, actor, State.OFFERED)
    return task


def _dated(option: Option, until: date | None) -> dict[str, Any]:
    """An option as the task keeps it, with the day that sales promise."""
    kept = option.stored
    if option.kind == Kind.WAIT and until is not None:
        if until < timezone.localdate():
            raise GuardFailed(("date_past", _("到货日期不能早于今天")))
        kept["until"] = until.isoformat()
    return kept


@retry_on_deadlock
@transaction.atomic
def choose_option(
    *, actor: Actor, task_id: int, key: str, seen: int | None = None, consent: str = ""
) -> ShortageTask:
    """Do what the customer chose, once. `seen`: how many pieces were missing when they looked.

    Sales choose for a customer who said so on the phone; `consent` is what they heard.
    Raises ShortageTask.DoesNotExist, NotAllowed, GuardFailed, InsufficientStock.
    """
    task, order = _locked(task_id)
    consent = clean_text(consent)[:300]
    _check_chooser(order, actor, consent)
    if task.state == State.SETTLED and _key(task.chosen) == key:
        return task
    _check_open(task, order)
    if seen is not None and seen != task.missing:
        raise GuardFailed(("shortage_changed", _("缺货数量刚刚有变化，请再看一眼")), missing=task.missing)
    open_ = all_options(task) if actor.may("shortages.offer") else offered_options(task)
    option = next((each for each in open_ if each.key == key), None)
    if option is None:
        raise GuardFailed(("option_gone", _("这个方案现在不行了，请选别的或联系客服")))
    # Settled first: what follows looks at the order's open tasks.
    task.chosen = option.stored | ({"spec": option.variant.spec} if option.variant else {})
    task.state, task.settled_at, task.settled_by = State.SETTLED, timezone.now(), actor.name
    task.consent = consent
    task.save()
    order = _do(option, task, order, actor)
    record_shortage_settled(task, order, actor, State.SETTLED)
    return task


def _do(option: Option, task: ShortageTask, order: Order, actor: Actor) -> Order:
    """The order command that a choice stands for. Waiting and splitting are promises; the stock keeps them."""
    if option.kind in (Kind.WAIT, Kind.SPLIT):
        return order
    items = _items_without(task, order, option)
    if not items:
        # Nothing of the order is left: it ends, with all its money.
        to = Status.CANCELLED if order.status == Status.PENDING_PAYMENT else Status.REFUNDING
        asker = actor if actor.may("shortages.offer") else Actor.customer(order.customer)
        reason = _("缺货：%(goods)s") % {"goods": task.goods}
        return transition_order(actor=asker, order_id=order.pk, to=to, data={"reason": reason})
    note = _("缺货：%(goods)s ×%(count)s") % {"goods": task.goods, "count": task.missing}
    return edit_order(
        actor=actor,
        order_id=order.pk,
        version=None,
        changes={"items": items},
        note=note,
        agreed=True,
        offered=True,
    )


def _items_without(task: ShortageTask, order: Order, option: Option) -> list[ItemInput]:
    """The order's lines less what is missing, and with what takes its place."""
    items = []
    for line in lock_lines(order):
        count = line.quantity - (task.missing if line.pk == task.line_id else 0)
        if count:
            items.append(ItemInput(line.sku, count, line.unit_price))
    if option.variant:
        items.append(ItemInput(option.variant.sku, task.missing, option.unit_price))
    return items


def _key(chosen: dict[str, Any]) -> str:
    return ":".join(part for part in (chosen.get("kind", ""), chosen.get("sku", "")) if part)


def _locked(task_id: int) -> tuple[ShortageTask, Order]:
    """The task with its order, the order locked first as everywhere."""
    order = lock_order(ShortageTask.objects.values_list("order_id", flat=True).get(pk=task_id))
    task = ShortageTask.objects.select_for_update().get(pk=task_id)
    task.order = order
    return task, order


def _check_chooser(order: Order, actor: Actor, consent: str) -> None:
    """The order's own customer, or sales for them."""
    check_owner(order, actor)
    if not actor.may("shortages.choose"):
        raise NotAllowed(needed=people_who_may("shortages.offer"))
    if actor.is_shop and not consent:
        raise GuardFailed(("consent_required", _("请写下客户在电话里怎么答应的")))


def _check_open(task: ShortageTask, order: Order) -> None:
    if not task.is_open:
        raise GuardFailed(("shortage_answered", _("这件缺货%(state)s") % {"state": task.get_state_display()}))
    if order.status not in SHORT_IN:
        text = _("订单%(status)s，不用再选") % {"status": order.get_status_display()}
        raise GuardFailed(("order_moved", text))
