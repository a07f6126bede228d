"""Stock: reserved at ordering, released at cancelling, deducted at shipping. Every change leaves a movement."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db import connection, transaction
from django.utils.translation import gettext as _

from orders.errors import GuardFailed, InsufficientStock
from orders.models import Order, OrderLine, StockMovement, StockReservation, Variant
from orders.selectors.products import written_skus
from orders.selectors.promises import BrokenPromise, newest_promises
from orders.services.locks import lock_conversations, lock_orders, lock_variants
from orders.services.rights import require_right
from orders.services.shortage_tasks import review_shortages
from orders.services.stock_crossings import announce_crossings, cross_thresholds
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.deadlocks import retry_on_deadlock

Kind = StockMovement.Kind
MAX_ON_HAND = 100_000_000
COUNT_ATTEMPTS = 5
# Django's bulk_update writes a case for each row and column: a thousand rows take it a second of the processor.
STORE = """
UPDATE orders_variant SET on_hand = n.on_hand, reserved = n.reserved, damaged = n.damaged, not_found = n.not_found,
    low_since = n.low_since
FROM unnest(%s::bigint[], %s::int[], %s::int[], %s::int[], %s::int[], %s::timestamptz[])
    AS n (id, on_hand, reserved, damaged, not_found, low_since)
WHERE orders_variant.id = n.id
"""


@dataclass(frozen=True)
class Change:
    """A change of one variant's stock, before it is applied."""

    variant_id: int
    kind: str
    on_hand: int = 0
    reserved: int = 0
    damaged: int = 0
    # Whose promise it is and why, where the changes together are not of one order.
    order: Order | None = None
    reason: str = ""


@dataclass(frozen=True)
class Count:
    """How many pieces of a variant there are, or how many came or went: one of the two.

    `seen` is what the page showed to whoever counted: where goods have moved since, the count is refused.
    """

    sku: str
    on_hand: int | None = None
    delta: int | None = None
    reason: str = ""
    seen: int | None = None


@dataclass(frozen=True)
class Counted:
    """What became of a count: the variant as it is now, None for unknown goods, and why it was refused."""

    variant: Variant | None
    refused: tuple[str, str] | None = None


class PromisesMoved(Exception):
    """Other orders hold the pieces than a moment ago: count again."""


def reserve_pieces(*, actor: Actor, order: Order, wanted: Iterable[tuple[OrderLine, int]]) -> None:
    """Hold more pieces for lines. Raises InsufficientStock and holds nothing when one of them is short."""
    wanted = [(line, pieces) for line, pieces in wanted if line.variant_id and pieces > 0]
    held = _reservations(line for line, _pieces in wanted)
    apply_stock_changes(
        actor=actor,
        order=order,
        changes=[Change(_variant_of(line), Kind.RESERVED, reserved=pieces) for line, pieces in wanted],
    )
    for line, pieces in wanted:
        row = held.get(line.pk) or StockReservation(line=line, variant_id=_variant_of(line), quantity=0)
        row.quantity += pieces
        held[line.pk] = row
    StockReservation.objects.bulk_create([row for row in held.values() if row.pk is None])
    StockReservation.objects.bulk_update([row for row in held.values() if row.pk], ["quantity"])


def release_pieces(
    *, actor: Actor, order: Order, pieces: Iterable[tuple[OrderLine, int]] | None = None
) -> None:
    """Give held pieces back: of the given lines, or everything an order still holds."""
    if pieces is None:
        held = {row.line_id: row for row in StockReservation.objects.filter(line__order=order)}
        amounts = {line_id: row.quantity for line_id, row in held.items()}
    else:
        listed = [(line, count) for line, count in pieces if count > 0]
        held = _reservations(line for line, _count in listed)
        amounts = {line.pk: min(count, held[line.pk].quantity) for line, count in listed if line.pk in held}
    apply_stock_changes(
        actor=actor,
        order=order,
        changes=[
            Change(held[pk].variant_id, Kind.RELEASED, reserved=-count) for pk, count in amounts.items()
        ],
    )
    _shrink(held, amounts)


