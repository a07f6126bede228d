"""The filters of the order list: from the URL to the selector, and back to tabs and chips."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.http import QueryDict
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from orders.labels import status_colour
from orders.models import Status
from orders.selectors.orders import OrderFilters
from shopcomm.core import reading
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models.customers import Source

# Nine tabs in three rows; cancelled orders are a chip.
TAB_STATUSES = tuple(status for status in Status if status != Status.CANCELLED)


@dataclass(frozen=True)
class Tab:
    """A status tab and how many orders are behind it."""

    key: str
    label: str | Promise
    count: int
    css: str
    current: bool


@dataclass(frozen=True)
class Chip:
    """A filter that is on or off, and the address that turns it round."""

    label: str
    icon: str
    href: str
    on: bool


def read_filters(query: QueryDict, actor: Actor) -> OrderFilters:
    """What the address asks for; what it asks wrongly is left out."""
    status, source = query.get("status", ""), query.get("source", "")
    whose = actor.id if query.get("mine") else 0 if query.get("unassigned") else None
    return OrderFilters(
        status=status if status in Status.values else "",
        q=query.get("q", "").strip()[:80],
        source=source if source in Source.values else "",
        urgent=True if query.get("urgent") else None,
        assigned_to=whose,
        unread=bool(query.get("unread")),
        created_after=_start(query.get("since", "")),
        created_before=_end(query.get("until", "")),
        cursor=query.get("after", ""),
    )


def _start(text: str) -> datetime | None:
    day = reading.calendar_day(text)
    return timezone.make_aware(datetime.combine(day, time.min)) if day else None


def _end(text: str) -> datetime | None:
    day = reading.calendar_day(text)
    return timezone.make_aware(datetime.combine(day, time.max)) if day else None


def tabs_of(counts: dict[str, int], current: str) -> list[Tab]:
    """全部 and eight statuses, three by three."""
    tabs = [Tab("", _("全部"), counts.get("all", 0), "st-all", current == "")]
    for status in TAB_STATUSES:
        css = status_colour(status)
        tabs.append(Tab(status.value, status.label, counts.get(status, 0), css, current == status))
    return tabs


def chips_of(query: QueryDict) -> tuple[list[Chip], bool]:
    """The quick filters, and whether anything at all is filtered."""
    today = timezone.localdate()
    wanted = [
        (_("加急"), "bolt", {"urgent": "1"}),
        (_("未读"), "chat", {"unread": "1"}),
        (_("我负责"), "user", {"mine": "1"}),
        (_("未分配"), "users", {"unassigned": "1"}),
        (_("今天"), "clock", {"since": today.isoformat()}),
        (_("近 7 天"), "", {"since": (today - timedelta(days=6)).isoformat()}),
        (_("已取消"), "x", {"status": Status.CANCELLED.value}),
    ]
    chips = []
    for label, icon, fields in wanted:
        on = all(query.get(name) == value for name, value in fields.items())
        chips.append(Chip(label, icon, _turned(query, fields, on=on), on))
    return chips, any(query.get(name) for name in query if name not in ("after", "todo"))


def _turned(query: QueryDict, fields: dict[str, str], *, on: bool) -> str:
    changed = query.copy()
    # The queue of what waits is no filter of the list.
    for name in ("after", "todo"):
        changed.pop(name, None)
    for name, value in fields.items():
        changed.pop(name, None)
        if not on:
            changed[name] = value
    return f"?{changed.urlencode()}"


def kept_fields(query: QueryDict, *, without: tuple[str, ...]) -> list[tuple[str, str]]:
    """Hidden fields that keep the other filters when one form is sent."""
    return [
        (name, str(value))
        for name, value in query.items()
        if name not in (*without, "after", "todo") and value
    ]
