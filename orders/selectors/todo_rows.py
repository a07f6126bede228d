"""One row of the queue 待我处理, and the interface of further sources of rows."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple

from django.db.models import QuerySet

from shopcomm.core.accounts.actors import Actor


class TodoKind(StrEnum):
    """The kinds of tasks."""

    CHANGE = "change"
    CASE = "case"
    LATE_RETURN = "late_return"
    REFUND = "refund"
    DEPOSIT = "deposit"
    SHORTAGE = "shortage"
    QUOTE = "quote"
    PARCEL = "parcel"
    UNANSWERED = "unanswered"
    OUTSIDE = "outside"


@dataclass(frozen=True)
class Todo:
    """One task: what, for whom, since when, and until when if there is a deadline."""

    kind: TodoKind
    pk: int
    since: datetime
    customer: str
    text: str
    number: str = ""
    answer_by: datetime | None = None
    amount: Decimal | None = None
    currency: str = ""
    # The talk that a row without an order leads to.
    conversation_id: int | None = None
    # The page that a row leads to, where it is neither an order's nor a talk's.
    url: str = ""


class TodoSource(NamedTuple):
    """One kind of rows: which wait for an actor at a moment, the oldest first, and what each says.

    Their number is prepared (`core/database/prepared.py`): `waiting` asks an actor for rights and keys, and uses the
    moment as a value of the database, but reads no clock and no setting.
    """

    waiting: Callable[[Actor, datetime], QuerySet[Any]]
    told: Callable[[Any], Todo]
