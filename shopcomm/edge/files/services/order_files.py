"""Files of past orders: tried and taken in by the service behind `manage.py import_orders`, each new order remembered."""

import csv
from itertools import islice
from pathlib import Path
from typing import Any

from orders.hooks import PastOrder
from orders.services.file_lists.changes import Effect
from orders.services.imports import import_orders
from orders.services.imports.documents import Document
from orders.services.imports.report import Report
from shopcomm.core.accounts.actors import Actor
from shopcomm.edge.files.models import ImportedRow, ImportRun
from shopcomm.edge.files.services.importing import layout_of
from shopcomm.edge.files.services.places import imports_folder
from shopcomm.edge.files.services.refusals import SHOWN
from shopcomm.edge.files.services.telling import Teller


def try_orders(run: ImportRun, teller: Teller) -> dict[str, Any]:
    """What a file would bring in; only the list of refused rows is written."""
    return _run(run, teller, dry=True)


def take_orders(run: ImportRun, teller: Teller) -> dict[str, Any]:
    """Take it in. What a run that was cut off has taken is known by its documents, and is not taken again."""
    report = _run(run, teller, dry=False)
    taken = ImportedRow.objects.filter(run=run).count()
    earlier = taken - report[Effect.NEW.value]
    report[Effect.NEW.value], report[Effect.SAME.value] = taken, report[Effect.SAME.value] - earlier
    return report


def _run(run: ImportRun, teller: Teller, *, dry: bool) -> dict[str, Any]:
    def remember(made: list[tuple[Document, PastOrder]]) -> None:
        ImportedRow.objects.bulk_create(
            ImportedRow(
                run=run,
                line=document.rows[0].line,
                effect=Effect.NEW,
                object_id=order.key,
                after={"document": document.number, "number": order.number},
            )
            for document, order in made
        )

    def progress(done: float, rows: int) -> None:
        run.rows = rows
        teller.tell_progress(rows=rows, percent=int(done * 100))

    report = import_orders(
        imports_folder() / run.file,
        actor=Actor.staff(run.staff),
        layout=layout_of(run),
        dry=dry,
        written=remember,
        progress=progress,
    )
    return _told(run, report)


def _told(run: ImportRun, report: Report) -> dict[str, Any]:
    path, report.rejected_file = report.rejected_file, None
    run.refused_file = path.name if path else ""
    return {
        Effect.NEW.value: report.orders,
        Effect.CHANGED.value: len(report.completed),
        Effect.SAME.value: report.repeated,
        "refused": report.rejected,
        "errors": _first_refused(path) if path else [],
        "text": report.text(),
        "returns": report.return_lines,
    }


def _first_refused(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file)
        next(rows, None)
        return [row[:2] for row in islice(rows, SHOWN)]
