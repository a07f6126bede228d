from axes.apps import AppConfig as AxesConfig
from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    default = True
    name = "shopcomm.core.accounts"
    label = "accounts"
    verbose_name = _("账户")


class LoginGuardConfig(AxesConfig):
    """django-axes under a name that managers understand."""

    verbose_name = _("登录保护")
