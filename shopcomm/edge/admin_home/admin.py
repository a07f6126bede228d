"""The schedule, to be looked at: its rows are made from the settings at every start of the scheduler."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)

from shopcomm.core.read_only_admin import ReadOnlyAdmin
from shopcomm.edge.admin_home.schedules import name_of, rhythm_of

# The library's own pages: forms for what the next start would write over, and kinds of schedules that nothing uses.
for model in (PeriodicTask, IntervalSchedule, CrontabSchedule, SolarSchedule, ClockedSchedule):
    admin.site.unregister(model)


@admin.register(PeriodicTask)
class ScheduleAdmin(ReadOnlyAdmin):
    """What runs by the clock, how often, and when it last did."""

    list_display = ("what", "rhythm", "running", "ran_at", "runs")
    list_display_links = None
    list_select_related = ("interval", "crontab", "solar", "clocked")
    fields = ("what", "rhythm", "running", "ran_at", "runs")
    readonly_fields = fields
    ordering = ("name",)

    @admin.display(description=_("任务"), ordering="name")
    def what(self, task: PeriodicTask) -> str:
        """In words."""
        return name_of(task)

    @admin.display(description=_("间隔"))
    def rhythm(self, task: PeriodicTask) -> str:
        """How often."""
        return rhythm_of(task)

    @admin.display(description=_("启用"), boolean=True)
    def running(self, task: PeriodicTask) -> bool:
        """Whether it runs at all."""
        return task.enabled

    @admin.display(description=_("上次运行"), ordering="last_run_at")
    def ran_at(self, task: PeriodicTask) -> object:
        """The scheduler writes this down every few minutes."""
        return task.last_run_at

    @admin.display(description=_("运行次数"))
    def runs(self, task: PeriodicTask) -> int:
        """Since the row was made."""
        return task.total_run_count
