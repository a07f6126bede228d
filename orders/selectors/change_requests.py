"""Reading change requests, prepared for display."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet, prefetch_related_objects
from django.utils import timezone
from django.utils.translation import gettext as _

from orders.hooks import Keeper
from orders.models import ChangeKind, ChangeRequest, Handler, Order, OrderLine, Status, Variant
from orders.policies.change_policy import ENDED, FREEZING, INSTEAD, PARTS, STAGES, Outcome, stage_of
from orders.policies.contact_masks import masked_phones
from orders.selectors.asked_prices import clash_price_mark, rows_at_list_price
from orders.selectors.change_clashes import ClashText, clash_texts, clashes_of
from orders.selectors.change_policy import policy_in_force
from orders.selectors.goods import goods_names
from orders.selectors.items import ItemInput, variants_by_sku
from orders.selectors.order_parts import REQUESTS_SHOWN
from orders.selectors.timeline import BeforeAfter, field_change_rows
from orders.selectors.visibility import orders_visible_to
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.configuration.models import shop_settings
from shopcomm.core.spans import written_span

LIMIT = 50


@dataclass(frozen=True)
class AskedChange:
    """A request with its fields in words, and the minutes that are left to answer it."""

    row: ChangeRequest
    changes: list[BeforeAfter]
    minutes_left: int | None
    freezes: bool
    # It came too late, and the courier may still be asked to bring the parcel there.
    may_intercept: bool = False
    # What somebody has changed otherwise since: whoever accepts it chooses.
    clashes: Sequence[ClashText] = ()
    # The mark of the prices of the list among them.
    prices: str = ""

    @property
    def waits_for_customer(self) -> bool:
        """Whether the customer has to agree."""
        return self.is_open and self.row.handler == Handler.CUSTOMER

    @property
    def waits_outside(self) -> bool:
        """Whether the system that keeps the order has to answer."""
        return self.is_open and self.row.handler == Handler.OUTSIDE

    @property
    def is_the_customers(self) -> bool:
        """Whether it is the customer's own wish, whoever wrote it down: theirs to take back."""
        return self.row.asked_by_kind == "customer" or self.row.source_message_seq is not None

    @property
    def consent_text(self) -> str:
        """How the customer agreed, in words; empty where nobody asked them."""
        return consent_text(self.row.consent)

    @property
    def is_open(self) -> bool:
        return self.row.state == ChangeRequest.State.OPEN

    @property
    def is_late(self) -> bool:
        return self.is_open and self.minutes_left is not None and self.minutes_left <= 0

    @property
    def left_text(self) -> str:
        """How long there still is to answer, in words, the minute that runs counted; empty where no time is set."""
        return "" if self.minutes_left is None else written_span(timedelta(minutes=self.minutes_left + 1))


def asked_changes(
    order: Order, *, whole: bool = False, found: Iterable[ChangeRequest] | None = None
) -> list[AskedChange]:
    """An order's requests, newest first; with whole phones for the customer whose order it is.

    `found`: its newest requests, where they have been read already.
    """
    if found is None:
        asked = order.change_requests.select_related("order__customer").order_by("-id")
        found = asked[:REQUESTS_SHOWN]
    rows = _shown(found, whole=whole)
    late = interceptable_request(order)
    return [replace(each, may_intercept=True) if late and each.row.pk == late.pk else each for each in rows]


def interceptable_request(order: Order) -> ChangeRequest | None:
    """The customer's last wish for another address, when the parcel left before anybody had answered it."""
    if order.status != Status.SHIPPED:
        return None
    last = order.change_requests.filter(kind=ChangeKind.ADDRESS).order_by("-id").first()
    if last is None or last.state != ChangeRequest.State.VOID or last.handler == Handler.CUSTOMER:
        return None
    return last if policy_in_force()[Status.SHIPPED, "address"] == Outcome.COURIER else None


