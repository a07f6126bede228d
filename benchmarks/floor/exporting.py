"""One side of an export in a process of its own: `python -m benchmarks.floor.exporting SIDE FORM FOLDER`.

`product` has a worker's service write every order of the shop, from asking the database to the event. `floor` has the bare csv
module or XlsxWriter write as many rows of the same cells. Prints rows a second of the processor's time, and the MiB by
which the process grew meanwhile.
"""

import csv
import itertools
import sys
import time
from pathlib import Path
from typing import Any

import django
import xlsxwriter

BOOK = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}


def main() -> None:
    side, form, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    django.setup()
    rows, count = sample(form)
    before, started = memory(), time.process_time()
    if side == "product":
        write_product(form)
    else:
        (write_book if form == "xlsx" else write_text)(folder / f"floor.{form}", rows, count)
    seconds = time.process_time() - started
    print(count / seconds, memory() - before)


def memory() -> float:
    """The most this process has held so far, MiB. Linux."""
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) / 1024


def sample(form: str) -> tuple[list[tuple[Any, ...]], int]:
    """A thousand rows as the product reads them, and how many there are in all."""
    from orders.models import Order
    from orders.selectors.exported import order_columns
    from shopcomm.core.sheets.columns import Form, rows_of_list

    some = Order.objects.order_by("-placed_at", "-pk")[:1000]
    return list(rows_of_list(some, order_columns(contacts=False), Form(form))), Order.objects.count()


def write_product(form: str) -> None:
    from shopcomm.core.accounts.models import Staff
    from shopcomm.edge.files.models import ExportRun, State
    from shopcomm.edge.files.services.working import work_on_files

    staff, _made = Staff.objects.get_or_create(username="bench-exports", role="manager")
    run = ExportRun.objects.create(staff=staff, what="orders", form=form, language="zh-hans")
    work_on_files()
    run.refresh_from_db()
    if run.state != State.DONE:
        raise RuntimeError(run.detail)


def write_text(path: Path, rows: list[tuple[Any, ...]], count: int) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(itertools.islice(itertools.cycle(rows), count))


def write_book(path: Path, rows: list[tuple[Any, ...]], count: int) -> None:
    book = xlsxwriter.Workbook(str(path), BOOK)
    sheet = book.add_worksheet()
    for line, row in enumerate(itertools.islice(itertools.cycle(rows), count)):
        sheet.write_row(line, 0, row)
    book.close()


if __name__ == "__main__":
    main()