def deduct_pieces(*, actor: Actor, order: Order, pieces: dict[OrderLine, int]) -> None:
    """Take shipped pieces out of stock; pieces not reserved for the line must be available."""
    sold = {line: count for line, count in pieces.items() if line.variant_id}
    held = _reservations(sold)
    amounts = {line.pk: min(count, held[line.pk].quantity) for line, count in sold.items() if line.pk in held}
    apply_stock_changes(
        actor=actor,
        order=order,
        changes=[
            Change(_variant_of(line), Kind.SHIPPED, on_hand=-count, reserved=-amounts.get(line.pk, 0))
            for line, count in sold.items()
        ],
    )
    _shrink(held, amounts)


def write_off_pieces(*, actor: Actor, order: Order, line: OrderLine, pieces: int) -> None:
    """Write off what a picker cannot find: the pieces held for a line and no others.

    What the books have free beside them nobody found either: it stays, but fills no shortage before it is counted.
    """
    variant_id = _variant_of(line)
    variant = lock_variants([variant_id])[variant_id]
    Variant.objects.filter(pk=variant_id).update(not_found=variant.available)
    change = Change(variant_id, Kind.WRITTEN_OFF, on_hand=-pieces, reserved=-pieces)
    apply_stock_changes(actor=actor, order=order, changes=[change], reason=_("配货时缺货"))
    _shrink(_reservations([line]), {line.pk: pieces})


def restock_inspected_pieces(
    *, actor: Actor, order: Order, good: dict[OrderLine, int], damaged: dict[OrderLine, int], reason: str
) -> None:
    """Put inspected pieces where they belong: on the shelf, or aside."""
    changes = [
        Change(line.variant_id, Kind.RETURNED, on_hand=n) for line, n in good.items() if line.variant_id and n
    ]
    changes += [
        Change(line.variant_id, Kind.DAMAGED, damaged=n)
        for line, n in damaged.items()
        if line.variant_id and n
    ]
    apply_stock_changes(actor=actor, order=order, changes=changes, reason=reason)


def undo_write_off(
    *, actor: Actor, order: Order, line: OrderLine | None, variant_id: int, pieces: int, hold: int
) -> None:
    """Take a write-off back: the pieces have turned up, and `hold` of them are promised to the line again."""
    change = Change(variant_id, Kind.FOUND, on_hand=pieces)
    apply_stock_changes(actor=actor, order=order, changes=[change], reason=_("缺货的找到了"))
    if line is not None:
        reserve_pieces(actor=actor, order=order, wanted=[(line, hold)])


def restock_pieces(*, actor: Actor, order: Order, pieces: dict[OrderLine, int], hold: bool = False) -> None:
    """Put returned pieces back; with `hold` they stay promised to the same lines."""
    back = {line: count for line, count in pieces.items() if line.variant_id and count > 0}
    apply_stock_changes(
        actor=actor,
        order=order,
        changes=[Change(_variant_of(line), Kind.RETURNED, on_hand=count) for line, count in back.items()],
    )
    if hold:
        reserve_pieces(actor=actor, order=order, wanted=back.items())


@retry_on_deadlock
def set_stock(
    *,
    actor: Actor,
    sku: str,
    on_hand: int | None = None,
    delta: int | None = None,
    reason: str = "",
    seen: int | None = None,
) -> Variant:
    """Count a variant anew, or add and take pieces; `broken_promises` of the answer says whose pieces are not there.

    Raises Variant.DoesNotExist, NotAllowed, GuardFailed.
    """
    (counted,) = count_stock(actor=actor, counts=[Count(sku, on_hand, delta, reason, seen)])
    if counted.variant is None:
        raise Variant.DoesNotExist(sku)
    if counted.refused:
        raise GuardFailed(counted.refused)
    return counted.variant


