from django.db import models
from django.utils.translation import gettext_lazy as _


class OneTimeCode(models.Model):
    """A six-digit code that was sent to a phone to prove whose it is. Only a keyed, salted digest is kept."""

    # E.164, as somebody typed it; nobody need be known by it.
    phone = models.CharField(_("手机"), max_length=20)
    salt = models.CharField(max_length=32, editable=False)
    digest = models.CharField(max_length=64, editable=False)
    created_at = models.DateTimeField(_("建立时间"))
    expires_at = models.DateTimeField(_("失效时间"))
    attempts = models.PositiveSmallIntegerField(_("尝试次数"), default=0)
    used_at = models.DateTimeField(_("使用时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("验证码")
        verbose_name_plural = _("验证码")
        indexes = [
            # How many a phone was sent lately.
            models.Index(fields=["phone", "created_at"], name="code_by_phone"),
            # Old ones are swept out by their age.
            models.Index(fields=["created_at"], name="code_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.phone} #{self.pk}"
