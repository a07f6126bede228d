"""Pages for managers: a new source of webhooks, and the secret of one."""

from functools import partial

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from shopcomm.core.accounts.access import ShopRequest, right_required
from shopcomm.core.accounts.confirming import password_first_on_page
from shopcomm.core.http.outcomes import run_and_tell
from shopcomm.core.outcomes import run_service
from shopcomm.edge.integrations.models import Connection
from shopcomm.edge.integrations.services.connections import readable_credentials
from shopcomm.edge.integrations.webhooks_in.sources import KIND, renew_webhook_secret, webhook_source
from shopcomm.edge.integrations.webhooks_in.way import WEBHOOK


@require_http_methods(["GET", "POST"])
@right_required("admin")
def add_source(request: ShopRequest) -> HttpResponse:
    """A form for the name of the other system. A name that is refused stays in it."""
    name = request.POST.get("name", "")
    context = {"active": "integrations", "way": WEBHOOK, "name": name}
    if request.method == "POST":
        added = run_service(partial(webhook_source, name or " "))
        if added.refusal is None:
            messages.success(request, _("对接已建立"))
            return redirect("integrations:connection", added.result.pk)
        context["error"] = added.text
    status = 422 if "error" in context else 200
    return render(request, "integrations/webhooks_in/add.html", context, status=status)


@require_safe
@right_required("admin")
@password_first_on_page
def show_secret(request: ShopRequest, connection_id: int) -> HttpResponse:
    """The secret, for whoever enters it in the other system."""
    connection = get_object_or_404(Connection, pk=connection_id, kind=KIND)
    context = {
        "active": "integrations",
        "owner": connection,
        "secret": readable_credentials(connection).get("secret", ""),
    }
    return render(request, "integrations/webhooks_in/secret.html", context)


@require_http_methods(["GET", "POST"])
@right_required("admin")
@password_first_on_page
def renew_secret(request: ShopRequest, connection_id: int) -> HttpResponse:
    """Another secret, shown next; the old one is taken for a day more. Who comes from giving the password presses again."""
    get_object_or_404(Connection, pk=connection_id, kind=KIND)
    if request.method == "POST":
        renew = partial(renew_webhook_secret, connection_id=connection_id)
        run_and_tell(request, renew, _("密钥已更换，旧的还能用 24 小时"))
    return redirect("webhooks_in:secret", connection_id)
