"""Pages for managers: a new shop at 微信小店, what it is spoken to with, and whether it answers."""

from functools import partial

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from shopcomm.core.accounts.access import ShopRequest, right_required
from shopcomm.core.accounts.confirming import password_first_on_page
from shopcomm.core.http.outcomes import run_and_tell
from shopcomm.core.http.sent_forms import run_form_once
from shopcomm.core.outcomes import Outcome, run_service
from shopcomm.edge.integrations.models import Connection
from shopcomm.edge.integrations.weixin_shop.codes import KIND
from shopcomm.edge.integrations.weixin_shop.forms import (
    WeixinCredentialsForm,
    WeixinShopForm,
    new_push_settings,
)
from shopcomm.edge.integrations.weixin_shop.models import WeixinCall
from shopcomm.edge.integrations.weixin_shop.services.queueing import retry_weixin_call
from shopcomm.edge.integrations.weixin_shop.services.shops import (
    add_weixin_shop,
    change_weixin_credentials,
    known_weixin_credentials,
    try_weixin_shop,
)
from shopcomm.edge.integrations.weixin_shop.services.syncing import told_error
from shopcomm.edge.integrations.weixin_shop.services.wire import WeixinAway, WeixinRefused

PAGES = "integrations/weixin_shop/"


@require_http_methods(["GET", "POST"])
@right_required("admin")
@password_first_on_page
def new_weixin_shop(request: ShopRequest) -> HttpResponse:
    """A form for a shop. What is refused stays in it."""
    form = WeixinShopForm(request.POST or None, initial=new_push_settings())
    if request.method != "POST" or not form.is_valid():
        return _form_page(request, form, None)
    add = partial(add_weixin_shop, name=form.cleaned_data["name"], given=form.credentials())
    added = run_service(lambda: run_form_once(request, lambda: str(add().pk)))
    if added.refusal:
        return _form_page(request, form, None, added)
    messages.success(request, _("对接已建立，请把回调地址填到微信小店后台"))
    return redirect("integrations:connection", added.result)


@require_http_methods(["GET", "POST"])
@right_required("admin")
@password_first_on_page
def weixin_credentials(request: ShopRequest, connection_id: int) -> HttpResponse:
    """The credentials, shown and changed by who has just given their password."""
    connection = get_object_or_404(Connection, pk=connection_id, kind=KIND)
    form = WeixinCredentialsForm(request.POST or None, initial=known_weixin_credentials(connection).as_kept())
    if request.method != "POST" or not form.is_valid():
        return _form_page(request, form, connection)
    change = partial(change_weixin_credentials, connection_id=connection_id, given=form.credentials())
    changed = run_service(change)
    if changed.refusal:
        return _form_page(request, form, connection, changed)
    messages.success(request, _("已保存"))
    return redirect("integrations:connection", connection_id)


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


def _form_page(
    request: ShopRequest,
    form: WeixinCredentialsForm,
    connection: Connection | None,
    refused: Outcome | None = None,
) -> HttpResponse:
    if refused is not None:
        form.add_error(None, refused.text)
    context = {"active": "integrations", "form": form, "connection": connection}
    status = refused.status if refused is not None else 422 if form.errors else 200
    return render(request, f"{PAGES}form.html", context, status=status)
