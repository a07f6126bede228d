from django.db import models
from django.utils.translation import gettext_lazy as _


class ImportedDocument(models.Model):
    """An invoice that an import has taken in: the same one again changes nothing."""

    number = models.CharField(_("单据号"), max_length=64, unique=True)
    lines = models.PositiveIntegerField(_("行数"))
    amount = models.DecimalField(_("金额"), max_digits=14, decimal_places=2)
    # Places of the rows that found no place here, so that they are told and tried again with the same file.
    unmatched = models.JSONField(_("未能导入的行"), default=list)
    imported_at = models.DateTimeField(_("导入时间"), auto_now_add=True)

    class Meta:
        verbose_name = _("导入的单据")
        verbose_name_plural = _("导入的单据")

    def __str__(self) -> str:
        return self.number
