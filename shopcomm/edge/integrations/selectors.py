"""What managers see of the connections: how each does, and what of it waits for them."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse

from orders.selectors.todo_rows import Todo, TodoKind, TodoSource
from shopcomm.core.accounts.actors import Actor
from shopcomm.edge.integrations.models import Connection, InboundRecord

State = InboundRecord.State
STUCK = Q(state__in=[State.PARKED, State.CONFLICT])
PAGE = 100


def connections_with_counts() -> QuerySet[Connection]:
    """Every connection by name, with `stuck`: how many of its records wait for a person."""
    # Of each connection alone, along the index of those: the records that are settled are thousands.
    waiting = InboundRecord.objects.filter(STUCK, connection=OuterRef("pk")).order_by().values("connection")
    counted = Subquery(waiting.annotate(count=Count("pk")).values("count"))
    return Connection.objects.annotate(stuck=Coalesce(counted, 0)).order_by("name")


@dataclass(frozen=True)
class RecordPage:
    """The latest records of a connection, and how many wait for a person."""

    records: list[InboundRecord]
    stuck: int


def records_of(connection: Connection, *, stuck_only: bool) -> RecordPage:
    """The newest hundred records of a connection; with `stuck_only` those that wait for a person."""
    rows = InboundRecord.objects.filter(connection=connection)
    stuck = rows.filter(STUCK)
    shown = stuck if stuck_only else rows
    return RecordPage(list(shown.select_related("order").order_by("-pk")[:PAGE]), stuck.count())


def settled_before(moment: datetime) -> QuerySet[InboundRecord]:
    """The records that were settled before a moment and wait for nobody."""
    return InboundRecord.objects.filter(settled_at__lt=moment).exclude(STUCK)


def status_lines(connection: Connection) -> str:
    """How the connection's statuses are mapped, a line each, as `map_statuses` reads it."""
    return "\n".join(
        f"{theirs} = {ours}" for theirs, ours in connection.configuration.get("statuses", {}).items()
    )


def stuck_records(actor: Actor, now: datetime) -> QuerySet[InboundRecord]:
    """What came in and waits for a person: those who may settle it see all, the others none."""
    rows = InboundRecord.objects.filter(STUCK, received_at__lte=now)
    if not actor.may("admin"):
        rows = rows.filter(pk__isnull=True)
    return rows.select_related("connection", "order").order_by("received_at", "pk")


def stuck_todo(record: InboundRecord) -> Todo:
    """One of them: where it came from, which order it is about, and why it waits."""
    return Todo(
        TodoKind.OUTSIDE,
        record.pk,
        record.received_at,
        customer=record.connection.name,
        text=record.detail,
        number=record.order.number if record.order else record.external_id,
        url=reverse("integrations:record", args=[record.pk]),
    )


STUCK_RECORDS = TodoSource(stuck_records, stuck_todo)
