from datetime import datetime

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shopcomm.core.fields import LineField


class ApiKey(models.Model):
    """Another system's way in. Only a digest of the secret is kept."""

    name = LineField(_("名称"), max_length=80)
    prefix = models.CharField(_("前缀"), max_length=12, unique=True)
    digest = models.CharField(_("摘要"), max_length=64, editable=False)
    scopes = models.JSONField(_("权限范围"), default=list)
    # Requests a second; None: what the setting API_RATE allows every key.
    rate = models.PositiveIntegerField(_("每秒请求数"), null=True, blank=True)
    created_at = models.DateTimeField(_("建立时间"), auto_now_add=True)
    last_used_at = models.DateTimeField(_("最近使用"), null=True, blank=True)
    expires_at = models.DateTimeField(_("到期时间"), null=True, blank=True)
    # When managers were told that it ends soon.
    warned_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(_("停用时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("接口密钥")
        verbose_name_plural = _("接口密钥")

    def __str__(self) -> str:
        return self.name

    def allows(self, scope: str) -> bool:
        """Whether the key covers a scope such as `orders:write`; `*` covers every one."""
        return "*" in self.scopes or scope in self.scopes

    def is_expired(self, now: datetime | None = None) -> bool:
        """Whether its day has come."""
        return self.expires_at is not None and self.expires_at <= (now or timezone.now())

    @property
    def is_live(self) -> bool:
        """Whether it still opens the API."""
        return self.revoked_at is None and not self.is_expired()
