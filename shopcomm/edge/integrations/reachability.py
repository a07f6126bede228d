"""Whether another system can be reached: every way that calls one says so here, and its page shows it."""

from django.utils import timezone

from shopcomm.edge.integrations.models import Connection

LONGEST_ERROR = 300


def note_success(connection: Connection) -> None:
    """The other system could be reached."""
    if connection.failing_since or connection.last_error:
        connection.failing_since, connection.last_error = None, ""
        connection.save(update_fields=["failing_since", "last_error"])


def note_failure(connection: Connection, error: str) -> None:
    """The other system could not be reached, or did not take what it was asked; `error` is for people and names no secret."""
    connection.failing_since = connection.failing_since or timezone.now()
    connection.last_error = error[:LONGEST_ERROR]
    connection.save(update_fields=["failing_since", "last_error"])
