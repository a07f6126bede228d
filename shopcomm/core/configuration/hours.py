"""When the shop works: pure arithmetic over weekly hours, holidays and make-up workdays. No database, no clock.

Days and times of day are those of the calendar's own zone; moments that go in and come out are aware.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

# How far ahead an opening is looked for: longer than any shop closes.
HORIZON_DAYS = 400
DAY = timedelta(days=1)


@dataclass(frozen=True, order=True)
class Span:
    """From one time of day to another; one that does not end later than it begins ends on the next day."""

    opens: time
    closes: time

    def on(self, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """The two moments of this span that begins on a day, in UTC."""
        end = day if self.closes > self.opens else day + DAY
        return (
            datetime.combine(day, self.opens, zone).astimezone(UTC),
            datetime.combine(end, self.closes, zone).astimezone(UTC),
        )


Spans = tuple[Span, ...]


@dataclass(frozen=True)
class WorkingCalendar:
    """The hours of every weekday (Monday first) and the days that differ. Without any hours it is always open."""

    zone: ZoneInfo
    weekly: tuple[Spans, ...] = ((),) * 7
    # Days with hours of their own; an empty tuple is a closed day.
    exceptions: Mapping[date, Spans] = field(default_factory=dict)

    @property
    def never_closes(self) -> bool:
        """Whether no hours were set at all."""
        return not any(self.weekly)

    def hours_of(self, day: date) -> Spans:
        """The spans that begin on a day."""
        return self.exceptions.get(day, self.weekly[day.weekday()])

    def is_open(self, moment: datetime) -> bool:
        """Whether somebody is there."""
        return self.never_closes or any(start <= moment < end for start, end in self._around(moment))

    def next_open(self, moment: datetime) -> datetime | None:
        """The moment itself while open, else the next opening; None when there is none within a year."""
        if self.is_open(moment):
            return moment
        for start, end in self._from(moment):
            if moment < end:
                return max(start, moment)
        return None

    def closes_at(self, moment: datetime) -> datetime | None:
        """When the present opening ends; None while closed or when it never does."""
        ends = [end for start, end in self._around(moment) if start <= moment < end]
        return max(ends) if ends and not self.never_closes else None

    def working_time(self, start: datetime, end: datetime) -> timedelta:
        """How much of a stretch of time the shop was open."""
        if self.never_closes or end <= start:
            return max(end - start, timedelta(0))
        total, reached = timedelta(0), start
        for opens, closes in self._from(start):
            if opens >= end:
                break
            # Spans may overlap; what was counted is not counted again.
            since, until = max(opens, reached), min(closes, end)
            if until > since:
                total += until - since
                reached = until
        return total

    def after_working(self, start: datetime, wait: timedelta) -> datetime | None:
        """The moment by which this much working time has passed; None when it never does."""
        if self.never_closes:
            return start + wait
        reached, left = start, wait
        for opens, closes in self._from(start):
            since = max(opens, reached)
            if closes > since:
                if closes - since >= left:
                    return since + left
                left -= closes - since
                reached = closes
        return None

    def _around(self, moment: datetime) -> Iterator[tuple[datetime, datetime]]:
        today = moment.astimezone(self.zone).date()
        # Yesterday's night shift may reach into today.
        for day in (today - DAY, today):
            for span in self.hours_of(day):
                yield span.on(day, self.zone)

    def _from(self, moment: datetime) -> Iterator[tuple[datetime, datetime]]:
        first = moment.astimezone(self.zone).date() - DAY
        for ahead in range(HORIZON_DAYS):
            day = first + ahead * DAY
            yield from sorted(span.on(day, self.zone) for span in self.hours_of(day))


@dataclass(frozen=True)
class QuietWindow:
    """When one person wants to be left alone, every day, in their own zone."""

    starts: time
    ends: time
    zone: ZoneInfo

    def ends_after(self, moment: datetime) -> datetime | None:
        """When the quiet that holds at a moment is over; None while it does not hold."""
        if self.starts == self.ends:
            return None
        today = moment.astimezone(self.zone).date()
        span = Span(self.starts, self.ends)
        for start, end in (span.on(day, self.zone) for day in (today - DAY, today)):
            if start <= moment < end:
                return end
        return None


def next_welcome(moment: datetime, calendar: WorkingCalendar, quiet: QuietWindow | None) -> datetime | None:
    """The first moment from this one on when the shop is open and the person is not resting.

    None when the two never meet.
    """
    for _try in range(HORIZON_DAYS):
        opening = calendar.next_open(moment)
        if opening is None:
            return None
        rested = quiet.ends_after(opening) if quiet else None
        if rested is None:
            return opening
        moment = rested
    return None