def consent_text(consent: dict[str, Any]) -> str:
    """How the customer agreed, in words; empty where nobody asked them."""
    if not consent:
        return ""
    at = timezone.localtime(datetime.fromisoformat(consent["at"]))
    values = {"who": consent.get("who", ""), "when": f"{at:%m-%d %H:%M}"}
    if consent.get("by") != "phone":
        return _("%(who)s %(when)s 点了同意") % values
    values |= {"by": consent.get("recorded_by", ""), "note": consent.get("note", "")}
    text = _("%(who)s %(when)s 在电话中同意，%(by)s记录") % values
    return _("%(text)s：%(reason)s") % {"text": text, "reason": values["note"]} if values["note"] else text


def open_changes_for(
    actor: Actor | None, handler: Handler, keys: Collection[int] | None = None
) -> list[AskedChange]:
    """What waits for one side of the shop, oldest first, as far as this actor may see the orders.

    `keys`: only these of them.
    """
    rows = ChangeRequest.objects.filter(
        state=ChangeRequest.State.OPEN, handler=handler, order__in=orders_visible_to(actor)
    )
    if keys is not None:
        rows = rows.filter(pk__in=keys)
    return _shown(rows.select_related("order__customer").order_by("id")[:LIMIT])


def freezing_requests() -> QuerySet[ChangeRequest]:
    """Open requests that keep a parcel here; one that only the courier can grant does not, the parcel is gone."""
    waiting = ChangeRequest.objects.filter(state=ChangeRequest.State.OPEN, kind__in=FREEZING)
    return waiting.exclude(handler=Handler.COURIER).order_by("pk")


def open_freezing(order: Order) -> ChangeRequest | None:
    """The oldest request that keeps this order's parcel here."""
    return freezing_requests().filter(order=order).first()


def customer_changes(order: Order) -> int:
    """How many changes the customer has made to an order: open or granted ones, except cancellations.

    What was asked for and was so already has changed nothing and is not counted.
    """
    states = [ChangeRequest.State.OPEN, ChangeRequest.State.ACCEPTED]
    asked = order.change_requests.filter(asked_by_kind="customer", state__in=states).exclude(after={})
    return asked.exclude(kind=ChangeKind.CANCEL).count()


def overdue_request_ids(now: datetime) -> list[int]:
    """Ids of requests whose time to be answered is over."""
    due = ChangeRequest.objects.filter(state=ChangeRequest.State.OPEN, answer_by__lte=now)
    # What another system leaves unanswered is told once, and nothing ends it but a person: it is no work again.
    due = due.exclude(handler=Handler.OUTSIDE, escalated_at__isnull=False)
    return list(due.order_by("answer_by").values_list("pk", flat=True)[:500])


def _shown(rows: Iterable[ChangeRequest], *, whole: bool = False) -> list[AskedChange]:
    now, asked = timezone.now(), list(rows)
    prefetch_related_objects([row.order for row in asked if _may_clash(row)], "lines")
    names = goods_names(fields for row in asked for fields in (row.before, row.after))
    goods = [
        ItemInput(row["sku"], 1)
        for each in asked
        if _may_clash(each)
        for row in rows_at_list_price(each.data)
    ]
    variants = variants_by_sku(goods) if goods else {}
    return [asked_change(row, now, names, variants, whole=whole) for row in asked]


