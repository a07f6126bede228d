"""What the shop approves in a case: how many pieces, their worth, the return address and the deadline."""

from datetime import timedelta
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _

from orders.errors import GuardFailed
from orders.models import AfterSalesCase, AfterSalesLine, Order, OrderLine
from orders.selectors.addresses import clean_text
from orders.services.debts import worth_left
from shopcomm.core.configuration.models import shop_settings

LONGEST = 400


def worth_of_pieces(order: Order, pieces: list[tuple[OrderLine, int]]) -> Decimal:
    """What was paid for these pieces: their share of the goods with all discounts, at most what is left."""
    goods = sum((line.unit_price * count for line, count in pieces), Decimal(0))
    return max(min(order.share_of(goods), worth_left(order)), Decimal(0))


def approve_part(case: AfterSalesCase, order: Order, pieces: dict[int, int]) -> list[str]:
    """Bring a locked case down to the pieces that the shop agrees to, and say which those are.

    What is agreed to as asked stays as it is and says nothing. A line of which nothing is agreed leaves the case.
    Raises GuardFailed for a count that is not between nothing and what was asked, and when nothing is left.
    """
    rows = list(case.lines.select_related("line").order_by("pk"))
    agreed = {row.pk: pieces.get(row.pk, row.quantity) for row in rows}
    if any(not 0 <= agreed[row.pk] <= row.quantity for row in rows):
        raise GuardFailed(("quantity_invalid", _("同意的数量不能超过申请的数量")))
    if not any(agreed.values()):
        raise GuardFailed(("lines_required", _("至少同意一件，全部不同意请点“拒绝”")))
    part = [row for row in rows if agreed[row.pk] != row.quantity]
    if not part:
        return []
    told = [_told(row, agreed[row.pk]) for row in part]
    for row in part:
        row.asked, row.quantity = row.quantity, agreed[row.pk]
    AfterSalesLine.objects.filter(pk__in=[row.pk for row in part if not row.quantity]).delete()
    AfterSalesLine.objects.bulk_update([row for row in part if row.quantity], ["asked", "quantity"])
    case.amount = worth_of_pieces(order, [(row.line, agreed[row.pk]) for row in rows])
    return told


def _told(row: AfterSalesLine, agreed: int) -> str:
    goods = " ".join(filter(None, (row.line.name, row.line.spec)))
    values = {"goods": goods, "agreed": agreed, "asked": row.quantity}
    return _("%(goods)s 同意 %(agreed)d 件（申请 %(asked)d 件）") % values


def set_return_address(case: AfterSalesCase, return_to: str) -> str:
    """Write where a case's goods go and until when they are to be sent; returns it in words."""
    shop = shop_settings()
    case.return_to = clean_text(return_to)[:LONGEST] or shop.return_to
    case.return_by = timezone.localdate() + timedelta(days=shop.return_within_days)
    day = f"{case.return_by:%m-%d}"
    if not case.return_to:
        return _("请在 %(day)s 前寄出") % {"day": day}
    return _("请在 %(day)s 前寄到：%(address)s") % {"day": day, "address": case.return_to}
