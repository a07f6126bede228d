from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from shopcomm.core.accounts.rights import SCOPES
from shopcomm.core.accounts.services.api_keys import create_api_key


class Command(BaseCommand):
    help = "Make an API key and print its secret once, last on its line."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument(
            "--scope", action="append", required=True, help=f"* or one of {', '.join(SCOPES)}"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            key, secret = create_api_key(name=options["name"], scopes=options["scope"])
        except ValueError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{key.name} {','.join(key.scopes)} {secret}")
