"""Invoices of earlier imports: imported completely, or waiting for unreadable rows."""

from collections import Counter
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from orders.models import ImportedDocument, UnfinishedDocument
from orders.services.imports.columns import Dialect
from orders.services.imports.documents import Document
from orders.services.imports.outcomes import STATUS, Outcome
from orders.services.imports.rows import Row, RowRefused, parse_row

# Nobody mends a file after that; names and phones of strangers are not kept for ever.
KEPT = timedelta(days=90)
# In place of a line number: the row stood in another file.
EARLIER = 0


def is_repeat(document: Document, seen: ImportedDocument, outcome: Outcome) -> bool:
    """Whether all of it is in: all its rows, or some of them once more. Raises RowRefused for anything else."""
    mine, theirs = Counter(row.mark for row in document.rows), Counter(seen.marks)
    whole = (len(document.rows), document.amount) == (seen.lines, seen.amount)
    if not (mine == theirs if whole and theirs else whole or (theirs and mine <= theirs)):
        raise RowRefused(_("单据已导入过，内容不同"))
    if seen.outcome and seen.outcome != outcome:
        before = STATUS[Outcome(seen.outcome)].label
        text = _("单据已按“%(before)s”导入过，现在是“%(now)s”：请在订单里处理")
        raise RowRefused(text % {"before": before, "now": STATUS[outcome].label})
    return whole


def complete_document(document: Document, waiting: UnfinishedDocument, comma: bool) -> Document:
    """An invoice completed with the rows of an earlier file.

    Raises RowRefused when rows are missing still.
    """
    kept = [_again(fields, waiting.dialect, comma) for fields in waiting.rows]
    mine, theirs = Counter(row.mark for row in document.rows), Counter(row.mark for row in kept)
    if theirs <= mine or len(document.rows) >= len(kept) + waiting.missing:
        return document
    new = (mine - theirs).total()
    if new < waiting.missing:
        raise RowRefused(_("这张单以前有 %(count)s 行读不懂，还没有收齐") % {"count": waiting.missing})
    extra = theirs - mine
    return Document(document.number, [*_those(kept, extra), *document.rows])


def remember_rows(document: Document, fields: dict[int, dict[str, Any]], dialect: Dialect) -> None:
    """Keep the readable rows of an invoice that was refused for the others."""
    rows = [{name: str(value) for name, value in fields[row.line].items()} for row in document.rows]
    UnfinishedDocument.objects.update_or_create(
        number=document.number,
        defaults={"dialect": dialect, "rows": rows, "missing": len(document.faults)},
    )


def unfinished_orders() -> list[str]:
    """A line for each order that was refused for some of its rows and waits for them, latest first."""
    return [
        _("%(number)s：读得懂 %(kept)s 行，缺 %(missing)s 行，%(day)s 导入时发现")
        % {
            "number": each.number,
            "kept": len(each.rows),
            "missing": each.missing,
            "day": timezone.localtime(each.seen_at).strftime("%Y-%m-%d %H:%M"),
        }
        for each in UnfinishedDocument.objects.order_by("-seen_at", "-pk")
    ]


def forget_old() -> None:
    """Delete rows that have waited too long for the rest of their order."""
    UnfinishedDocument.objects.filter(seen_at__lt=timezone.now() - KEPT).delete()


def _again(fields: dict[str, Any], dialect: str, comma: bool) -> Row:
    return parse_row(EARLIER, fields, dialect=Dialect(dialect), comma=comma)


def _those(rows: list[Row], wanted: Counter[str]) -> list[Row]:
    """As many rows of each mark as are wanted."""
    found, left = [], Counter(wanted)
    for row in rows:
        if left[row.mark]:
            left[row.mark] -= 1
            found.append(row)
    return found
