import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from orders.errors import ImportRefused
from orders.services.imports import import_orders, unfinished_orders
from shopcomm.core.accounts.actors import Actor

WIDTH = 30


class Command(BaseCommand):
    # Pages have no part in an import, and loading all of them takes longer than many a file.
    requires_system_checks = ()
    help = (
        "Import past orders from CSV (plain or .gz; UTF-8, GB18030 or UTF-16), XLSX, XLS or ODS. "
        "Can be run again at any time."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """One file, and of a workbook one sheet; or what is still missing of earlier files."""
        parser.add_argument("file", metavar="FILE", nargs="?")
        parser.add_argument(
            "--waiting", action="store_true", help="list orders that wait for rows to be mended"
        )
        parser.add_argument("--sheet", default="", help="the worksheet to read; the first that holds orders")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["waiting"]:
            self.stdout.write("\n".join(unfinished_orders()) or _("没有等待补齐的订单"))
            return
        if not options["file"]:
            raise CommandError(_("请给出要导入的文件"))
        path = Path(options["file"])
        try:
            report = import_orders(
                path, actor=Actor.system(_("导入")), sheet=options["sheet"], progress=self._progress
            )
        except ImportRefused as error:
            raise CommandError(error.detail) from error
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror or error}") from error
        finally:
            if sys.stderr.isatty():
                self.stderr.write("")
        self.stdout.write(report.text())

    def _progress(self, done: float, rows: int) -> None:
        """A bar for people; silence for scripts."""
        if sys.stderr.isatty():
            bar = "█" * int(done * WIDTH)
            count = f"{rows:,}" if rows else ""
            sys.stderr.write(f"\r{bar:·<{WIDTH}} {done:4.0%} {count} ")
            sys.stderr.flush()
