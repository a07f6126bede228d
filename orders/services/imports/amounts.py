"""What an order of the past cost: rows multiplied before they are rounded, freight, discount, and what was paid."""

from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal

from django.utils.translation import gettext as _

from orders.reading.amounts import CENT
from orders.selectors.items import check_total
from orders.services.imports.documents import Document
from orders.services.imports.outcomes import PAID, Outcome
from orders.services.imports.rows import SUMS, Kind, Row
from orders.services.imports.values import RowRefused

ZERO = Decimal(0)
# What a document of any kind may come to.
MOST = Decimal("999999999999.99")


@dataclass(frozen=True)
class Amounts:
    """The sums of an order, in its currency and in cents: goods + fee − discount is the total.

    `implied`: what the file calls paid was less than its own sum, so the difference is a discount, too.
    """

    goods: Decimal
    fee: Decimal
    discount: Decimal
    total: Decimal
    refunded: Decimal = ZERO
    implied: bool = False


def unit_price(row: Row) -> Decimal:
    """The price of a piece in cents, rounded up: what that is too much becomes a discount, never a surcharge."""
    return row.price.quantize(CENT, ROUND_CEILING)


def check_amount(document: Document) -> None:
    """Refuse an invoice whose sum is none that could be kept. Raises RowRefused."""
    if abs(document.amount) > MOST:
        raise RowRefused(_("订单金额不正确"))


def amounts_of(document: Document, outcome: Outcome) -> Amounts:
    """The sums of an invoice. Raises RowRefused when they contradict each other."""
    goods = document.of(Kind.SALE)
    # Only some files say more of an order than its goods.
    telling = [row for row in goods if row.sums]
    exact = sum((row.amount for row in goods), ZERO)
    fee = sum((row.amount for row in document.of(Kind.CARRIAGE)), ZERO)
    discount = -sum((row.amount for row in document.of(Kind.DISCOUNT)), ZERO)
    fee += _once(telling, "freight") + max(adjustment := _once(telling, "adjustment"), ZERO)
    discount += abs(_once(telling, "discount")) + max(-adjustment, ZERO)
    discount += sum((abs(row.sums.get("line_discount", ZERO)) for row in telling), ZERO)
    if fee < 0:
        raise RowRefused(_("运费不正确"))
    listed = sum((unit_price(row) * row.quantity for row in goods), ZERO)
    made = _balanced(listed, exact, fee, discount)
    made = _as_paid(made, telling, outcome)
    if any(check_total(each) for each in (made.goods, made.fee, made.discount, made.total)):
        raise RowRefused(_("订单金额不正确"))
    return replace(made, refunded=back) if (back := _refunded(made, telling, outcome)) else made


def _balanced(listed: Decimal, exact: Decimal, fee: Decimal, discount: Decimal) -> Amounts:
    total = (exact + fee - discount).quantize(CENT, ROUND_HALF_UP)
    fee = fee.quantize(CENT, ROUND_HALF_UP)
    off = listed + fee - total
    # A discount below nothing is a surcharge.
    return Amounts(listed, fee - min(off, ZERO), max(off, ZERO), total)


def _as_paid(made: Amounts, goods: list[Row], outcome: Outcome) -> Amounts:
    """What was paid decides: less than the sum was a discount nobody named; more cannot be explained."""
    values = [row.sums["paid"] for row in goods if "paid" in row.sums]
    if not values or (outcome not in PAID and not any(values)):
        return made
    # Some files say in each row what that row cost; others what the order cost, once or in every row.
    if made.total == sum(values):
        return made
    paid = _once(goods, "paid").quantize(CENT, ROUND_HALF_UP)
    if paid == made.total:
        return made
    tax = _once(goods, "tax")
    if tax and paid == made.total + tax:
        return replace(made, fee=made.fee + tax, total=paid)
    if not paid:
        raise RowRefused(_("实付款为 0，状态却不是待付款或已关闭"))
    if paid > made.total or paid < 0:
        raise RowRefused(
            _("实付款 %(paid)s 与商品、运费、优惠算出的 %(sum)s 不符") % {"paid": paid, "sum": made.total}
        )
    return replace(made, discount=made.discount + made.total - paid, total=paid, implied=True)


def _refunded(made: Amounts, goods: list[Row], outcome: Outcome) -> Decimal:
    if outcome is Outcome.REFUNDED:
        return made.total
    back = _once(goods, "refunded").quantize(CENT, ROUND_HALF_UP)
    if outcome not in PAID or not back:
        return ZERO
    if not 0 < back <= made.total:
        raise RowRefused(_("退款金额不正确"))
    return back


def _once(goods: list[Row], name: str) -> Decimal:
    """A sum of the whole order, which stands in its first row or again in every one. Raises RowRefused for two."""
    known = {value for row in goods if (value := row.sums.get(name))}
    if len(known) > 1:
        raise RowRefused(_one_too_many(name))
    return known.pop() if known else ZERO


def _one_too_many(name: str) -> str:
    return _("同一订单写了几个不同的%(label)s") % {"label": SUMS[name]}
