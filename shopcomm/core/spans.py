"""A span of time as people say it: 14 小时 3 分钟, 2 天 3 小时."""

from datetime import timedelta

from django.utils.translation import gettext as _

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def shown_part(span: timedelta) -> timedelta:
    """So much of a span as is written of it: whole hours from a day on, whole minutes below."""
    return span - span % (HOUR if span >= DAY else MINUTE)


def written_span(span: timedelta) -> str:
    """A span in its two largest units, whole ones, rounded down; what comes to nothing is left out.

    Days and hours, hours and minutes, or minutes; anything shorter, and a span that is over, is less than a minute.
    """
    days, hours, minutes = span // DAY, span % DAY // HOUR, span % HOUR // MINUTE
    if span < MINUTE:
        return _("不到 1 分钟")
    parts = [(days, _("%(count)s 天")), (hours, _("%(count)s 小时")), (minutes, _("%(count)s 分钟"))]
    first = next(place for place, (count, _words) in enumerate(parts) if count)
    return " ".join(words % {"count": count} for count, words in parts[first : first + 2] if count)
