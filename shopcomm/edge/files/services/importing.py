"""A file's way in, step by step, as its manager goes it: each step hands over to a worker, or to a person again."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from orders.services.file_lists.layout import Layout
from shopcomm.core.accounts.models import Staff
from shopcomm.core.database.named_locks import wait_for_named_lock
from shopcomm.edge.files.errors import ImportStepRefused
from shopcomm.edge.files.kinds import KIND_BY_KEY
from shopcomm.edge.files.models import ImportedRow, ImportRun, RememberedLayout
from shopcomm.edge.files.services.places import imports_folder, new_name
from shopcomm.edge.files.services.waking import wake_files

Stage = ImportRun.Stage
# Files of one person that wait or are under way, so that nobody fills the disk by pressing again.
MOST_OPEN = 10
# Where rows may be in, and nobody is at work on them.
UNDOABLE = (Stage.DONE, Stage.FAILED)


def begin_import(staff: Staff, kind: str, upload: UploadedFile) -> ImportRun:
    """Keep a file, and have a worker look at it. Raises ImportStepRefused."""
    if kind not in KIND_BY_KEY:
        raise ImportStepRefused(_("没有这种导入"))
    if not upload.size:
        raise ImportStepRefused(_("文件是空的：%(name)s") % {"name": upload.name})
    if upload.size > settings.IMPORT_FILE_BYTES:
        most = settings.IMPORT_FILE_BYTES // 1024**2
        raise ImportStepRefused(_("文件超过 %(most)s MB：请分成几个，或另存为 CSV") % {"most": most})
    path = imports_folder() / new_name("table")
    digest = _keep(upload.chunks(), path)
    try:
        return _begin(staff, kind, upload, path, digest)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


@transaction.atomic
def _begin(staff: Staff, kind: str, upload: UploadedFile, path: Path, digest: str) -> ImportRun:
    Staff.objects.select_for_update().get(pk=staff.pk)
    over = (Stage.DONE, Stage.UNDONE, Stage.DROPPED, Stage.FAILED)
    if ImportRun.objects.filter(staff=staff).exclude(stage__in=over).count() >= MOST_OPEN:
        raise ImportStepRefused(_("您有太多没做完的导入：请先完成或放弃几个"))
    run = ImportRun.objects.create(
        staff=staff,
        kind=kind,
        name=Path(str(upload.name)).name[:150],
        file=path.name,
        size=upload.size or 0,
        digest=digest,
        language=translation.get_language() or settings.LANGUAGE_CODE,
    )
    wake_files()
    return run


def _keep(chunks: Iterable[bytes], path: Path) -> str:
    """Write a file down; returns the digest of what is in it."""
    digest = hashlib.sha256()
    with path.open("xb") as file:
        for chunk in chunks:
            digest.update(chunk)
            file.write(chunk)
    return digest.hexdigest()


def lay_out(run_id: int, layout: Layout, *, looks_again: bool = False) -> None:
    """Take what a person says stands where, remember it, and have the file tried; or looked at again, by another sheet."""
    with transaction.atomic():
        run = _locked(run_id, Stage.LAYING_OUT, Stage.CHECKED)
        if looks_again:
            run.layout = {"sheet": layout.sheet}
            _hand_over(run, Stage.LOOKING)
            return
        _check_layout(run, layout)
        run.layout = layout_as_json(layout)
        heads = heads_digest(run.look.get("heads", []))
        RememberedLayout.objects.update_or_create(
            kind=run.kind, heads=heads, defaults={"places": run.layout["places"]}
        )
        _hand_over(run, Stage.CHECKING)


def _check_layout(run: ImportRun, layout: Layout) -> None:
    kind = KIND_BY_KEY[run.kind]
    has = layout.places.keys()
    missing = [
        str(each.label) for each in kind.fields if each.required and not has & {each.name, each.instead}
    ]
    if missing:
        raise ImportStepRefused(_("请指出哪一列是：%(names)s") % {"names": _("、").join(missing)})
    if set(layout.places) & set(kind.adds_up):
        # Two that are confirmed at once: the second sees what the first has come to.
        wait_for_named_lock(f"import {run.kind} {run.digest}")
        if done := _earlier_of(run).first():
            when = timezone.localtime(done.finished_at or done.asked_at)
            told = {"when": f"{when:%Y-%m-%d %H:%M}"}
            raise ImportStepRefused(_("同一个文件已在 %(when)s 导入过，再导入会把数量加两遍") % told)


def _earlier_of(run: ImportRun) -> QuerySet[ImportRun]:
    """Runs of the same file whose rows are in or on their way, the newest first; one that failed half-way is such a run, too."""
    taken = ImportedRow.objects.filter(run=OuterRef("pk"), undone_at=None)
    same = ImportRun.objects.filter(kind=run.kind, digest=run.digest).exclude(pk=run.pk)
    return same.filter(Q(stage=Stage.TAKING) | Exists(taken)).order_by("-pk")


def confirm_import(run_id: int) -> None:
    """Have a tried file taken in: its good rows; what was refused stays out."""
    with transaction.atomic():
        run = _locked(run_id, Stage.CHECKED)
        _check_layout(run, layout_of(run))
        _hand_over(run, Stage.TAKING)


def undo_import(run_id: int) -> None:
    """Have what a file did taken back, as far as nothing has followed; also of a run that failed half-way."""
    with transaction.atomic():
        run = _locked(run_id, *UNDOABLE)
        if not ImportedRow.objects.filter(run=run, undone_at=None).exists():
            raise ImportStepRefused(_("这次导入没有改动，没有什么可撤销"))
        _hand_over(run, Stage.UNDOING)


def drop_import(run_id: int) -> None:
    """Leave a file be before anything of it is taken in."""
    with transaction.atomic():
        run = _locked(run_id, Stage.LAYING_OUT, Stage.CHECKED)
        run.stage, run.finished_at = Stage.DROPPED, timezone.now()
        run.save(update_fields=["stage", "finished_at"])


def _locked(run_id: int, *stages: ImportRun.Stage) -> ImportRun:
    """The run, if it is at one of these. Two managers who press at once: the second is told what the first has done."""
    run = ImportRun.objects.select_for_update().get(pk=run_id)
    if run.stage not in stages:
        raise ImportStepRefused(_("这一步已经做过了，现在是“%(stage)s”") % {"stage": run.get_stage_display()})
    return run


def _hand_over(run: ImportRun, stage: ImportRun.Stage) -> None:
    run.stage, run.begun, run.percent, run.rows, run.detail = stage, 0, 0, 0, ""
    run.save(update_fields=["stage", "begun", "percent", "rows", "detail", "layout"])
    wake_files()


def layout_as_json(layout: Layout) -> dict[str, object]:
    """A layout as a row keeps it."""
    places = {name: list(found) for name, found in layout.places.items()}
    return {"sheet": layout.sheet, "line": layout.line, "places": places}


def layout_of(run: ImportRun) -> Layout:
    """The layout that a row keeps."""
    kept = run.layout
    places = {name: tuple(found) for name, found in kept.get("places", {}).items()}
    return Layout(kept.get("sheet", 0), kept.get("line", 0), places)


def heads_digest(heads: Iterable[str]) -> str:
    """What files with the same heads have in common."""
    return hashlib.sha256("\x1f".join(heads).encode()).hexdigest()
