from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.utils.translation import gettext_lazy as _

from shopcomm.core.accounts.roles import Role
from shopcomm.core.fields import LineField


class StaffManager(UserManager["Staff"]):
    """Makes members of staff."""

    use_in_migrations = False

    def create_superuser(
        self, username: str, email: str | None = None, password: str | None = None, **fields: Any
    ) -> "Staff":
        """Who may do everything in the admin is a manager on the pages, too."""
        fields.setdefault("role", Role.MANAGER)
        return super().create_superuser(username, email, password, **fields)


class Staff(AbstractUser):
    """Somebody who works in the shop and logs in with a password."""

    class Theme(models.TextChoices):
        SYSTEM = "", _("跟随系统")
        LIGHT = "light", _("浅色")
        DARK = "dark", _("深色")

    role = models.CharField(_("角色"), max_length=12, choices=Role, default=Role.SALES)
    display_name = LineField(_("显示名"), max_length=60, blank=True)
    theme = models.CharField(_("外观"), max_length=8, choices=Theme, default=Theme.SYSTEM, blank=True)
    # As they last chose it; what they are told is written in it. Blank: the shop's.
    language = models.CharField(
        _("语言"),
        max_length=10,
        choices=settings.LANGUAGES,
        blank=True,
        default="",
        db_default="",
        editable=False,
    )
    sound = models.BooleanField(_("提示音"), default=True)
    single_keys = models.BooleanField(_("单键快捷键"), default=True)

    objects: ClassVar[StaffManager] = StaffManager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("员工")
        verbose_name_plural = _("员工")

    def __str__(self) -> str:
        return self.display_name or self.username
