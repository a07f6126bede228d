"""The worker's part of an import: looking at a file, trying it, taking its rows in and taking them back.

A row is one transaction with the record of what it did. So a run that was cut off goes on behind the rows it has taken, and
no row is taken twice.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from orders.errors import ImportRefused
from orders.services.file_lists.changes import Change, Effect, RowImporter, RowUndoer
from orders.services.file_lists.layout import laid_out_rows, look_at_table
from orders.services.imports.reading import Cells, Table, open_table
from orders.services.imports.values import RowRefused
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.after_commit import call_after_commit
from shopcomm.core.deadlocks import retry_on_deadlock
from shopcomm.core.events.publish import publish
from shopcomm.core.outcomes import run_service
from shopcomm.edge.files.events import ImportUndone, ListImported
from shopcomm.edge.files.kinds import KIND_BY_KEY, ImportKind
from shopcomm.edge.files.models import ImportedRow, ImportRun, RememberedLayout
from shopcomm.edge.files.services.importing import heads_digest, layout_as_json, layout_of
from shopcomm.edge.files.services.order_files import take_orders, try_orders
from shopcomm.edge.files.services.places import imports_folder
from shopcomm.edge.files.services.refusals import RefusedRows
from shopcomm.edge.files.services.telling import Teller

Stage = ImportRun.Stage
MOST_BEGUN = 3
MOST_ROWS = 200_000
Row = tuple[int, Cells, dict[str, Any]]


def work_on_import(run: ImportRun) -> None:
    """Do the stage that a run is at; whoever holds the lock of this work calls it. What was cut off is begun again."""
    teller = Teller(run, "import", run.staff_id)
    run.begun += 1
    run.save(update_fields=["begun"])
    with translation.override(run.language):
        if run.begun > MOST_BEGUN:
            _fail(run, teller, _("服务中断，没有做完；已导入的行都在，可以在这里撤销，再重新上传"))
            return
        worked = run_service(lambda: _STAGES[Stage(run.stage)](run, teller))
        if worked.refusal:
            _fail(run, teller, worked.text)


def _look(run: ImportRun, teller: Teller) -> None:
    kind, table = KIND_BY_KEY[run.kind], _opened(run)
    try:
        look = look_at_table(table, kind.fields, run.layout.get("sheet"), kind.match)
    finally:
        table.close()
    known = RememberedLayout.objects.filter(kind=run.kind, heads=heads_digest(look.heads)).first()
    run.layout = layout_as_json(look.layout) | ({"places": known.places} if known else {})
    run.look = {"sheets": look.sheets, "heads": look.heads, "samples": look.samples, "rows": look.rows}
    run.look["is_remembered"] = known is not None
    _go_on(run, teller, Stage.LAYING_OUT, "look", "layout")


def _check(run: ImportRun, teller: Teller) -> None:
    importer = _importer(run)
    if importer is None:
        run.trial = try_orders(run, teller)
        _go_on(run, teller, Stage.CHECKED, "trial", "refused_file")
        return
    counts, refused = Counter[str](), RefusedRows(run, imports_folder())

    def try_row(row: Row) -> None:
        counts[importer.compare(row[2])] += 1

    _each_row(run, teller, importer, refused, try_row)
    run.trial = _counted(counts, refused)
    run.refused_file = refused.close()
    _go_on(run, teller, Stage.CHECKED, "trial", "refused_file")


def _take(run: ImportRun, teller: Teller) -> None:
    importer, actor = _importer(run), Actor.staff(run.staff)
    if importer is None:
        run.report = take_orders(run, teller)
        _finish(run, teller, actor)
        return
    taken = dict(ImportedRow.objects.filter(run=run).values_list("line", "effect"))
    counts, refused, notes = Counter[str](), RefusedRows(run, imports_folder()), list[str]()

    def take_row(row: Row) -> None:
        if known := taken.get(row[0]):
            counts[known] += 1
            return
        change = _take_row(run, importer, row, actor)
        counts[change.effect] += 1
        notes.extend([change.note] if change.note else [])

    _each_row(run, teller, importer, refused, take_row)
    run.report = _counted(counts, refused) | {"notes": notes[:100]}
    run.refused_file = refused.close()
    _finish(run, teller, actor)


def _finish(run: ImportRun, teller: Teller, actor: Actor) -> None:
    """What it came to, as an event as well."""
    run.finished_at, counts = timezone.now(), run.report
    fact = ListImported(
        what=run.kind,
        file=run.name,
        run=run.pk,
        new=counts[Effect.NEW.value],
        changed=counts[Effect.CHANGED.value],
        refused=counts["refused"],
    )
    with transaction.atomic():
        publish(fact, actor=actor)
        _go_on(run, teller, Stage.DONE, "report", "refused_file", "finished_at")


@retry_on_deadlock
@transaction.atomic
def _take_row(run: ImportRun, importer: RowImporter, row: Row, actor: Actor) -> Change:
    try:
        with transaction.atomic():
            change = importer.take(row[2], actor)
    except IntegrityError as error:
        raise RowRefused(_("别人正好在改同一条，请再导入一次")) from error
    if change.effect is not Effect.SAME:
        kept = {name: value for name, value in asdict(change).items() if name != "note"}
        ImportedRow.objects.create(run=run, line=row[0], **kept)
    return change


def _undo(run: ImportRun, teller: Teller) -> None:
    _check_may_import(run)
    undoer, actor = KIND_BY_KEY[run.kind].undoer(run.name), Actor.staff(run.staff)
    waiting = list(
        ImportedRow.objects.filter(run=run, undone_at=None).order_by("-line").values_list("pk", flat=True)
    )
    kept: list[list[Any]] = []
    for count, pk in enumerate(waiting, start=1):
        try:
            _undo_row(pk, undoer, actor)
        except RowRefused as refusal:
            line = ImportedRow.objects.values_list("line", flat=True).get(pk=pk)
            kept.append([line, str(refusal)])
        teller.tell_progress(rows=count, percent=count * 100 // len(waiting))
    undone = ImportedRow.objects.filter(run=run).exclude(undone_at=None).count()
    run.undoing = {"undone": undone, "kept": len(kept), "reasons": sorted(kept)[:200]}
    with transaction.atomic():
        fact = ImportUndone(what=run.kind, file=run.name, run=run.pk, undone=undone, kept=len(kept))
        publish(fact, actor=actor)
        # What is left can be tried again, once what followed is out of the way.
        _go_on(run, teller, Stage.DONE if kept else Stage.UNDONE, "undoing")


@retry_on_deadlock
@transaction.atomic
def _undo_row(pk: int, undoer: RowUndoer, actor: Actor) -> None:
    row = ImportedRow.objects.select_for_update().get(pk=pk)
    if row.undone_at is None:
        undoer.undo(Change(Effect(row.effect), row.object_id, row.before, row.after), actor)
        row.undone_at = timezone.now()
        row.save(update_fields=["undone_at"])


def _each_row(
    run: ImportRun, teller: Teller, importer: RowImporter, refused: RefusedRows, work: Callable[[Row], None]
) -> None:
    """Do something with each row of the file; one that is refused is written down with its reason."""
    seen: dict[str, int] = {}
    table = _opened(run)
    try:
        for count, row in enumerate(_rows(run, table), start=1):
            if count > MOST_ROWS:
                most = f"{MOST_ROWS:,}"
                raise ImportRefused(_("一个文件最多 %(most)s 行：请分成几个文件再导入") % {"most": most})
            run.rows = count
            try:
                key = importer.key_of(row[2])
                if seen.setdefault(key, row[0]) != row[0]:
                    raise RowRefused(
                        _("和第 %(line)s 行重复：%(key)s") % {"line": seen[key], "key": key[:60]}
                    )
                work(row)
            except RowRefused as refusal:
                refused.add(row[0], row[1], str(refusal))
            teller.tell_progress(rows=count, percent=int(table.done * 100))
    finally:
        table.close()


def _rows(run: ImportRun, table: Table) -> Iterator[Row]:
    return laid_out_rows(table, layout_of(run), KIND_BY_KEY[run.kind].fields)


def _opened(run: ImportRun) -> Table:
    path: Path = imports_folder() / run.file
    if not path.exists():
        raise ImportRefused(_("文件已经不在了：请重新上传"))
    return open_table(path)


def _importer(run: ImportRun) -> RowImporter | None:
    """What takes its rows in, None for orders. Raises ImportRefused."""
    _check_may_import(run)
    kind: ImportKind = KIND_BY_KEY[run.kind]
    return kind.make(run.name) if kind.make else None


def _check_may_import(run: ImportRun) -> None:
    """Whoever began it may have lost the right meanwhile."""
    if not (run.staff.is_active and Actor.staff(run.staff).may("imports.run")):
        raise ImportRefused(_("发起导入的人已没有这个权限"))


def _counted(counts: Counter[str], refused: RefusedRows) -> dict[str, Any]:
    numbers = {each.value: counts[each] for each in Effect}
    return numbers | {"refused": refused.count, "errors": refused.first}


def _go_on(run: ImportRun, teller: Teller, stage: ImportRun.Stage, *fields: str) -> None:
    run.stage, run.percent = stage, 100
    run.save(update_fields=["stage", "percent", "rows", *fields])
    call_after_commit(partial(teller.tell_state, stage))


def _fail(run: ImportRun, teller: Teller, why: str) -> None:
    run.detail, run.finished_at = why[:300], timezone.now()
    _go_on(run, teller, Stage.FAILED, "detail", "finished_at")


_STAGES: dict[ImportRun.Stage, Callable[[ImportRun, Teller], None]] = {
    Stage.LOOKING: _look,
    Stage.CHECKING: _check,
    Stage.TAKING: _take,
    Stage.UNDOING: _undo,
}