@retry_on_deadlock
def count_stock(*, actor: Actor, counts: Sequence[Count]) -> list[Counted]:
    """Count many variants at once, each for itself: one that is refused holds up no other. Answers in their order.

    Fewer than are promised is a fact, too: the newest unpaid, then the newest paid promises become shortages.
    Raises NotAllowed, and GuardFailed where goods moved again and again meanwhile.
    """
    require_right(actor, "stock.adjust")
    written = written_skus(count.sku for count in counts)
    ids = dict(Variant.objects.filter(sku__in=set(written.values())).values_list("sku", "pk"))
    keys = [ids.get(written[count.sku], 0) for count in counts]
    # Of two counts of the same goods nobody can say which one holds.
    first = {pk: place for place, pk in reversed(list(enumerate(keys))) if pk}
    wanted = {pk: counts[place] for pk, place in first.items()}
    for _attempt in range(COUNT_ATTEMPTS):
        try:
            with transaction.atomic():
                done = _count_all(actor, wanted)
        except PromisesMoved:
            continue
        return [_answer(pk, done, is_first=first.get(pk) == place) for place, pk in enumerate(keys)]
    raise GuardFailed(("stock_busy", _("库存正在变动，请再试一次")))


def _answer(pk: int, done: Mapping[int, Counted], *, is_first: bool) -> Counted:
    if not pk:
        return Counted(None, ("sku_unknown", _("没有这个 SKU")))
    return done[pk] if is_first else Counted(done[pk].variant, ("sku_repeated", _("这个 SKU 前面已经有一行")))


def _count_all(actor: Actor, wanted: Mapping[int, Count]) -> dict[int, Counted]:
    """What is there is a fact: the promises it cannot keep are taken back in the same transaction."""
    before = Variant.objects.in_bulk(wanted)
    # Orders before stock, so whose promises may have to go is looked up first and checked again under the lock.
    orders = lock_orders(row.order_id for pk in before for row in _broken_by(before[pk], wanted[pk]))
    variants = lock_variants(wanted)
    refused = {pk: why for pk, row in variants.items() if (why := _why_not(row, wanted[pk]))}
    broken = {pk: _broken_by(row, wanted[pk]) for pk, row in variants.items() if pk not in refused}
    promises = [row for rows in broken.values() for row in rows]
    if not {row.order_id for row in promises} <= orders.keys():
        raise PromisesMoved
    changes = [
        change
        for pk in broken
        for change in _changes_of(
            variants[pk], wanted[pk], [(row, orders[row.order_id]) for row in broken[pk]]
        )
    ]
    variants |= apply_stock_changes(actor=actor, order=None, changes=changes)
    _shrink({row.line_id: row.reservation for row in promises}, {row.line_id: row.pieces for row in promises})
    for pk, rows in broken.items():
        variants[pk].broken_promises = tuple(rows)
    short = sorted({row.order_id for row in promises})
    lock_conversations(short)
    for order_id in short:
        review_shortages(orders[order_id], actor)
    return {pk: Counted(row, refused.get(pk)) for pk, row in variants.items()}


def _why_not(variant: Variant, count: Count) -> tuple[str, str] | None:
    if (count.on_hand is None) == (count.delta is None):
        return "stock_invalid", _("请填写现有库存或增减数量，二选一")
    target = _target(variant, count)
    if not 0 <= target <= MAX_ON_HAND:
        return "stock_invalid", _("库存数量不正确")
    if count.seen is not None and variant.on_hand not in (count.seen, target):
        moved = _("打开页面后库存从 %(seen)s 件变为 %(now)s 件，请核对后再填")
        return "stock_moved", moved % {"seen": count.seen, "now": variant.on_hand}
    return None


