"""Pages for managers: a source is set up, tried without storing anything, saved; and read again from a date."""

from datetime import datetime
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shopcomm.core.accounts.access import ShopRequest, right_required
from shopcomm.core.accounts.confirming import is_confirmed, password_first_on_page
from shopcomm.core.http.outcomes import run_and_tell
from shopcomm.core.http.sent_forms import run_form_once
from shopcomm.core.outcomes import run_service
from shopcomm.core.reading import iso_moment
from shopcomm.edge.integrations.models import Connection
from shopcomm.edge.integrations.polling.errors import SourceRefused
from shopcomm.edge.integrations.polling.forms import PATHS, SourceForm, form_of_source
from shopcomm.edge.integrations.polling.models import PolledSource
from shopcomm.edge.integrations.polling.services.polling import replay_source
from shopcomm.edge.integrations.polling.services.sources import (
    WantedSource,
    check_source,
    create_polled_source,
    edit_polled_source,
    kept_secret,
)
from shopcomm.edge.integrations.polling.services.trying import Tried, try_source
from shopcomm.edge.integrations.polling.source_settings import KIND, SECRET
from shopcomm.edge.integrations.services.connections import read_statuses, readable_credentials

FORM = "integrations/polling/form.html"
# Which button of the form was pressed.
TRY = "try"


@require_http_methods(["GET", "POST"])
@right_required("admin")
def add_polled_source(request: ShopRequest) -> HttpResponse:
    """A form for a new source, which can be tried before it is saved."""
    return _form_page(request, None)


@require_http_methods(["GET", "POST"])
@right_required("admin")
def change_polled_source(request: ShopRequest, connection_id: int) -> HttpResponse:
    """The same for a source that there is."""
    return _form_page(request, get_object_or_404(Connection, pk=connection_id, kind=KIND))


@require_safe
@right_required("admin")
@password_first_on_page
def show_source_secret(request: ShopRequest, connection_id: int) -> HttpResponse:
    """What authorises, for whoever enters it somewhere else."""
    connection = get_object_or_404(Connection, pk=connection_id, kind=KIND)
    secret = readable_credentials(connection).get(SECRET, "")
    context = {"active": "integrations", "owner": connection, "secret": secret}
    return render(request, "integrations/polling/secret.html", context)


@require_POST
@right_required("admin")
def read_again(request: ShopRequest, connection_id: int) -> HttpResponse:
    """Read everything again that has changed since a moment."""
    get_object_or_404(Connection, pk=connection_id, kind=KIND)
    since = _moment(request.POST.get("since", ""))
    if since is None:
        messages.error(request, _("请填写从什么时候起"))
    else:
        replay = partial(replay_source, connection_id=connection_id, since=since)
        run_and_tell(request, replay, _("会从这个时间起重新读一遍；已经在这里的不会重复"))
    return redirect("integrations:connection", connection_id)


def _moment(text: str) -> datetime | None:
    """A moment as the field of a page sends it, in the shop's time."""
    found = iso_moment(text)
    return timezone.make_aware(found) if found and timezone.is_naive(found) else found


# --- the form -------------------------------------------------------------------------------------
def _form_page(request: ShopRequest, connection: Connection | None) -> HttpResponse:
    """The form empty, tried, refused or saved. Whatever was typed stays in it."""
    initial = form_of_source(connection) if connection else None
    form = SourceForm(request.POST or None, initial=initial, is_made=connection is not None)
    tried = None
    if request.method == "POST" and form.is_valid() and _is_confirmed(request, form):
        wanted = form.wanted()
        if TRY in request.POST:
            tried = _try(form, wanted, connection)
        elif saved := _save(request, form, wanted, connection):
            messages.success(request, _("已保存"))
            return redirect("integrations:connection", saved.pk)
    form.mark_errors()
    context = {
        "active": "integrations",
        "form": form,
        "connection": connection,
        "tried": tried,
        "paths": PATHS,
    }
    return render(request, FORM, context, status=422 if form.errors else 200)


def _is_confirmed(request: ShopRequest, form: SourceForm) -> bool:
    """Whether the password was just given: what is read is shown, and a secret is sent to an address. The form stays."""
    if is_confirmed(request):
        return True
    form.add_error(None, _("请先在新窗口里确认密码，再回到这里重试"))
    form.needs_password = True
    return False


def _try(form: SourceForm, wanted: WantedSource, connection: Connection | None) -> Tried | None:
    """Fetch one page; refused at its field where the settings lead nowhere."""
    secret = wanted.secret or (kept_secret(connection, wanted.settings) if connection else "")

    def work() -> Tried:
        check_source(wanted.settings, secret)
        source = PolledSource.objects.filter(connection=connection).first() if connection else None
        since = source.mark if source else wanted.since
        return try_source(wanted.settings, secret, read_statuses(wanted.statuses), since)

    outcome = run_service(work)
    return None if _add_refusal(form, outcome.refusal) else outcome.result


def _save(
    request: ShopRequest, form: SourceForm, wanted: WantedSource, connection: Connection | None
) -> Connection | None:
    if connection:
        work = partial(edit_polled_source, connection_id=connection.pk, wanted=wanted)
    else:
        work = partial(_made_once, request, wanted)
    outcome = run_service(work)
    return None if _add_refusal(form, outcome.refusal) else outcome.result


def _made_once(request: ShopRequest, wanted: WantedSource) -> Connection:
    """A new source; the same form again leads to it."""
    made = run_form_once(request, lambda: str(create_polled_source(wanted=wanted).pk))
    return Connection.objects.get(pk=made)


def _add_refusal(form: SourceForm, refusal: Any) -> bool:
    if refusal is None:
        return False
    field = refusal.field if isinstance(refusal, SourceRefused) else None
    form.add_error(field if field in form.fields else None, str(refusal.detail))
    return True