def asked_change(
    row: ChangeRequest,
    now: datetime | None = None,
    names: Mapping[str, str] | None = None,
    variants: dict[str, Variant] | None = None,
    *,
    whole: bool = False,
) -> AskedChange:
    """One request as people read it. Who shows many at once passes `names` and `variants` of all their goods."""
    left = None if row.answer_by is None else row.answer_by - (now or timezone.now())
    clashes = clashes_of(row, row.order, row.order.lines.all(), variants) if _may_clash(row) else []
    # The customer whose order it is reads it whole; the shop sees phones masked, as on the rest of its screens.
    before, after = row.before, row.after
    if not whole:
        before, after = masked_phones(before), masked_phones(after)
    return AskedChange(
        row,
        field_change_rows(before, after, names),
        None if left is None else int(left.total_seconds() // 60),
        row.kind in FREEZING,
        clashes=clash_texts(clashes, whole=whole),
        prices=clash_price_mark(clashes),
    )


def _may_clash(row: ChangeRequest) -> bool:
    """Whether anything happened to the order of an open request since (the asking itself is one event), or may have
    happened to a price that it was asked for at."""
    moved = row.order.version > row.base_version + 1
    return row.state == ChangeRequest.State.OPEN and (moved or bool(rows_at_list_price(row.data)))


def change_status(row: ChangeRequest) -> str:
    """What became of a request, as the API says it: one that the warehouse has yet to see is pending, too."""
    if row.state == ChangeRequest.State.ACCEPTED:
        unseen = row.order.alerts.filter(acknowledged_at=None, raised_at__gte=row.asked_at).exists()
        return "pending" if unseen else "applied"
    return "pending" if row.state == ChangeRequest.State.OPEN else "rejected"


@dataclass(frozen=True)
class Choice:
    """One change a customer may request, with its outcome, or why not and what to do instead."""

    kind: str
    outcome: Outcome
    reason: str = ""
    instead: str = ""
    # After how much working time a manager is told that there is no answer, where somebody has to give one.
    minutes: int = 0
    # The other system that decides in the shop's place.
    keeper: Keeper | None = None

    @property
    def is_open(self) -> bool:
        return self.outcome != Outcome.REFUSE

    @property
    def what_happens(self) -> str:
        if not self.is_open:
            return _("，").join(text for text in (self.reason, self.instead) if text)
        if self.keeper and self.outcome != Outcome.COURIER:
            told = _("要订单系统确认，有答复会告诉您")
            away = _("订单系统暂时联系不上，申请会保留，恢复后转达")
            return _("；").join(
                each for each in (away if self.keeper.is_away else told, self.instead) if each
            )
        texts = {
            Outcome.APPLY: _("立即生效"),
            Outcome.WAREHOUSE: _("要仓库确认，营业时间内一般 %(minutes)d 分钟有答复"),
            Outcome.SALES: _("要客服确认，营业时间内一般 %(minutes)d 分钟有答复"),
            Outcome.COURIER: _("包裹已离开，会联系快递拦截，不一定成功"),
        }
        text = texts[self.outcome] % {"minutes": self.minutes}
        return _("；").join(each for each in (text, self.instead) if each)


def choices_for(order: Order) -> dict[str, Choice]:
    """What a customer may ask for now, by kind."""
    stage, table = stage_of(order, list(order.lines.all())), policy_in_force()
    minutes = shop_settings().change_answer_minutes

    def choice(kind: str, *parts: str) -> Choice:
        # A form for goods is open while any change of them is.
        best = min((table[stage, part] for part in parts), key=list(Outcome).index)
        refused = [part for part in parts if table[stage, part] == Outcome.REFUSE]
        if best != Outcome.REFUSE:
            ways = [{"part": PARTS[part], "way": INSTEAD[part]} for part in refused if part in INSTEAD]
            instead = _("；").join(_("%(part)s：%(way)s") % way for way in ways)
            return Choice(kind, best, "", instead, minutes)
        # What has ended is over; nothing can be done instead.
        instead = "" if stage in ENDED else str(INSTEAD.get(parts[0], ""))
        return Choice(kind, best, str(STAGES[stage]), instead)

    urgent = choice("urgent", "urgent")
    if order.urgent and urgent.is_open:
        urgent = Choice("urgent", Outcome.REFUSE, _("已经是加急订单"))
    return {
        ChangeKind.ADDRESS.value: choice("address", "address"),
        ChangeKind.ITEMS.value: choice("items", "items_less", "items_more", "items_swap"),
        ChangeKind.URGENT.value: urgent,
        ChangeKind.NOTE.value: choice("note", "note"),
        ChangeKind.DELIVERY_DATE.value: choice("delivery_date", "delivery_date"),
        ChangeKind.CANCEL.value: choice("cancel", "cancel"),
    }


def siblings_of(lines: list[OrderLine]) -> dict[int, list[Variant]]:
    """For each line its own variant and the other colours and sizes of the same product."""
    return {
        line.pk: sorted(line.variant.product.variants.all(), key=lambda each: each.spec)
        if line.variant
        else []
        for line in lines
    }
