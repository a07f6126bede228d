"""What is kept of a page: the orders in it that are otherwise than when they were last read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any

from shopcomm.core.json_text import json_text
from shopcomm.edge.integrations.models import Connection
from shopcomm.edge.integrations.moments import read_moment
from shopcomm.edge.integrations.polling.mapping import map_order
from shopcomm.edge.integrations.polling.models import PolledOrder
from shopcomm.edge.integrations.polling.source_settings import SourceSettings
from shopcomm.edge.integrations.services.receiving import store_record

DIGEST, MARK, LONGEST_ID, LONGEST_VERSION = 32, 6, 64, 30


@dataclass(frozen=True)
class Kept:
    """What came of a page's orders: how many were new, and the latest change among all."""

    new: int = 0
    latest: datetime | None = None


@dataclass(frozen=True)
class ReadOrder:
    """An order as it was read: its number there, what tells it from an earlier one, and whether that does so for ever.

    Without a version and a moment the same content may come back after another one, so the changes are counted.
    """

    external_id: str
    body: dict[str, Any]
    state: str
    at: datetime | None
    is_dated: bool

    def message_id(self, changes: int) -> str:
        """The same for the same thing, however often and in which pass it is read."""
        counted = "" if self.is_dated else f":{changes}"
        return f"{self.external_id}:{self.state}{counted}" if self.external_id else f"row:{self.state}"


def read_order(group: Sequence[Any], settings: SourceSettings) -> ReadOrder:
    """An order from its rows. One that names no order is kept as it came, for a person."""
    body = plain_json(map_order(group, settings))
    external_id = body.get("external_id", "")
    if not isinstance(external_id, str) or not external_id or len(external_id) > LONGEST_ID:
        rows = [plain_json(row) for row in group]
        return ReadOrder("", {**body, "rows": rows}, _digest(rows), None, True)
    version, moment = body.get("version"), body.get("occurred_at")
    has_version = version is not None and len(str(version)) <= LONGEST_VERSION
    # Read by another mapping, the same version says something else.
    state = f"v{version}.{_digest(settings.mapping)[:MARK]}" if has_version else _digest(body)
    at = read_moment(moment, settings.timezone)
    return ReadOrder(external_id, body, state, at, version is not None or moment is not None)


def store_orders(
    connection: Connection, orders: Sequence[ReadOrder], *, asked_at: datetime, replaying: bool
) -> Kept:
    """Keep what is new of these orders, within the caller's transaction. Raises nothing for what cannot be read."""
    numbers = {each.external_id for each in orders if each.external_id}
    rows = PolledOrder.objects.filter(connection=connection, external_id__in=numbers)
    known = {row.external_id: row for row in rows}
    new, changed = 0, {}
    for each in orders:
        row = known.get(each.external_id) or PolledOrder(connection=connection, external_id=each.external_id)
        if each.state == row.state and not replaying:
            continue
        if each.state != row.state:
            row.state, row.changes = each.state, row.changes + 1
        body = each.body if each.is_dated else each.body | {"occurred_at": asked_at.isoformat()}
        _record, is_new = store_record(
            connection=connection, message_id=each.message_id(row.changes), body=body
        )
        new += is_new
        if each.external_id:
            known[row.external_id] = changed[row.external_id] = row
    _save_states(changed.values())
    return Kept(new, max((each.at for each in orders if each.at), default=None))


def _save_states(rows: Iterable[PolledOrder]) -> None:
    """In the order of their numbers, as whoever else writes them."""
    PolledOrder.objects.bulk_create(
        [
            PolledOrder(
                connection=row.connection, external_id=row.external_id, state=row.state, changes=row.changes
            )
            for row in sorted(rows, key=lambda row: row.external_id)
        ],
        update_conflicts=True,
        unique_fields=["connection", "external_id"],
        update_fields=["state", "changes"],
    )


def plain_json(value: Any) -> Any:
    """The same as JSON can keep it: fractions as text, as they were written."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, list):
        return [plain_json(each) for each in value]
    if isinstance(value, dict):
        return {name: plain_json(each) for name, each in value.items()}
    return value


def _digest(value: Any) -> str:
    return sha256(json_text(value).encode()).hexdigest()[:DIGEST]
