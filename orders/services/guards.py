"""Guards of transitions: one function for each guard of the table; it returns the reason for a refusal, or None."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from orders import hooks
from orders.errors import ChangePending
from orders.models import ChangeRequest, Handler, Payment, Refund, Shipment, Status, WarehouseAlert
from orders.models.payments import BY_HAND
from orders.policies.after_sales import OPEN
from orders.policies.contact_masks import masked_phones
from orders.policies.parcel_way import ENDED
from orders.reading.couriers import courier_code
from orders.reading.waybills import waybill_number
from orders.selectors.change_requests import open_freezing
from orders.selectors.open_sums import balance_blocks_shipping
from orders.selectors.parcels_home import pieces_home
from orders.selectors.scanning import variants_of_scan
from orders.selectors.shortages import may_split
from orders.services.debts import beyond_credit
from orders.services.moves import Move
from orders.services.payment_slips import is_booked
from orders.services.refunds import PENDING
from shopcomm.core.configuration.models import PartPaid, shop_settings
from shopcomm.core.text import written_money

TRACKING_NUMBER = re.compile(r"[A-Za-z0-9-]{4,60}")


def amount_invalid(move: Move) -> str | None:
    amount = move.refund if move.transition.to == Status.REFUNDING else move.payment
    something = move.order.total > 0 and not move.order.on_account
    if amount is None or amount < 0 or (amount == 0 and something):
        return _("金额不正确")
    return None


def credit_exceeded(move: Move) -> str | None:
    """The customer's debts including this order exceed the limit."""
    return beyond_credit(move.order, move.order.balance)


def method_unknown(move: Move) -> str | None:
    method = move.text("method")
    return _("收款方式不正确") if method and method not in dict(BY_HAND) else None


def payment_seen(move: Move) -> str | None:
    reference = move.text("reference")
    method = move.text("method") or Payment.Method.TRANSFER
    seen = reference and is_booked(method, reference)
    return _("该流水号已登记过") if seen else None


def voucher_required(move: Move) -> str | None:
    """People name the slip they saw; a payment provider and an integration keep their own."""
    by_hand = move.actor.is_staff and move.text("method") != Payment.Method.CASH
    refund = move.open_refund if move.transition.to == Status.REFUNDED else None
    nothing = move.order.total == 0 or (refund is not None and refund.amount == 0)
    return _("请填写凭证号或流水号") if by_hand and not nothing and not move.text("reference") else None


def payment_captured(move: Move) -> str | None:
    """A timer ends an order towards which money came only where the shop has said what becomes of the money."""
    if shop_settings().part_paid_orders != PartPaid.ASK:
        return None
    return _("已收到部分货款，请先退款") if move.order.paid_amount > move.order.refunded_amount else None


def deposit_kept(move: Move) -> str | None:
    """That a deposit stays with the shop is a manager's decision, with a reason that stays on record."""
    if not move.data.get("keep_deposit"):
        return None
    if not move.actor.may("deposits.keep"):
        return _("只有经理可以决定不退定金")
    return None if move.reason else _("不退定金要写明原因")


def balance_due(move: Move) -> str | None:
    """Goods leave with a difference unpaid where the shop's policy says so, or a manager does."""
    order = move.order
    if move.override or not balance_blocks_shipping(order):
        return None
    return _("还有 %(balance)s 没有付，付清才能发货") % {
        "balance": written_money(order.balance, order.currency)
    }


def not_due(move: Move) -> str | None:
    """The timers: unpaid orders, and signed ones once the days without a refund in progress are over."""
    order = move.order
    if move.data.get("overdue") and move.actor.may("orders.close_overdue"):
        # A rule reminded the customer as often as it says and then waited.
        return None
    if order.status == Status.PENDING_PAYMENT:
        due = order.pay_by
    else:
        due = order.delivered_at and order.delivered_at + timedelta(days=shop_settings().complete_after_days)
        due = due and due + paused_time(move)
    return _("还没有到期") if due is None or move.now <= due else None


