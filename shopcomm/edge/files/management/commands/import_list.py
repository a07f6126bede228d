from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Staff
from shopcomm.core.outcomes import run_service
from shopcomm.edge.files.kinds import KINDS
from shopcomm.edge.files.services.at_once import import_at_once


class Command(BaseCommand):
    help = (
        "Import goods, stock or customers from CSV (plain or .gz; UTF-8, GB18030 or UTF-16), XLSX, XLS or ODS, "
        "as the page does; the import is on the page of whoever it is made for, and can be undone there."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """What the file is of, the file, and for which manager."""
        parser.add_argument("kind", choices=[each.key for each in KINDS if each.make])
        parser.add_argument("file", metavar="FILE")
        parser.add_argument(
            "--by", metavar="USER", required=True, help="the manager in whose name it is imported"
        )
        parser.add_argument(
            "--check", action="store_true", help="say what would become of each row, write nothing"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(options["file"])
        staff = Staff.objects.filter(username=options["by"], is_active=True).first()
        if staff is None or not Actor.staff(staff).may("imports.run"):
            raise CommandError(_("%(name)s 不能导入：要用管理者的用户名") % {"name": options["by"]})
        try:
            done = run_service(
                lambda: import_at_once(staff, options["kind"], path, only_try=options["check"])
            )
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror or error}") from error
        if done.refusal:
            raise CommandError(done.text)
        told = done.result.trial if options["check"] else done.result.report
        self.stdout.write(_("新增 %(new)s，修改 %(changed)s，没有变化 %(same)s，有问题 %(refused)s") % told)
        for line, reason in told["errors"]:
            self.stdout.write(_("第 %(line)s 行：%(reason)s") % {"line": line, "reason": reason})
        for note in told.get("notes", []):
            self.stdout.write(note)
