"""Files that are made for somebody."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shopcomm.core.sheets.columns import Form
from shopcomm.edge.files import events  # noqa: F401  (declares their kinds)


class State(models.TextChoices):
    """How far a piece of work on a file is."""

    WAITING = "waiting", _("排队中")
    RUNNING = "running", _("进行中")
    DONE = "done", _("已完成")
    FAILED = "failed", _("失败")


class ExportRun(models.Model):
    """A list that a worker writes to a file for one person, and the file as long as it is kept."""

    staff = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="exports", verbose_name=_("谁导出")
    )
    # A list of `lists.py`, and the query of the page that it was asked for on.
    what = models.CharField(_("名单"), max_length=20)
    query = models.TextField(_("筛选"), blank=True)
    form = models.CharField(_("格式"), max_length=4, choices=[(each.value, each.name) for each in Form])
    contacts = models.BooleanField(_("含完整电话和地址"), default=False)
    # Heads and labels are in it.
    language = models.CharField(max_length=10)
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.WAITING)
    rows = models.PositiveIntegerField(_("行数"), default=0)
    expected = models.PositiveIntegerField(_("预计行数"), default=0)
    size = models.PositiveBigIntegerField(_("大小"), default=0)
    detail = models.CharField(_("说明"), max_length=300, blank=True)
    # Below the folder of exports; empty until it is made.
    file = models.CharField(max_length=80, blank=True, editable=False)
    # How often a worker began; one that is killed leaves it at RUNNING, and the next begins again.
    begun = models.PositiveSmallIntegerField(default=0, editable=False)
    asked_at = models.DateTimeField(_("申请时间"), default=timezone.now)
    finished_at = models.DateTimeField(_("完成时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("导出")
        verbose_name_plural = _("导出")
        indexes = [
            models.Index(
                fields=["id"], condition=models.Q(state__in=("waiting", "running")), name="export_to_make"
            ),
            models.Index(fields=["staff", "-id"], name="export_of_staff"),
        ]

    def __str__(self) -> str:
        return f"{self.what} #{self.pk}"

    @property
    def is_over(self) -> bool:
        """Whether nothing more happens with it."""
        return self.state in (State.DONE, State.FAILED)
