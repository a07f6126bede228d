"""Pages of exports: choosing what a list becomes, one that is being written, and the file."""

from typing import Any

from django.conf import settings
from django.http import FileResponse, Http404, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from shopcomm.core.accounts.access import ShopRequest, right_required
from shopcomm.core.http.sent_forms import run_form_once
from shopcomm.core.outcomes import Outcome, run_service
from shopcomm.core.sheets.columns import Form
from shopcomm.edge.files.filter_words import filters_in_words
from shopcomm.edge.files.lists import BY_KEY, list_for, lists_beside
from shopcomm.edge.files.models import ExportRun, State
from shopcomm.edge.files.selectors import SHOWN, own_exports
from shopcomm.edge.files.services.exporting import Wish, ask_for_list, count_listed, write_at_once
from shopcomm.edge.files.services.places import exports_folder

MIMES = {
    Form.CSV: "text/csv; charset=utf-8",
    Form.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
COUNTED = 10_000


@require_http_methods(["GET", "POST"])
@never_cache
@right_required("exports.make")
def export_form(request: ShopRequest, what: str) -> HttpResponseBase:
    """What the list becomes, with the filters it came with; a short one is the answer, a long one is written meanwhile."""
    if BY_KEY.get(what) is None:
        raise Http404
    if request.method != "POST":
        return _form_page(request, what)
    wish = _wish(request, what)
    outcome: Outcome[bytes | None] = run_service(lambda: write_at_once(request.user, wish))
    if outcome.refusal:
        return _form_page(request, what, refused=outcome)
    if outcome.result is not None:
        return _as_file(outcome.result, wish)
    asked = run_service(lambda: run_form_once(request, lambda: str(ask_for_list(request.user, wish).pk)))
    if asked.refusal:
        return _form_page(request, what, refused=asked)
    return redirect("files:export-run", asked.result)


def _wish(request: ShopRequest, what: str) -> Wish:
    """What was chosen. Only lists of the same page: the filters of another would mean nothing to it, or something else."""
    beside = {each.key for each in lists_beside(BY_KEY[what])}
    chosen, form = request.POST.get("what", what), request.POST.get("form")
    return Wish(
        what=chosen if chosen in beside else what,
        query=request.GET.urlencode(),
        form=Form(form) if form in list(Form) else Form.XLSX,
        contacts=bool(request.POST.get("contacts")),
    )


def _form_page(request: ShopRequest, what: str, refused: Outcome[Any] | None = None) -> HttpResponse:
    allowed = run_service(lambda: list_for(request.actor, what))
    refused = refused or (allowed if allowed.refusal else None)
    count = 0
    if refused is None:
        wish = Wish(what, request.GET.urlencode(), Form.XLSX)
        counted = run_service(lambda: count_listed(request.user, wish, COUNTED + 1))
        refused, count = (counted, 0) if counted.refusal else (None, counted.result)
    context = {
        "active": "files",
        "list": BY_KEY[what],
        "lists": [each for each in lists_beside(BY_KEY[what]) if request.actor.may(each.right)],
        "filters": filters_in_words(request.GET),
        "count": count,
        "many": count > COUNTED,
        "most": COUNTED,
        "at_once": settings.EXPORT_AT_ONCE_ROWS,
        "error": refused.text if refused else "",
    }
    return render(request, "files/export.html", context, status=refused.status if refused else 200)


def _as_file(content: bytes, wish: Wish) -> HttpResponse:
    answer = HttpResponse(content, content_type=MIMES[wish.form])
    answer.headers["Content-Disposition"] = _disposition(wish.what, wish.form)
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def _disposition(what: str, form: str) -> str:
    moment = timezone.localtime().strftime("%Y%m%d-%H%M")
    return content_disposition_header(True, f"{BY_KEY[what].label}-{moment}.{form}") or "attachment"


@require_safe
@never_cache
@right_required("exports.make")
def exports_page(request: ShopRequest) -> HttpResponse:
    """What somebody had written, with the links that still work."""
    runs = [(run, BY_KEY.get(run.what)) for run in own_exports(request.user)[:SHOWN]]
    return render(
        request, "files/exports.html", {"active": "files", "runs": runs, "days": settings.PURGE_FILES_DAYS}
    )


@require_safe
@never_cache
@right_required("exports.make")
def export_page(request: ShopRequest, pk: int) -> HttpResponse:
    """One of them, how far it is; for a script that part alone."""
    run = get_object_or_404(own_exports(request.user), pk=pk)
    context = {
        "active": "files",
        "run": run,
        "list": BY_KEY.get(run.what),
        "filters": filters_in_words(QueryDict(run.query)),
        "days": settings.PURGE_FILES_DAYS,
    }
    part = "X-Fragment" in request.headers
    return render(request, f"files/{'_export_state' if part else 'export_run'}.html", context)


@require_safe
@never_cache
@right_required("exports.make")
def download_export(request: ShopRequest, pk: int) -> HttpResponseBase:
    """The file, for whoever had it written, as long as they may still have what is in it."""
    run = get_object_or_404(own_exports(request.user), pk=pk, state=State.DONE)
    allowed = run_service(lambda: list_for(request.actor, run.what))
    if allowed.refusal or (run.contacts and not request.actor.may("exports.contacts")):
        raise Http404
    return _stored(run)


def _stored(run: ExportRun) -> FileResponse:
    try:
        opened = (exports_folder() / run.file).open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    answer = FileResponse(opened, content_type=MIMES[Form(run.form)])
    answer["Content-Disposition"] = _disposition(run.what, run.form)
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
