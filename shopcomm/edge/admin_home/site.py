"""The admin site: the theme's, with the shop's own doors in place of Django's."""

from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from unfold.sites import UnfoldAdminSite


class ShopAdminSite(UnfoldAdminSite):
    """One way to log in, one to leave, one to change one's password: those of the shop's other pages."""

    index_title = _("管理首页")

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The shop's log-in page; somebody who is logged in but no manager is told so, and not asked for a password."""
        if request.user.is_authenticated and not self.has_permission(request):
            raise PermissionDenied
        wanted = request.GET.get("next", "")
        safe = url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()})
        place = wanted if safe and wanted.startswith("/") else reverse("admin:index")
        return redirect(place) if self.has_permission(request) else redirect_to_login(place)

    def logout(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """Leaves as everywhere else: the tabs of this browser notice."""
        from shopcomm.core.accounts.views import Logout

        return Logout.as_view()(request)

    def password_change(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One's own password is changed where one's sessions are."""
        return redirect(f"{reverse('preferences')}#password")

    def app_index(  # type: ignore[override]
        self, request: HttpRequest, app_label: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Lists are in rooms, not in the folders of programs: an app's address leads to its room."""
        from shopcomm.edge.admin_home.rooms import room_of

        room = room_of(app_label)
        return redirect(f"{reverse('admin:index')}#{room.key}" if room else "admin:index")
