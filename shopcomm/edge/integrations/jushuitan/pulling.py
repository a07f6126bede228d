"""Reading 聚水潭: the orders that were changed since the last time, each as a record like that of any other way."""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from shopcomm.core.database.named_locks import held_across_transactions
from shopcomm.core.json_text import json_text
from shopcomm.core.reading import whole_number
from shopcomm.core.sealing import CannotUnseal
from shopcomm.edge.integrations.jushuitan.client import JushuitanFailed, list_jushuitan_orders
from shopcomm.edge.integrations.jushuitan.codes import KIND, STATUSES
from shopcomm.edge.integrations.jushuitan.mapping import read_jushuitan_order
from shopcomm.edge.integrations.jushuitan.models import JushuitanAccount
from shopcomm.edge.integrations.models import Connection
from shopcomm.edge.integrations.reachability import note_failure, note_success
from shopcomm.edge.integrations.services.connections import credentials_of, join_platform
from shopcomm.edge.integrations.services.receiving import store_record

# No longer span is answered; and what was changed while the last page was read.
WINDOW, OVERLAP = timedelta(days=7), timedelta(minutes=10)
FIRST_REST, LONGEST_REST = timedelta(seconds=30), timedelta(hours=1)


@transaction.atomic
def add_jushuitan_account(*, name: str, credentials: dict[str, str]) -> Connection:
    """Read an account from now on. Raises ConnectionRefused."""
    connection = join_platform(kind=KIND, name=name, statuses=STATUSES, credentials=credentials)
    JushuitanAccount.objects.create(connection=connection)
    return connection


def due_jushuitan_accounts() -> list[int]:
    """The connections that are to be read now."""
    now = timezone.now()
    read = JushuitanAccount.objects.filter(
        connection__kind=KIND, connection__state=Connection.State.ACTIVE
    ).exclude(pulled_at__gt=now - timedelta(seconds=settings.JUSHUITAN_PULL_SECONDS))
    return list(read.exclude(rests_until__gt=now).values_list("connection_id", flat=True))


def pull_jushuitan(connection_id: int) -> int:
    """Store what is new of an account's orders. Returns how many records; 0 while another process reads it, or it fails.

    A window counts as read when all of its pages are stored; what breaks off begins with the same window again.
    """
    with held_across_transactions(f"jushuitan:{connection_id}") as is_mine:
        if not is_mine:
            return 0
        connection = Connection.objects.get(pk=connection_id)
        try:
            stored = _pull(connection)
        except CannotUnseal:
            _rest(connection, JushuitanFailed(_("凭证是用另一个 SECRET_KEY 加密的，请重新填写")))
            return 0
        except JushuitanFailed as error:
            _rest(connection, error)
            return 0
        JushuitanAccount.objects.filter(connection=connection).update(
            pulled_at=timezone.now(), rests=0, rests_until=None
        )
        note_success(connection)
        return stored


def _pull(connection: Connection) -> int:
    now, reached, stored = timezone.now(), _reached(connection), 0
    while reached < now:
        start, end = reached - OVERLAP, min(reached - OVERLAP + WINDOW, now)
        page, more = 1, True
        while more:
            orders, more = list_jushuitan_orders(credentials_of(connection), start, end, page)
            stored += sum(_store(connection, order) for order in orders)
            page += 1
            more = more and bool(orders)
        reached = end
        connection.cursor = str(int(end.timestamp()))
        connection.save(update_fields=["cursor"])
    return stored


def _store(connection: Connection, order: dict[str, Any]) -> bool:
    told = read_jushuitan_order(order)
    if "external_id" not in told:
        return False
    mark = sha256(json_text(told).encode()).hexdigest()[:24]
    # One look at an order comes after the other; the list's own moments are whole seconds.
    told["version"] = int(timezone.now().timestamp() * 1000)
    message_id = f"{told['external_id']}:{told.get('occurred_at', '')}:{mark}"
    return store_record(connection=connection, message_id=message_id, body=told)[1]


def _reached(connection: Connection) -> datetime:
    seconds = whole_number(connection.cursor)
    if seconds is None:
        return connection.created_at
    return datetime.fromtimestamp(seconds, timezone.get_current_timezone())


def _rest(connection: Connection, error: JushuitanFailed) -> None:
    account = JushuitanAccount.objects.get(connection=connection)
    pause = min(FIRST_REST * 2 ** min(account.rests, 10), LONGEST_REST)
    if error.too_often:
        pause = max(pause, timedelta(minutes=1))
    rows = JushuitanAccount.objects.filter(pk=account.pk)
    rows.update(rests=account.rests + 1, rests_until=timezone.now() + pause)
    note_failure(connection, str(error))
