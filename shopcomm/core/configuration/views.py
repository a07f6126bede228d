"""The working hours page: weekly hours, special days, and the next thirty days that result."""

from datetime import date
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from shopcomm.core import reading
from shopcomm.core.accounts.access import ShopRequest, right_required
from shopcomm.core.configuration.calendar import (
    holiday_gap,
    hours_text,
    next_days,
    special_days,
    today_in_shop,
    weekly_hours,
)
from shopcomm.core.configuration.models import CalendarDay, ShopSettings, WorkingInterval, shop_settings
from shopcomm.core.configuration.public_holidays import last_announced_year
from shopcomm.core.configuration.schedule import (
    parse_hours,
    parse_year,
    set_special_days,
    set_weekly_hours,
)
from shopcomm.core.http.outcomes import run_and_tell
from shopcomm.core.outcomes import run_service

PREVIEW_DAYS = 30


@require_http_methods(["GET", "POST"])
@right_required("admin")
def hours_page(request: ShopRequest) -> HttpResponse:
    """Weekly hours and the days that differ."""
    typed = [request.POST.get(f"day_{weekday}", "") for weekday in range(7)]
    errors = {}
    if request.method == "POST":
        parsed = []
        for weekday, text in enumerate(typed):
            read = run_service(partial(parse_hours, text))
            if read.refusal:
                errors[weekday] = read.text
            else:
                parsed.append(read.result)
        if not errors:
            set_weekly_hours(parsed)
            messages.success(request, _("营业时间已保存"))
            return redirect("hours")
    return render(request, "configuration/hours.html", _page(typed, errors), status=422 if errors else 200)


def _page(typed: list[str], errors: dict[int, str]) -> dict[str, Any]:
    weekly = weekly_hours(WorkingInterval.objects.all())
    today = _today()
    return {
        "active": "rules",
        "weekdays": [
            {
                "number": weekday.value,
                "name": weekday.label,
                "text": typed[weekday.value]
                if errors
                else hours_text(weekly[weekday.value]).replace("–", "-"),
                "error": errors.get(weekday.value),
            }
            for weekday in WorkingInterval.Weekday
        ],
        "plan": [(each, hours_text(each.spans)) for each in next_days(today, PREVIEW_DAYS)],
        "special": [each for each in special_days() if each.day >= today],
        "years": [today.year, today.year + 1],
        "gap": holiday_gap(today),
        "announced_until": last_announced_year(),
        "uses_public": shop_settings().use_public_holidays,
    }


def _today() -> date:
    return today_in_shop(timezone.now())


@require_POST
@right_required("admin")
def paste_year(request: ShopRequest) -> HttpResponse:
    """A year's table at once, as it is announced. A year that the text names wins over the chosen one."""
    chosen = reading.whole_number(request.POST.get("year"), least=reading.FIRST_YEAR, most=reading.LAST_YEAR)

    def write() -> str:
        days = parse_year(request.POST.get("text", ""), chosen or _today().year)
        count, years = set_special_days(days), sorted({each.day.year for each in days})
        facts = {"years": "–".join(map(str, sorted({years[0], years[-1]}))), "count": count}
        return _("已写入 %(years)s 年的 %(count)s 天") % facts

    run_and_tell(request, write)
    return redirect("hours")


@require_POST
@right_required("admin")
def change_day(request: ShopRequest) -> HttpResponse:
    """Take a special day back, or use the public calendar or not."""
    if "use_public" in request.POST:
        settings, _made = ShopSettings.objects.get_or_create(pk=1)
        settings.use_public_holidays = request.POST["use_public"] == "yes"
        settings.save(update_fields=["use_public_holidays"])
    else:
        CalendarDay.objects.filter(day=reading.calendar_day(request.POST.get("day")) or date.min).delete()
    return redirect("hours")
