"""Pages of imports, for managers: uploading a file, saying what stands where, trying it, taking it in and taking it back."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import FileResponse, Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from orders.services.file_lists.layout import Field, Layout
from shopcomm.core import reading
from shopcomm.core.accounts.access import ShopRequest, right_required
from shopcomm.core.http.outcomes import run_and_tell
from shopcomm.core.http.sent_forms import run_form_once
from shopcomm.core.outcomes import run_service
from shopcomm.edge.files.kinds import KIND_BY_KEY, KINDS
from shopcomm.edge.files.models import ImportRun
from shopcomm.edge.files.selectors import SHOWN, latest_imports
from shopcomm.edge.files.services.importing import (
    UNDOABLE,
    begin_import,
    confirm_import,
    drop_import,
    lay_out,
    layout_of,
    undo_import,
)
from shopcomm.edge.files.services.places import imports_folder

MOST_COLUMNS = 200


@require_safe
@never_cache
@right_required("imports.run")
def imports_page(request: ShopRequest) -> HttpResponse:
    """What can be taken in, and what was lately."""
    runs = [(run, KIND_BY_KEY.get(run.kind)) for run in latest_imports()[:SHOWN]]
    context = {"active": "files", "kinds": KINDS, "runs": runs, "days": settings.PURGE_FILES_DAYS}
    return render(request, "files/imports.html", context)


@require_http_methods(["GET", "POST"])
@never_cache
@right_required("imports.run")
def upload_form(request: ShopRequest, what: str) -> HttpResponse:
    """Which file, and what it may hold."""
    known = KIND_BY_KEY.get(what)
    if known is None:
        raise Http404
    context = {"active": "files", "kind": known, "most": settings.IMPORT_FILE_BYTES // 1024**2}
    if request.method != "POST":
        return render(request, "files/upload.html", context)
    upload = request.FILES.get("file")
    if upload is None:
        return render(request, "files/upload.html", context | {"error": _("请选择文件")}, status=422)
    begun = run_service(
        lambda: run_form_once(request, lambda: str(begin_import(request.user, what, upload).pk))  # type: ignore[arg-type]
    )
    if begun.refusal:
        return render(request, "files/upload.html", context | {"error": begun.text}, status=begun.status)
    return redirect("files:import-run", begun.result)


@require_safe
@never_cache
@right_required("imports.run")
def import_page(request: ShopRequest, pk: int) -> HttpResponse:
    """One import at the step it is at; for a script that part alone."""
    run = get_object_or_404(latest_imports(), pk=pk)
    part = "X-Fragment" in request.headers
    return render(request, f"files/{'_import_state' if part else 'import_run'}.html", _context(run))


def _context(run: ImportRun) -> dict[str, Any]:
    kind = KIND_BY_KEY.get(run.kind)
    if kind is None:
        raise Http404
    return {
        "active": "files",
        "run": run,
        "kind": kind,
        "columns": _columns(run),
        "fields": kind.fields,
        "sheets": list(enumerate(run.look.get("sheets", []))),
        "sheet": run.layout.get("sheet", 0),
        "days": settings.PURGE_FILES_DAYS,
        "can_undo": run.stage in UNDOABLE and run.taken.filter(undone_at=None).exists(),
    }


def _columns(run: ImportRun) -> list[dict[str, Any]]:
    """Each column of the file: its head, some of its cells, and the field that it is."""
    field_of = {at: name for name, found in layout_of(run).places.items() for at in found}
    samples = run.look.get("samples", [])
    return [
        {
            "place": at,
            "head": head,
            "samples": [row[at] for row in samples if at < len(row) and row[at]][:3],
            "field": field_of.get(at, ""),
        }
        for at, head in enumerate(run.look.get("heads", []))
    ]


@require_POST
@right_required("imports.run")
def choose_columns(request: ShopRequest, pk: int) -> HttpResponseBase:
    """What somebody says stands where; another worksheet is looked at first."""
    run = get_object_or_404(latest_imports(), pk=pk)
    now, most = run.layout.get("sheet", 0), len(run.look.get("sheets", [])) - 1
    sheet = reading.whole_number(request.POST.get("sheet", ""), least=0, most=max(most, 0))
    again = sheet is not None and sheet != now
    layout = Layout(
        now if sheet is None else sheet,
        run.layout.get("line", 0),
        _places(request, KIND_BY_KEY[run.kind].fields),
    )
    told = _("正在读另一张工作表") if again else _("开始试导入，什么都还没有改")
    run_and_tell(request, lambda: lay_out(pk, layout, looks_again=again), told)
    return redirect("files:import-run", pk)


def _places(request: ShopRequest, fields: Any) -> dict[str, tuple[int, ...]]:
    known, places = {each.name for each in fields if isinstance(each, Field)}, dict[str, tuple[int, ...]]()
    for at in range(MOST_COLUMNS):
        name = request.POST.get(f"column_{at}", "")
        if name in known:
            places[name] = (*places.get(name, ()), at)
    return places


def _step(work: Callable[[int], None], told: Callable[[], str]) -> Callable[..., HttpResponseBase]:
    """A button that hands an import over to its next step."""

    @require_POST
    @right_required("imports.run")
    def press(request: ShopRequest, pk: int) -> HttpResponseBase:
        get_object_or_404(latest_imports(), pk=pk)
        run_and_tell(request, lambda: work(pk), told())
        return redirect("files:import-run", pk)

    return press


take_step = _step(confirm_import, lambda: _("开始导入"))
undo_step = _step(undo_import, lambda: _("开始撤销"))
drop_step = _step(drop_import, lambda: _("已放弃，什么都没有改"))


@require_safe
@never_cache
@right_required("imports.run")
def refused_rows(request: ShopRequest, pk: int) -> FileResponse:
    """The list of refused rows, each with its reason, to be mended and taken in again."""
    run = get_object_or_404(latest_imports(), pk=pk)
    path = imports_folder() / run.refused_file
    if not run.refused_file or not path.exists():
        raise Http404
    answer = FileResponse(path.open("rb"), content_type="text/csv; charset=utf-8")
    stem = run.name.rpartition(".")[0] or run.name
    answer["Content-Disposition"] = content_disposition_header(True, f"{stem}.rejected.csv") or "attachment"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
