"""What an import did, in numbers, and every row it could not use."""

import csv
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, TextIO

from django.utils.translation import gettext as _


@dataclass
class Report:
    """Counts of one run. Money is in the file's own currency."""

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
    amount: Decimal = Decimal(0)
    sold: Decimal = Decimal(0)
    returned: Decimal = Decimal(0)
    rejected_file: Path | None = None

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
            (_("完全重复的行：照原样保留，金额才对得上"), self.doubled_rows),
            (_("C 开头的退货：退到该客户最近一次有此货的订单；找不到的拒绝"), self.return_lines),
        ]
        sums = [(_("全部行金额"), self.amount), (_("销售额"), self.sold), (_("退货额"), self.returned)]
        parts = [_("共读 %(rows)s 行") % {"rows": f"{self.rows:,}"}]
        parts += [f"  {label}: {count:,}" for label, count in counted]
        parts += [f"  {label}: {value:,.2f}" for label, value in sums]
        parts += [_("按规则处理")] + [f"  {label}: {count:,}" for label, count in rules]
        if self.reasons:
            parts += [_("拒绝的原因")] + [f"  {why}: {count:,}" for why, count in self.reasons.most_common()]
        if self.rejected_file:
            parts.append(_("被拒绝的行写在 %(path)s") % {"path": self.rejected_file})
        return "\n".join(parts)


class Rejects:
    """The rows that could not be used, as a CSV of line number, reason and the row itself."""

    def __init__(self, path: Path, fallback: Path, header: list[Any], report: Report) -> None:
        self._paths, self._header, self._report = (path, fallback), header, report
        self._file: TextIO | None = None

    def add(self, line: int, cells: list[Any], reason: str) -> None:
        """Write one row down."""
        if self._file is None:
            self._file = self._open()
            self._writer = csv.writer(self._file)
            self._writer.writerow([_("行号"), _("原因"), *self._header])
        self._writer.writerow([line, reason, *cells])
        self._report.rejected += 1
        self._report.reasons[reason] += 1

    def close(self) -> None:
        """Finish the file; one of an earlier run is not left behind to be taken for this run's."""
        if self._file is not None:
            self._file.close()
            return
        for path in self._paths:
            with suppress(OSError):
                path.unlink(missing_ok=True)

    def _open(self) -> TextIO:
        """Beside the input; in the data folder when that cannot be written."""
        for path in self._paths:
            try:
                # With a mark, so that Excel reads the Chinese.
                file = path.open("w", encoding="utf-8-sig", newline="")
            except OSError:
                continue
            self._report.rejected_file = path
            return file
        raise OSError(_("无法写入 %(path)s") % {"path": self._paths[-1]})