def paused_time(move: Move) -> timedelta:
    """How long refunds that came to nothing held the order up since it was delivered."""
    since = move.order.delivered_at
    spans = move.order.refunds.filter(requested_at__gte=since).exclude(settled_at=None)
    return sum(
        (settled - asked for asked, settled in spans.values_list("requested_at", "settled_at") if settled),
        timedelta(),
    )


def case_open(move: Move) -> str | None:
    answers = (blocker(move.order) for blocker in hooks.completion_blockers)
    return next((answer for answer in answers if answer), None)


def on_hold(move: Move) -> str | None:
    reason = move.order.hold_reason
    return _("订单已暂停：%(reason)s") % {"reason": reason} if reason else None


def goods_short(move: Move) -> str | None:
    """A short order ships its available pieces only if the customer has agreed to part shipments."""
    waits = move.order.shortage and not may_split(move.order)
    return _("订单缺货，不能配货") if waits else None


def not_picker(move: Move) -> str | None:
    """Only a manager may release somebody else's pick."""
    own = move.order.picker_id in (None, move.actor.id)
    return None if own or move.actor.may("orders.release_any_pick") else _("只有配货人或经理可以放回")


def parcel_handed_over(move: Move) -> str | None:
    out = any(line.shipped_quantity for line in move.lines)
    return _("已有包裹交运，不能放回待配货") if out else None


def carrier_unknown(move: Move) -> str | None:
    return None if courier_code(move.text("carrier")) else _("请选择承运商")


def tracking_required(move: Move) -> str | None:
    valid = TRACKING_NUMBER.fullmatch(move.text("tracking_number"))
    return None if valid else _("请填写正确的运单号")


def tracking_is_goods(move: Move) -> str | None:
    """A scanner reads the bag as readily as the label on it."""
    number = waybill_number(move.text("tracking_number"))
    return _("%(number)s 是商品的条码，不是运单号") % {"number": number} if variants_of_scan(number) else None


def tracking_used(move: Move) -> str | None:
    used = Shipment.objects.filter(
        carrier=courier_code(move.text("carrier")) or "", tracking_number=move.text("tracking_number").upper()
    )
    return _("该运单号已用于其他包裹") if used.exists() else None


def lines_unknown(move: Move) -> str | None:
    wanted = move.data.get("lines") or []
    if not isinstance(wanted, list) or any(move.line_of(row) is None for row in wanted):
        return _("订单里没有这些商品")
    return None


def qty_exceeds_open(move: Move) -> str | None:
    bad = [line.sku for line, count in move.pieces.items() if not 0 < count <= line.open_quantity]
    if bad or not move.pieces:
        return (
            _("发货数量超过未发数量：%(skus)s") % {"skus": _("、").join(bad)}
            if bad
            else _("没有可发货的商品")
        )
    return None


def change_pending(move: Move) -> str | None:
    """Nothing leaves for an address the warehouse has not seen or may have to change. Raises ChangePending."""
    if move.has_left_elsewhere:
        return None
    asked = open_freezing(move.order)
    if asked is not None and not move.override:
        raise ChangePending(request=pending_fact(asked, move.now))
    alert = WarehouseAlert.objects.filter(order=move.order, acknowledged_at=None).order_by("pk").first()
    if alert is not None:
        raise ChangePending(
            request={
                "id": alert.pk,
                "kind": alert.kind,
                "before": masked_phones(alert.before),
                "after": masked_phones(alert.after),
                "handler": Handler.WAREHOUSE.value,
                "seconds_left": None,
                "raised_by": alert.raised_by,
                "raised_at": alert.raised_at.isoformat(),
            }
        )
    return None


def pending_fact(asked: ChangeRequest, now: datetime) -> dict[str, Any]:
    """An open request as the answer 423 tells it: what, who must act, and how many seconds are left."""
    left = int((asked.answer_by - now).total_seconds()) if asked.answer_by else 0
    return {
        "id": asked.pk,
        "kind": asked.kind,
        "before": masked_phones(asked.before),
        "after": masked_phones(asked.after),
        "handler": asked.handler,
        "waits_for": asked.waits_for,
        "seconds_left": max(left, 0),
        "raised_by": asked.asked_by,
        "raised_at": asked.asked_at.isoformat(),
    }


