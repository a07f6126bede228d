#!/usr/bin/env python
"""Django's commands; without DATABASE_URL they run on the embedded servers."""

import gc
import os
import sys
import uuid

from shopcomm.core.embedded.attach import attached_services
from shopcomm.core.logs import log_scope

# Commands that look at code only; they start nothing.
WITHOUT_SERVERS = {
    "makemigrations",
    "check",
    "help",
    "collectstatic",
    "makemessages",
    "spectacular",
    "version",
}
# Commands that build much, keep it and end: looking through it for cycles was a quarter of their time.
MAKING_MUCH = {"migrate", "seed_demo"}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shopcomm.settings.base")
    from django.core.management import execute_from_command_line

    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    if command in WITHOUT_SERVERS:
        execute_from_command_line(sys.argv)
        return
    if command in MAKING_MUCH:
        gc.set_threshold(50_000, 20, 100)
    with attached_services(), log_scope(request_id=uuid.uuid4().hex, command=command):
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
