"""Whether another system can be reached: every way that calls one says so here, and its page shows it."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from shopcomm.core.accounts.actors import Actor
from shopcomm.core.events.publish import publish
from shopcomm.edge.integrations.events import SystemUnreachable
from shopcomm.edge.integrations.models import Connection

LONGEST_ERROR = 300
# Managers are told, once, of a system that was not reached for so long: until then it may have been restarted.
TOLD_AFTER = timedelta(hours=1)
CHANGED = ["failing_since", "last_error", "told_at"]


def note_success(connection: Connection) -> None:
    """The other system could be reached."""
    if connection.failing_since or connection.last_error:
        connection.failing_since, connection.last_error, connection.told_at = None, "", None
        connection.save(update_fields=CHANGED)


@transaction.atomic
def note_failure(connection: Connection, error: str) -> None:
    """The other system could not be reached, or did not take what it was asked; `error` is for people and names no secret."""
    now = timezone.now()
    kept = Connection.objects.select_for_update(no_key=True).get(pk=connection.pk)
    connection.failing_since, connection.told_at = kept.failing_since or now, kept.told_at
    connection.last_error = error.replace("\0", "")[:LONGEST_ERROR]
    if connection.told_at is None and now - connection.failing_since >= TOLD_AFTER:
        connection.told_at = now
        said = SystemUnreachable(
            connection=connection.pk, system=connection.name, reason=connection.last_error
        )
        publish(said, actor=Actor.system())
    connection.save(update_fields=CHANGED)
