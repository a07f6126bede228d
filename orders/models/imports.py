from django.db import models
from django.utils.translation import gettext_lazy as _


class ImportedDocument(models.Model):
    """An invoice that an import has taken in: the same one again changes nothing."""

    number = models.CharField(_("单据号"), max_length=64, unique=True)
    lines = models.PositiveIntegerField(_("行数"))
    amount = models.DecimalField(_("金额"), max_digits=14, decimal_places=2)
    # One for each row, so that some of its rows are known again; none for what came in before they were kept.
    marks = models.JSONField(_("各行摘要"), default=list)
    # What its file said had become of it; a later file that says otherwise is not the same.
    outcome = models.CharField(_("文件里的状态"), max_length=12, blank=True)
    # Places of the rows that found no place here, so that they are told and tried again with the same file.
    unmatched = models.JSONField(_("未能导入的行"), default=list)
    imported_at = models.DateTimeField(_("导入时间"), auto_now_add=True)

    class Meta:
        verbose_name = _("导入的单据")
        verbose_name_plural = _("导入的单据")

    def __str__(self) -> str:
        return self.number


class UnfinishedDocument(models.Model):
    """An invoice of which some rows could not be read: nothing of it is taken, and what could be read waits here."""

    number = models.CharField(_("单据号"), max_length=64, unique=True)
    dialect = models.CharField(_("文件类型"), max_length=12)
    # The cells of the readable rows by field, as they stood in the file.
    rows = models.JSONField(_("读得懂的行"), default=list)
    missing = models.PositiveIntegerField(_("读不懂的行数"))
    seen_at = models.DateTimeField(_("最近一次"), auto_now=True)

    class Meta:
        verbose_name = _("未收齐的单据")
        verbose_name_plural = _("未收齐的单据")

    def __str__(self) -> str:
        return self.number
