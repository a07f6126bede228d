"""The shortage of an order, and the options for it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from orders.labels import choice_text
from orders.models import (
    MissingReport,
    Order,
    OrderLine,
    ShortageTask,
    StockMovement,
    StockReservation,
    Variant,
)
from shopcomm.core.text import written_money

State, Kind = ShortageTask.State, ShortageTask.Kind
# What leaves the pieces to come later.
PROMISES = frozenset({Kind.WAIT, Kind.SPLIT})
USUAL_WAIT = timedelta(days=7)
MOST_SWAPS = 4


@dataclass(frozen=True)
class Option:
    """One option for missing pieces, in words. `key` is what a tap sends."""

    key: str
    kind: str
    title: str
    detail: str
    until: date | None = None
    variant: Variant | None = None
    unit_price: Decimal = Decimal(0)
    # What the customer gets back.
    back: Decimal = Decimal(0)
    is_offered: bool = False
    # What one would offer without thinking twice; another size is a matter of taste.
    is_usual: bool = True

    @property
    def stored(self) -> dict[str, Any]:
        """As a task keeps it."""
        kept: dict[str, Any] = {"kind": self.kind}
        if self.variant:
            kept["sku"] = self.variant.sku
        if self.until:
            kept["until"] = self.until.isoformat()
        return kept


@dataclass(frozen=True)
class Shortage:
    """A task with the options that are open now."""

    task: ShortageTask
    options: list[Option]

    @property
    def chosen_text(self) -> str:
        return choice_text(self.task.chosen)


def missing_pieces(order: Order) -> dict[int, int]:
    """For each line that is short: how many of its open pieces nothing is held for."""
    held = dict(StockReservation.objects.filter(line__order=order).values_list("line_id", "quantity"))
    lines = OrderLine.objects.filter(order=order).exclude(variant=None)
    short = {line.pk: line.open_quantity - held.get(line.pk, 0) for line in lines}
    return {pk: count for pk, count in short.items() if count > 0}


def may_split(order: Order) -> bool:
    """Whether the customer has agreed, for everything that is missing, to have the rest sent first."""
    kinds = list(standing_tasks().filter(order=order).values_list("state", "chosen__kind"))
    agreed = [kind for state, kind in kinds if state == State.SETTLED]
    return bool(agreed) and len(agreed) == len(kinds) and set(agreed) == {Kind.SPLIT}


def standing_tasks() -> QuerySet[ShortageTask]:
    """Open questions and promises that have not been kept."""
    unkept = ShortageTask.objects.filter(ended_at=None)
    return unkept.filter(state__in=(State.OPEN, State.OFFERED)) | unkept.filter(
        state=State.SETTLED, chosen__kind__in=list(PROMISES)
    )


def standing_reports(order: Order) -> list[MissingReport]:
    """What pickers could not find of an order and nobody has found or counted since, oldest first."""
    reports = order.missing_reports.filter(undone_at=None).select_related("variant__product")
    return [report for report in reports.order_by("pk") if not counted_since(report)]


def counted_since(report: MissingReport) -> bool:
    """Whether somebody who counted found more than the books said, so that these pieces are in them again."""
    counts = StockMovement.objects.filter(variant=report.variant_id, kind=StockMovement.Kind.COUNTED)
    return counts.filter(on_hand_delta__gt=0, occurred_at__gt=report.reported_at).exists()


def fillable_orders() -> list[int]:
    """Ids of orders that are short of something there is again; the urgent and the oldest first."""
    tasks = standing_tasks().filter(
        line__variant__on_hand__gt=F("line__variant__reserved") + F("line__variant__not_found")
    )
    rows = tasks.order_by("-order__urgent", "order__paid_at", "order_id").values_list("order_id", flat=True)
    return list(dict.fromkeys(rows[:500]))


def lapsed_waits(now: datetime) -> list[int]:
    """Ids of tasks whose customer agreed to wait until a day that is over."""
    today = timezone.localdate(now).isoformat()
    tasks = ShortageTask.objects.filter(state=State.SETTLED, ended_at=None, chosen__kind=Kind.WAIT)
    return list(tasks.filter(chosen__until__lt=today).order_by("pk").values_list("pk", flat=True)[:500])


def shortages_of(
    order: Order, *, tasks: Iterable[ShortageTask] | None = None, held: int | None = None
) -> list[Shortage]:
    """An order's tasks, newest first; open ones with what may be done.

    `tasks`: the same, and `held` how many pieces are held for the order, where they have been read already.
    """
    if tasks is None:
        tasks = order.shortages.select_related("line__variant__product", "order").order_by("-pk")
    return [Shortage(task, all_options(task, held=held) if task.is_open else []) for task in tasks]


def offered_options(task: ShortageTask) -> list[Option]:
    """The options the customer may choose: those offered that are still possible."""
    return [option for option in all_options(task) if option.is_offered]


def all_options(task: ShortageTask, *, held: int | None = None) -> list[Option]:
    """Everything that can be done about a task now, in the order in which it is laid before people.

    `held`: how many pieces are held for its order, where that is known.
    """
    line = task.line
    if line is None or line.variant is None:
        return []
    order = task.order
    found = [_wait(task), *_swaps(task, line, line.variant)]
    found += _split(task, pieces_held(order) if held is None else held)
    found.append(_refund(task, line, order))
    return [option for option in found if option]


def _offered(task: ShortageTask, kind: str, sku: str = "") -> dict[str, Any] | None:
    return next(
        (each for each in task.offered if each["kind"] == kind and each.get("sku", "") == sku),
        None,
    )


def _wait(task: ShortageTask) -> Option:
    given = _offered(task, Kind.WAIT)
    until = date.fromisoformat(given["until"]) if given else timezone.localdate() + USUAL_WAIT
    detail = _("缺的 %(count)s 件最晚 %(day)s 到货，到了马上发") % {
        "count": task.missing,
        "day": f"{until:%Y-%m-%d}",
    }
    return Option(
        Kind.WAIT.value, Kind.WAIT.value, _("等到货"), detail, until=until, is_offered=given is not None
    )


def _swaps(task: ShortageTask, line: OrderLine, own: Variant) -> list[Option]:
    """Other colours and sizes of the same product that are there in full. Never dearer: it is the shop that is short."""
    there = [
        each
        for each in own.product.variants.all()
        if each.is_active and each.on_hand >= each.reserved + task.missing and each.pk != own.pk
    ]
    others = sorted(there, key=lambda each: (each.size != own.size, each.sku))
    return [_swap(task, line, own, each) for each in others[:MOST_SWAPS]]


def _swap(task: ShortageTask, line: OrderLine, own: Variant, other: Variant) -> Option:
    price = price_after_swap(line, own, other)
    back = (line.unit_price - price) * task.missing
    detail = _("%(count)s 件换成 %(spec)s，不加价") % {"count": task.missing, "spec": other.spec}
    if back:
        detail = _("%(count)s 件换成 %(spec)s，退差价 %(back)s") % {
            "count": task.missing,
            "spec": other.spec,
            "back": written_money(back, task.order.currency),
        }
    return Option(
        f"{Kind.SWAP.value}:{other.sku}",
        Kind.SWAP.value,
        _("换 %(spec)s") % {"spec": other.spec},
        detail,
        variant=other,
        unit_price=price,
        back=back,
        is_offered=_offered(task, Kind.SWAP, other.sku) is not None,
        is_usual=other.size == own.size,
    )


def price_after_swap(line: OrderLine, own: Variant, other: Variant) -> Decimal:
    """The price agreed, less what the other colour or size costs less."""
    return max(min(line.unit_price, line.unit_price + other.price - own.price), Decimal(0))


def pieces_held(order: Order) -> int:
    """How many pieces are held for an order."""
    return sum(StockReservation.objects.filter(line__order=order).values_list("quantity", flat=True))


def _split(task: ShortageTask, ready: int) -> list[Option]:
    """Only where something is there to be sent first."""
    if not ready:
        return []
    detail = _("有货的 %(ready)s 件先发，缺的 %(count)s 件到货后补发") % {
        "ready": ready,
        "count": task.missing,
    }
    given = _offered(task, Kind.SPLIT) is not None
    return [Option(Kind.SPLIT.value, Kind.SPLIT.value, _("先发有货的"), detail, is_offered=given)]


def _refund(task: ShortageTask, line: OrderLine, order: Order) -> Option:
    back = refund_without_pieces(order, line, task.missing)
    detail = _("缺的 %(count)s 件不要了，退 %(back)s") % {
        "count": task.missing,
        "back": written_money(back, order.currency),
    }
    given = _offered(task, Kind.REFUND) is not None
    return Option(
        Kind.REFUND.value, Kind.REFUND.value, _("退款，不要缺的"), detail, back=back, is_offered=given
    )


def refund_without_pieces(order: Order, line: OrderLine, missing: int) -> Decimal:
    """What comes back when the pieces are left out: no more than was paid too much then."""
    return max(min(line.unit_price * missing, line.unit_price * missing - order.balance), Decimal(0))
