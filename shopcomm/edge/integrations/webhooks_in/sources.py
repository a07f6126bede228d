"""Sources of webhooks: connections whose messages are signed with a secret that both sides know."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from shopcomm.edge.integrations.models import Connection
from shopcomm.edge.integrations.services.connections import (
    USUAL_SOURCE,
    add_connection,
    credentials_of,
    readable_credentials,
    set_credentials,
)
from shopcomm.edge.integrations.webhook_secrets import OVERLAP, new_webhook_secret

KIND = "webhook"


@transaction.atomic
def webhook_source(name: str = "") -> Connection:
    """The connection whose webhooks are signed for this source; made with a new secret the first time.

    Without a name the usual one. Raises ConnectionRefused for a name of blanks, or of a connection of another kind.
    """
    found, made = add_connection(kind=KIND, name=name or USUAL_SOURCE)
    if made:
        set_credentials(found, {"secret": new_webhook_secret()})
    return found


@transaction.atomic
def renew_webhook_secret(*, connection_id: int) -> Connection:
    """Another secret; the one before it is taken for a day more, so that the other system can be changed in peace."""
    connection = Connection.objects.select_for_update().get(pk=connection_id)
    old, until = readable_credentials(connection).get("secret", ""), timezone.now() + OVERLAP
    before = {"secret_before": old, "until": until.isoformat()} if old else {}
    set_credentials(connection, {"secret": new_webhook_secret(), **before})
    return connection


# As they were when they were last asked for: hundreds come in a second. Whoever goes by it finds out when storing (`if_unchanged`).
_remembered: list[Connection] = []


def remembered_sources() -> list[Connection]:
    """The sources whose webhooks are taken, as they were a while ago."""
    return _remembered


def active_sources() -> list[Connection]:
    """The sources whose webhooks are taken now; remembered by this process."""
    found = Connection.objects.filter(kind=KIND, state=Connection.State.ACTIVE).order_by("pk")
    _remembered[:] = found
    return _remembered


def secrets_taken(connection: Connection) -> list[str]:
    """The secrets with which a webhook may be signed now, the newest first. Raises CannotUnseal."""
    known = credentials_of(connection)
    before, until = known.get("secret_before"), known.get("until")
    is_taken = before and until and timezone.now() < datetime.fromisoformat(until)
    return [known["secret"], *([before] if before and is_taken else [])]