def parcels_open(move: Move) -> str | None:
    """A timer or a courier's push waits for the last parcel; a person knows better."""
    open_ = any(parcel.state not in ENDED for parcel in move.parcels)
    return _("还有包裹没有签收") if open_ and not move.actor.may("orders.deliver_early") else None


def nothing_to_send_again(move: Move) -> str | None:
    """What came home and was paid back, or belongs to a case, is not packed anew."""
    if any(pieces_home(move.order, move.lines).again.values()):
        return None
    return _("包裹里没有要重发的商品，都已退款或在售后中；请登记签收，货在售后验收或盘点时入库")


def reason_required(move: Move) -> str | None:
    withdrawn = move.transition.key == "T19" and move.actor.may("orders.keep_refund")
    return None if move.reason or withdrawn else _("请填写原因")


def nothing_paid(move: Move) -> str | None:
    order = move.order
    owed = order.total > 0 and not order.on_account
    return _("订单没有可退的款项") if owed and order.paid_amount <= order.refunded_amount else None


def refund_open(move: Move) -> str | None:
    pending = move.order.refunds.filter(state__in=PENDING).exists()
    return _("已有退款在处理中") if pending else None


def after_sales_open(move: Move) -> str | None:
    """A case is settled first; one that takes all the money back is what moves the order."""
    return _("有售后单还没有处理完") if _open_cases(move) - {move.data.get("case")} else None


def amount_not_whole(move: Move) -> str | None:
    """Partial refunds belong to after-sales cases and never move the order."""
    whole = move.order.paid_amount - move.order.refunded_amount
    paid = {"paid": written_money(whole, move.order.currency)}
    if move.refund is not None and move.refund > whole:
        return _("退款金额超过已付的 %(paid)s") % paid
    return _("这里只能全额退款 %(paid)s") % paid if move.refund != whole else None


def amount_not_part(move: Move) -> str | None:
    """Less than everything, which is the whole refund, and more than nothing, which is none."""
    order, amount = move.order, move.refund
    whole = order.paid_amount - order.refunded_amount
    if amount is not None and 0 < amount < whole:
        return None
    return _("部分退款要大于 0、小于已付的 %(paid)s") % {"paid": written_money(whole, order.currency)}


def after_sales_over(move: Move) -> str | None:
    """Later than the after-sales window only a manager decides."""
    if move.actor.may("after_sales.open_late") or move.order.closed_at is None or belongs_to_case(move):
        return None
    until = move.order.closed_at + timedelta(days=shop_settings().after_sales_days)
    return _("已超过售后期，请联系经理") if move.now > until else None


def belongs_to_case(move: Move) -> bool:
    """Whether the money goes back because of a case, which was asked for in time."""
    return move.data.get("case") in _open_cases(move)


def _open_cases(move: Move) -> set[int]:
    return set(move.order.after_sales.filter(state__in=OPEN).values_list("pk", flat=True))


def refund_sum(move: Move) -> str | None:
    """The refund must be exactly the sum paid."""
    order, refund = move.order, move.open_refund
    if refund is None:
        return _("没有待处理的退款")
    settled = sum(
        order.refunds.filter(state=Refund.State.SUCCEEDED).values_list("amount", flat=True), Decimal(0)
    )
    return None if settled + refund.amount == order.paid_amount else _("退款合计与已付金额不一致")


QUESTIONS: dict[str, Callable[[Move], str | None]] = {
    guard.__name__: guard
    for guard in (
        amount_invalid,
        credit_exceeded,
        method_unknown,
        payment_seen,
        voucher_required,
        payment_captured,
        deposit_kept,
        balance_due,
        not_due,
        case_open,
        on_hold,
        not_picker,
        parcel_handed_over,
        carrier_unknown,
        tracking_required,
        tracking_is_goods,
        tracking_used,
        lines_unknown,
        qty_exceeds_open,
        change_pending,
        parcels_open,
        nothing_to_send_again,
        reason_required,
        nothing_paid,
        refund_open,
        after_sales_open,
        amount_not_whole,
        amount_not_part,
        after_sales_over,
        refund_sum,
    )
}
# Refusals name this one so, to integrations as well; as a word alone it would be no question.
GUARDS = QUESTIONS | {"shortage": goods_short}
