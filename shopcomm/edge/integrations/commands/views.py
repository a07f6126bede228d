"""Where a manager says who decides, and where programs find the schemas."""

from functools import partial

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from shopcomm.core.accounts.access import ShopRequest, right_required
from shopcomm.core.http.outcomes import run_and_tell
from shopcomm.edge.integrations.commands.forms import KeepingForm
from shopcomm.edge.integrations.commands.schemas import schema_text
from shopcomm.edge.integrations.commands.services.keeping import change_keeping
from shopcomm.edge.integrations.models import Connection


@require_POST
@right_required("admin")
def save_keeping(request: ShopRequest, connection_id: int) -> HttpResponse:
    """Who decides what is changed of a connection's orders."""
    get_object_or_404(Connection, pk=connection_id)
    form = KeepingForm(request.POST)
    if form.is_valid():
        save = partial(change_keeping, connection_id=connection_id, wanted=form.wanted())
        run_and_tell(request, save, _("已保存"))
    else:
        messages.error(request, _("请从列出的推送地址里选一个"))
    return redirect("integrations:connection", connection_id)


@require_safe
def schema_file(_request: HttpRequest, name: str) -> HttpResponse:
    """A JSON schema, for anybody: it says nothing of the shop."""
    text = schema_text(name)
    if not text:
        raise Http404
    return HttpResponse(text, content_type="application/schema+json")
