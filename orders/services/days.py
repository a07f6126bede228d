"""The date before which an order is not wanted."""

from datetime import date, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from orders.errors import GuardFailed
from orders.models import Order, Status
from orders.selectors.items import Failure
from shopcomm.core import reading

# Nobody keeps goods for longer.
FARTHEST = timedelta(days=365)


def read_day(value: Any, *, known: date | None = None) -> tuple[date | None, list[Failure]]:
    """A date as people write it, None for as soon as possible; and its error.

    What an order says already (`known`) stays right when it has passed.
    """
    if value in (None, ""):
        return None, []
    day = value if isinstance(value, date) else reading.calendar_day(value)
    if day is None:
        return None, [("date_invalid", _("日期不正确"))]
    today = timezone.localdate()
    if day != known and day < today:
        return None, [("date_past", _("送货日期已经过去"))]
    if day > today + FARTHEST:
        return None, [("date_invalid", _("送货日期最晚是一年以内"))]
    return day, []


def not_wanted_before(order: Order) -> date | None:
    """The day before which the customer does not want an order that has not left; None when it may go."""
    waits = order.status in (Status.PAID, Status.PICKING)
    return (
        order.deliver_on if waits and order.deliver_on and order.deliver_on > timezone.localdate() else None
    )


def check_not_early(order: Order, *, said_so: bool) -> None:
    """Shipping before the wanted date needs a confirmation. Raises GuardFailed.

    A person is asked; an integration that ships knows what it does.
    """
    day = not_wanted_before(order)
    if day is not None and not said_so:
        text = _("客户要 %(day)s 起送，要提前发货请勾选确认") % {"day": day.isoformat()}
        raise GuardFailed(("wanted_later", text))
