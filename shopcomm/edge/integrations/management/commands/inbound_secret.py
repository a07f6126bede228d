from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from shopcomm.core.outcomes import run_service
from shopcomm.edge.integrations.services.connections import USUAL_SOURCE, credentials_of
from shopcomm.edge.integrations.webhooks_in.sources import webhook_source


class Command(BaseCommand):
    help = "Print the signing secret of the inbound webhook, last on its line; make one at first."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "source", nargs="?", default=USUAL_SOURCE, help="whose webhooks are signed with it"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        found = run_service(lambda: webhook_source(options["source"]))
        if found.refusal:
            raise CommandError(found.text)
        connection = found.result
        self.stdout.write(f"{connection.name} {credentials_of(connection)['secret']}")
