from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from shopcomm.core.outcomes import run_service
from shopcomm.edge.integrations.queue_table.services.roles import (
    adopt_sync_role,
    create_sync_role,
    drop_sync_role,
    rotate_sync_role,
)

MAKING = {"adopt": adopt_sync_role, "rotate": rotate_sync_role}


class Command(BaseCommand):
    help = "Make a database role for the shared queue tables; its URL is printed this once, last on its line."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="of the other system; lower case letters, digits, - and _")
        what = parser.add_mutually_exclusive_group()
        for option, does in (
            ("rotate", "another password for a role that is there"),
            ("adopt", "let in a role that the server's administrator has made"),
            ("drop", "take the role away; its connection and all rows stay"),
        ):
            what.add_argument(f"--{option}", dest="what", action="store_const", const=option, help=does)

    def handle(self, *args: Any, **options: Any) -> None:
        name, what = options["name"], options["what"]
        if what == "drop":
            dropped = run_service(lambda: drop_sync_role(name))
            if dropped.refusal:
                raise CommandError(dropped.text)
            return
        made = run_service(lambda: MAKING.get(what, create_sync_role)(name))
        if made.refusal:
            raise CommandError(made.text)
        self.stdout.write(f"{name} {made.result[1]}")
