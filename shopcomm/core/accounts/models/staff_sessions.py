from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class StaffSession(models.Model):
    """A browser in which somebody of the shop is logged in: what it is, and when it was last used.

    What the session holds is Django's row of the same key, and ends with it; no foreign key, since that row is written
    and deleted behind our back.
    """

    staff = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="sessions")
    session_key = models.CharField(max_length=40, unique=True, editable=False)
    user_agent = models.CharField(_("浏览器"), max_length=300, blank=True)
    began_at = models.DateTimeField(_("登录时间"))
    last_seen_at = models.DateTimeField(_("最近使用"))

    class Meta:
        verbose_name = _("登录的设备")
        verbose_name_plural = _("登录的设备")

    def __str__(self) -> str:
        return f"{self.staff_id} {self.last_seen_at:%Y-%m-%d %H:%M}"
