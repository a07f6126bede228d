"""Pages for managers: a new account at 聚水潭, and what it is asked with."""

from functools import partial

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from shopcomm.core.accounts.access import ShopRequest, right_required
from shopcomm.core.accounts.confirming import password_first_on_page
from shopcomm.edge.integrations.credential_pages import (
    PlatformForm,
    answer_credentials,
    answer_new_platform,
    credential_field,
)
from shopcomm.edge.integrations.jushuitan.codes import KIND
from shopcomm.edge.integrations.jushuitan.pulling import add_jushuitan_account
from shopcomm.edge.integrations.jushuitan.way import JUSHUITAN
from shopcomm.edge.integrations.models import Connection
from shopcomm.edge.integrations.services.connections import change_credentials, readable_credentials


class JushuitanForm(PlatformForm):
    """What 聚水潭's open platform shows of the application, and the token that the merchant's consent gave."""

    app_key = credential_field("app_key", 80, _("聚水潭开放平台 › 应用管理"))
    app_secret = credential_field("app_secret", 120)
    access_token = credential_field("access_token", 200, _("授权后得到，到期前请更换"))


@require_http_methods(["GET", "POST"])
@right_required("admin")
@password_first_on_page
def new_jushuitan_account(request: ShopRequest) -> HttpResponse:
    """A form for an account. What is refused stays in it."""
    form = JushuitanForm(request.POST or None, is_new=True)
    return answer_new_platform(
        request,
        form,
        JUSHUITAN.label,
        lambda name, given: add_jushuitan_account(name=name, credentials=given),
        untried=True,
    )


@require_http_methods(["GET", "POST"])
@right_required("admin")
@password_first_on_page
def jushuitan_credentials(request: ShopRequest, connection_id: int) -> HttpResponse:
    """The credentials, shown and changed by who has just given their password."""
    connection = get_object_or_404(Connection, pk=connection_id, kind=KIND)
    form = JushuitanForm(request.POST or None, initial=readable_credentials(connection), is_new=False)
    change = partial(change_credentials, connection_id=connection_id)
    return answer_credentials(request, form, connection, lambda given: change(credentials=given))
