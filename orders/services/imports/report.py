"""What an import did, in numbers."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from orders.services.imports.amounts import Amounts
from orders.services.imports.history import numbers_in
from orders.services.imports.outcomes import STATUS, Outcome
from orders.services.imports.people import is_guest, phone_of
from orders.services.imports.rows import MOMENTS, Row
from orders.services.imports.values import cell_text

# What exports write where nothing has happened yet.
NO_MOMENT = frozenset({"-", "--", "/", "无", "null", "0000-00-00 00:00:00", "0000-00-00"})

# As many orders are named; the list of refused rows has them all.
NAMED = 50

Sums = defaultdict[str, Decimal]


def _sums() -> Sums:
    return defaultdict(Decimal)


@dataclass
class Report:
    """Counts of one run. Money is by currency, as the file has it."""

    rows: int = 0
    orders: int = 0
    lines: int = 0
    customers: int = 0
    products: int = 0
    returns: int = 0
    return_lines: int = 0
    stock_rows: int = 0
    repeated: int = 0
    rejected: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    guest_rows: int = 0
    doubled_rows: int = 0
    lower_case: int = 0
    decimal_ids: int = 0
    without_name: int = 0
    several_names: int = 0
    odd_phones: int = 0
    odd_moments: int = 0
    several_waybills: int = 0
    foreign_waybills: int = 0
    # Numbers of orders: refused for a row, and made whole that an older version had taken in part.
    unfinished: list[str] = field(default_factory=list)
    completed: list[str] = field(default_factory=list)
    implied_discounts: int = 0
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    amount: Sums = field(default_factory=_sums)
    sold: Sums = field(default_factory=_sums)
    returned: Sums = field(default_factory=_sums)
    rejected_file: Path | None = None
    unused: tuple[str, ...] = ()
    sheet: str = ""
    other_sheets: tuple[str, ...] = ()
    stray_bytes: int = 0

    def count(self, row: Row, fields: dict[str, Any]) -> None:
        """Count a readable row, and its oddities."""
        self.amount[row.currency] += row.amount
        self.guest_rows += is_guest(row)
        self.without_name += not row.name
        self.lower_case += str(fields["sku"]).strip() != row.sku
        self.decimal_ids += str(fields.get("customer_id", "")).endswith(".0")
        if "phone" in row.rest:
            self.odd_phones += not phone_of(row)
        for name in MOMENTS:
            if name in fields and name not in row.moments and cell_text(fields[name]) not in NO_MOMENT:
                self.odd_moments += 1
                break
        if "tracking" in row.rest:
            self.several_waybills += len(numbers_in(row.rest["tracking"])) > 1

    def count_sale(self, outcome: Outcome, amounts: Amounts, lines: int, currency: str) -> None:
        """Count an order that was written. Only what was paid is sold."""
        self.orders, self.lines = self.orders + 1, self.lines + lines
        self.outcomes[outcome] += 1
        self.implied_discounts += amounts.implied
        if outcome not in (Outcome.UNPAID, Outcome.CANCELLED):
            self.sold[currency] += amounts.total

    def text(self) -> str:
        """The report as people read it: what came in, by which rule, what did not."""
        counted = [
            (_("订单"), self.orders), (_("订单行"), self.lines), (_("新客户"), self.customers),
            (_("新商品"), self.products), (_("退货单"), self.returns), (_("退货行"), self.return_lines),
            (_("库存流水行"), self.stock_rows), (_("以前已导入、未改动的单据"), self.repeated), (_("被拒绝的行"), self.rejected),
        ]  # fmt: skip
        rules = [
            (_("没有客户的行：记在“散客”名下"), self.guest_rows),
            (_("单价为 0 且没有客户的行：记库存流水，不是订单"), self.stock_rows),
            (_("货号有小写字母的行：按大写归为一个商品"), self.lower_case),
            (_("有多个品名的货号：取出现最多的品名，订单行保留原名"), self.several_names),
            (_("没有品名的行：用货号已有的品名"), self.without_name),
            (_("客户编号写成 17850.0 的行：去掉 .0"), self.decimal_ids),
            (_("电话读不懂的行：订单照收，客户按编号或名字记"), self.odd_phones),
            (_("付款、发货或完成时间读不懂的行：按上一步的时间记"), self.odd_moments),
            (_("一格里有几个运单号的行：记第一个"), self.several_waybills),
            (_("运单号已属于另一张订单：以订单号代替"), self.foreign_waybills),
            (_("实付款少于明细、运费与优惠之和的订单：差额记为优惠"), self.implied_discounts),
            (_("有一行读不懂的订单：整单不导入，改好后再导入"), len(self.unfinished)),
            (_("完全重复的行：照原样保留，金额才对得上"), self.doubled_rows),
            (_("C 开头的退货：退到该客户最近一次有此货的订单；找不到的拒绝"), self.return_lines),
        ]
        sums = [(_("全部行金额"), self.amount), (_("销售额"), self.sold), (_("退货额"), self.returned)]
        parts = [_("共读 %(rows)s 行") % {"rows": f"{self.rows:,}"}]
        parts += [f"  {label}: {count:,}" for label, count in counted]
        parts += [f"  {label}: {_written(value)}" for label, value in sums]
        for outcome, count in sorted(self.outcomes.items()):
            label = _("其中%(status)s") % {"status": STATUS[outcome].label}
            parts.append(f"  {label}: {count:,}")
        parts += [_("按规则处理")] + [f"  {label}: {count:,}" for label, count in rules]
        parts += self._notes()
        if self.reasons:
            parts += [_("拒绝的原因")] + [f"  {why}: {count:,}" for why, count in self.reasons.most_common()]
        if self.rejected_file:
            parts.append(_("被拒绝的行写在 %(path)s") % {"path": self.rejected_file})
        return "\n".join(parts)

    def _notes(self) -> list[str]:
        """What of the file was not read, or not as it stands there."""
        notes = []
        if self.unfinished:
            notes.append(_("没有导入、等改好的订单：%(names)s") % {"names": _listed(self.unfinished)})
        if self.completed:
            text = _("旧版本只导入了一部分、这次补齐的订单：%(names)s")
            notes.append(text % {"names": _listed(self.completed)})
        if self.unused:
            notes.append(_("没有用到的列：%(names)s") % {"names": "、".join(self.unused)})
        if self.other_sheets:
            text = _("只读了工作表“%(sheet)s”；这些也像订单，没有读：%(names)s（可用 --sheet 指定）")
            notes.append(text % {"sheet": self.sheet, "names": "、".join(self.other_sheets)})
        if self.stray_bytes:
            notes.append(_("%(count)s 个字节不合文件的编码，按西欧字母读") % {"count": self.stray_bytes})
        return notes


def _written(sums: Sums) -> str:
    return "、".join(f"{value:,.2f} {code}" for code, value in sorted(sums.items())) or "0.00"


def _listed(numbers: list[str]) -> str:
    more = _(" 等 %(count)s 张") % {"count": f"{len(numbers):,}"} if len(numbers) > NAMED else ""
    return "、".join(numbers[:NAMED]) + more
