"""Files of lists: those that are taken in, and those that are written for somebody."""

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


class ImportRun(models.Model):
    """A file that somebody of the shop takes in: looked at, laid out, tried, taken in, and taken back if need be."""

    class Stage(models.TextChoices):
        # A worker's turn: LOOKING, CHECKING, TAKING, UNDOING. A person's: LAYING_OUT, CHECKED, DONE.
        LOOKING = "looking", _("正在读表头")
        LAYING_OUT = "laying_out", _("等您对列")
        CHECKING = "checking", _("正在试导入")
        CHECKED = "checked", _("等您确认")
        TAKING = "taking", _("正在导入")
        DONE = "done", _("已导入")
        UNDOING = "undoing", _("正在撤销")
        UNDONE = "undone", _("已撤销")
        DROPPED = "dropped", _("已放弃")
        FAILED = "failed", _("失败")

    staff = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="imports", verbose_name=_("谁导入")
    )
    # A kind of `kinds.py`, and the file under its own name and as it is kept.
    kind = models.CharField(_("种类"), max_length=20)
    name = models.CharField(_("文件名"), max_length=150)
    file = models.CharField(max_length=80, editable=False)
    size = models.PositiveBigIntegerField(_("大小"), default=0)
    digest = models.CharField(max_length=64, editable=False)
    language = models.CharField(max_length=10)
    stage = models.CharField(_("进度"), max_length=12, choices=Stage, default=Stage.LOOKING)
    # How much of the stage is done, in hundredths, and the rows so far.
    percent = models.PositiveSmallIntegerField(default=0)
    rows = models.PositiveIntegerField(_("行数"), default=0)
    # What the file looks like, and what a person said stands where.
    look = models.JSONField(default=dict)
    layout = models.JSONField(default=dict)
    # What trying it, taking it in, and taking it back came to.
    trial = models.JSONField(default=dict)
    report = models.JSONField(default=dict)
    undoing = models.JSONField(default=dict)
    # The list of the rows that were refused, beside the file.
    refused_file = models.CharField(max_length=100, blank=True, editable=False)
    detail = models.CharField(_("说明"), max_length=300, blank=True)
    begun = models.PositiveSmallIntegerField(default=0, editable=False)
    asked_at = models.DateTimeField(_("上传时间"), default=timezone.now)
    finished_at = models.DateTimeField(_("完成时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("导入")
        verbose_name_plural = _("导入")
        indexes = [
            models.Index(
                fields=["id"],
                condition=models.Q(stage__in=("looking", "checking", "taking", "undoing")),
                name="import_to_do",
            ),
            models.Index(fields=["digest"], name="import_by_digest"),
        ]

    def __str__(self) -> str:
        return f"{self.name} #{self.pk}"

    @property
    def is_workers(self) -> bool:
        """Whether a worker has to go on with it."""
        return self.stage in WORKERS_STAGES


WORKERS_STAGES = (
    ImportRun.Stage.LOOKING,
    ImportRun.Stage.CHECKING,
    ImportRun.Stage.TAKING,
    ImportRun.Stage.UNDOING,
)


class ImportedRow(models.Model):
    """What one row of a file did, written with it: a run that was cut off goes on behind it, and it can be taken back."""

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="taken", db_index=False)
    line = models.PositiveIntegerField()
    effect = models.CharField(max_length=8)
    object_id = models.BigIntegerField()
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("导入的行")
        verbose_name_plural = _("导入的行")
        constraints = [models.UniqueConstraint(fields=["run", "line", "object_id"], name="imported_row_once")]

    def __str__(self) -> str:
        return f"{self.run_id}:{self.line}"


class RememberedLayout(models.Model):
    """What somebody said stands where in files with these heads: the next one is laid out so from the start."""

    kind = models.CharField(max_length=20)
    heads = models.CharField(max_length=64)
    places = models.JSONField(default=dict)
    saved_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("记住的列")
        verbose_name_plural = _("记住的列")
        constraints = [models.UniqueConstraint(fields=["kind", "heads"], name="layout_once")]

    def __str__(self) -> str:
        return self.kind


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