def _changes_of(variant: Variant, count: Count, broken: list[tuple[BrokenPromise, Order]]) -> list[Change]:
    target, delta = _target(variant, count), count.delta
    # A count that confirms the books still says that what a picker could not find is there.
    settles_doubt = delta is None and variant.not_found
    if target == variant.on_hand and not settles_doubt:
        return []
    kind = Kind.COUNTED if delta is None else Kind.RECEIVED if delta > 0 else Kind.WRITTEN_OFF
    changes = [Change(variant.pk, kind, on_hand=target - variant.on_hand, reason=count.reason)]
    return changes + [
        Change(variant.pk, Kind.RELEASED, reserved=-row.pieces, order=order, reason=count.reason)
        for row, order in broken
    ]


def _broken_by(variant: Variant, count: Count) -> list[BrokenPromise]:
    return newest_promises(variant.pk, variant.reserved - _target(variant, count))


def _target(variant: Variant, count: Count) -> int:
    return variant.on_hand + count.delta if count.delta is not None else int(count.on_hand or 0)


def apply_stock_changes(
    *, actor: Actor, order: Order | None, changes: list[Change], reason: str = ""
) -> dict[int, Variant]:
    """Lock the variants, check that nothing is promised twice, change them and write the movements.

    Returns the variants as they are now, by key. Raises InsufficientStock.
    """
    if not changes:
        return {}
    variants = lock_variants(change.variant_id for change in changes)
    deltas: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for change in changes:
        deltas[change.variant_id][0] += change.on_hand
        deltas[change.variant_id][1] += change.reserved
    _check(variants, deltas)
    sold_out = {pk for pk in deltas if variants[pk].fillable <= 0}
    for pk, (on_hand, reserved) in deltas.items():
        variants[pk].on_hand += on_hand
        variants[pk].reserved += reserved
    for change in changes:
        variant = variants[change.variant_id]
        variant.damaged += change.damaged
        # A count, or pieces that turned up, says what is there; and no more can be in doubt than is free.
        doubt = 0 if change.kind in (Kind.COUNTED, Kind.FOUND) else variant.not_found
        variant.not_found = min(doubt, variant.available)
    crossings = cross_thresholds(variants, sold_out)
    _store(variants.values())
    StockMovement.objects.bulk_create(
        StockMovement(
            variant_id=change.variant_id,
            kind=change.kind,
            on_hand_delta=change.on_hand,
            reserved_delta=change.reserved,
            damaged_delta=change.damaged,
            order=change.order or order,
            reason=(change.reason or reason)[:200],
            actor_name=actor.name,
        )
        for change in changes
    )
    announce_crossings(crossings, actor)
    return variants


def _store(variants: Iterable[Variant]) -> None:
    rows = [(v.pk, v.on_hand, v.reserved, v.damaged, v.not_found, v.low_since) for v in variants]
    with connection.cursor() as cursor:
        cursor.execute(STORE, [list(column) for column in zip(*rows, strict=True)])


def _check(variants: dict[int, Variant], deltas: dict[int, list[int]]) -> None:
    """Refuse to promise or to ship what is not there."""
    short = [
        {"sku": variants[pk].sku, "wanted": max(reserved, -on_hand), "available": variants[pk].available}
        for pk, (on_hand, reserved) in deltas.items()
        if variants[pk].on_hand + on_hand < variants[pk].reserved + reserved
    ]
    if short:
        raise InsufficientStock(short)


def _variant_of(line: OrderLine) -> int:
    """The stock that a line is taken from. Lines whose goods have left the catalogue have none and are left out before."""
    assert line.variant_id is not None
    return line.variant_id


def _reservations(lines: Iterable[OrderLine]) -> dict[int, StockReservation]:
    rows = StockReservation.objects.filter(line__in=[line.pk for line in lines])
    return {row.line_id: row for row in rows}


def _shrink(held: dict[int, StockReservation], amounts: dict[int, int]) -> None:
    """Lower reservations by what was released or shipped; empty ones go."""
    for line_id, count in amounts.items():
        held[line_id].quantity -= count
    StockReservation.objects.filter(pk__in=[row.pk for row in held.values() if row.quantity == 0]).delete()
    StockReservation.objects.bulk_update([row for row in held.values() if row.quantity], ["quantity"])
