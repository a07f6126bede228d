from typing import Any

from django.core.management.base import BaseCommand

from shopcomm.core.accounts.services.first_manager import make_setup_code
from shopcomm.core.embedded.opening import CODE


class Command(BaseCommand):
    help = (
        "Print the code with which the first manager sets the shop up at /setup/; a former one becomes void."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        code = make_setup_code()
        self.stdout.write(f"{CODE} {code}" if code else "The shop has a manager: it is set up.")
