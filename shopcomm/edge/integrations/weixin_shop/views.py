"""Pages for managers: a new shop at 微信小店, what it is spoken to with, and whether it answers."""

from functools import partial

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from shopcomm.core.accounts.access import ShopRequest, right_required
from shopcomm.core.accounts.confirming import password_first_on_page
from shopcomm.core.http.outcomes import run_and_tell
from shopcomm.edge.integrations.credential_pages import answer_credentials, answer_new_platform
from shopcomm.edge.integrations.models import Connection
from shopcomm.edge.integrations.weixin_shop.codes import KIND
from shopcomm.edge.integrations.weixin_shop.forms import WeixinShopForm, new_push_settings
from shopcomm.edge.integrations.weixin_shop.models import WeixinCall
from shopcomm.edge.integrations.weixin_shop.services.queueing import retry_weixin_call
from shopcomm.edge.integrations.weixin_shop.services.shops import (
    WeixinCredentials,
    add_weixin_shop,
    change_weixin_credentials,
    shown_weixin_credentials,
    try_weixin_shop,
)
from shopcomm.edge.integrations.weixin_shop.services.syncing import told_error
from shopcomm.edge.integrations.weixin_shop.services.wire import WeixinAway, WeixinRefused
from shopcomm.edge.integrations.weixin_shop.way import WEIXIN_SHOP


@require_http_methods(["GET", "POST"])
@right_required("admin")
@password_first_on_page
def new_weixin_shop(request: ShopRequest) -> HttpResponse:
    """A form for a shop. What is refused stays in it."""
    form = WeixinShopForm(request.POST or None, initial=new_push_settings(), is_new=True)
    return answer_new_platform(
        request,
        form,
        WEIXIN_SHOP.label,
        lambda name, given: add_weixin_shop(name=name, given=WeixinCredentials(**given)),
    )


@require_http_methods(["GET", "POST"])
@right_required("admin")
@password_first_on_page
def weixin_credentials(request: ShopRequest, connection_id: int) -> HttpResponse:
    """The credentials, shown and changed by who has just given their password."""
    connection = get_object_or_404(Connection, pk=connection_id, kind=KIND)
    form = WeixinShopForm(request.POST or None, initial=shown_weixin_credentials(connection), is_new=False)
    return answer_credentials(
        request,
        form,
        connection,
        lambda given: change_weixin_credentials(
            connection_id=connection_id, given=WeixinCredentials(**given)
        ),
    )


@require_POST
@right_required("admin")
def try_connection(request: ShopRequest, connection_id: int) -> HttpResponse:
    """Ask the shop something harmless, and say what came of it."""
    connection = get_object_or_404(Connection, pk=connection_id, kind=KIND)
    try:
        messages.success(request, try_weixin_shop(connection))
    except (WeixinAway, WeixinRefused) as error:
        messages.error(request, told_error(error))
    return redirect("integrations:connection", connection_id)


@require_POST
@right_required("admin")
def tell_weixin_again(request: ShopRequest, call_id: int) -> HttpResponse:
    """Tell the shop once more what it did not take."""
    call = get_object_or_404(WeixinCall, pk=call_id)
    run_and_tell(request, partial(retry_weixin_call, call_id=call_id), _("几秒内会重发"))
    return redirect("integrations:connection", call.connection_id)
