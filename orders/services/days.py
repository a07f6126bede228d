"""The day before which an order is not wanted."""

from datetime import date, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from orders.services.items import Failure
from shopcomm.core import reading

# Nobody keeps goods for longer.
FARTHEST = timedelta(days=365)


def read_day(value: Any, *, known: date | None = None) -> tuple[date | None, list[Failure]]:
    """A day as anybody writes it, None for as soon as can be; and what is wrong with it.

    What an order says already (`known`) stays right when it has passed.
    """
    if value in (None, ""):
        return None, []
    day = value if isinstance(value, date) else reading.day(value)
    if day is None:
        return None, [("date_invalid", _("日期不正确"))]
    today = timezone.localdate()
    if day != known and day < today:
        return None, [("date_past", _("送货日期已经过去"))]
    if day > today + FARTHEST:
        return None, [("date_invalid", _("送货日期最晚是一年以内"))]
    return day, []
