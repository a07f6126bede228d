"""Pages for managers: a new shop at 有赞, and what its pushes are signed with."""

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
from shopcomm.edge.integrations.models import Connection
from shopcomm.edge.integrations.services.connections import (
    change_credentials,
    join_platform,
    readable_credentials,
)
from shopcomm.edge.integrations.youzan.codes import KIND, STATUSES
from shopcomm.edge.integrations.youzan.way import YOUZAN


class YouzanForm(PlatformForm):
    """What 有赞云 shows of the application that the messages are pushed for."""

    client_id = credential_field("client_id", 60, _("有赞云控制台 › 应用 › 应用概况"))
    client_secret = credential_field("client_secret", 120)


@require_http_methods(["GET", "POST"])
@right_required("admin")
@password_first_on_page
def new_youzan_shop(request: ShopRequest) -> HttpResponse:
    """A form for a shop. What is refused stays in it."""
    form = YouzanForm(request.POST or None, is_new=True)
    return answer_new_platform(
        request,
        form,
        YOUZAN.label,
        lambda name, given: join_platform(kind=KIND, name=name, statuses=STATUSES, credentials=given),
        untried=True,
    )


@require_http_methods(["GET", "POST"])
@right_required("admin")
@password_first_on_page
def youzan_credentials(request: ShopRequest, connection_id: int) -> HttpResponse:
    """The credentials, shown and changed by who has just given their password."""
    connection = get_object_or_404(Connection, pk=connection_id, kind=KIND)
    form = YouzanForm(request.POST or None, initial=readable_credentials(connection), is_new=False)
    change = partial(change_credentials, connection_id=connection_id)
    return answer_credentials(request, form, connection, lambda given: change(credentials=given))
