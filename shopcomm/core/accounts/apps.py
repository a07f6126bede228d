from typing import Any

from axes.apps import AppConfig as AxesConfig
from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    default = True
    name = "shopcomm.core.accounts"
    label = "accounts"
    verbose_name = _("账户")

    def ready(self) -> None:
        """Know in which browsers people are logged in."""
        user_logged_in.connect(_came_in)
        user_logged_out.connect(_left)


class LoginGuardConfig(AxesConfig):
    """django-axes under a name that managers understand."""

    verbose_name = _("登录保护")


def _came_in(request: HttpRequest, user: Any, **kwargs: Any) -> None:
    from shopcomm.core.accounts.services.staff_sessions import record_session_use

    user_agent = request.META.get("HTTP_USER_AGENT", "")
    record_session_use(staff=user, session_key=request.session.session_key, user_agent=user_agent)


def _left(request: HttpRequest, **kwargs: Any) -> None:
    from shopcomm.core.accounts.services.staff_sessions import forget_staff_session

    forget_staff_session(session_key=request.session.session_key)
