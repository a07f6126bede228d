from django.db import models
from django.utils.translation import gettext_lazy as _

from shopcomm.core.fields import LineField


class ApiKey(models.Model):
    """Another system's way in. Only a digest of the secret is kept."""

    name = LineField(_("名称"), max_length=80)
    prefix = models.CharField(_("前缀"), max_length=12, unique=True)
    digest = models.CharField(_("摘要"), max_length=64, editable=False)
    scopes = models.JSONField(_("权限范围"), default=list)
    created_at = models.DateTimeField(_("建立时间"), auto_now_add=True)
    last_used_at = models.DateTimeField(_("最近使用"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("停用时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("接口密钥")
        verbose_name_plural = _("接口密钥")

    def __str__(self) -> str:
        return self.name

    def allows(self, scope: str) -> bool:
        """Whether the key covers a scope such as `orders:write`; `*` covers every one."""
        return "*" in self.scopes or scope in self.scopes
