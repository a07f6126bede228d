"""The cut-off time until which an order has to be paid to ship on the same day."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings

from shopcomm.core.configuration.calendar import today_in_shop, working_calendar
from shopcomm.core.configuration.models import shop_settings


def dispatch_cutoff(now: datetime) -> datetime | None:
    """Today's cut-off as a moment, also when it is over; None on a day off, or in a shop that has none."""
    at, day = shop_settings().dispatch_by, today_in_shop(now)
    calendar = working_calendar()
    if at is None or not (calendar.never_closes or calendar.hours_of(day)):
        return None
    return datetime.combine(day, at, ZoneInfo(settings.TIME_ZONE))
