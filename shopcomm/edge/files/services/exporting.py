"""Writing a list to a file: a short one while its page waits, a long one by a worker. Each leaves an event."""

import re
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Staff
from shopcomm.core.after_commit import call_after_commit
from shopcomm.core.events.publish import publish
from shopcomm.core.outcomes import run_service
from shopcomm.core.sheets.columns import Form, rows_of_list
from shopcomm.core.sheets.writing import Progress, write_list
from shopcomm.edge.files.errors import ExportRefused
from shopcomm.edge.files.events import ListExported
from shopcomm.edge.files.lists import ExportedList, list_for
from shopcomm.edge.files.models import ExportRun, State
from shopcomm.edge.files.services.places import exports_folder, new_name
from shopcomm.edge.files.services.telling import Teller
from shopcomm.edge.files.services.waking import wake_files

# A run that was begun so often and never ended ends whatever works on it.
MOST_BEGUN = 3
LONGEST_QUERY = 2_000
# A number in a filter may be somebody's.
DIGITS = re.compile(r"\d{7,}")


@dataclass(frozen=True)
class Wish:
    """What somebody wants written: which list, narrowed how, as what, and whether phones and addresses are to be whole."""

    what: str
    query: str
    form: Form
    contacts: bool = False


def count_listed(staff: Staff, wish: Wish, most: int) -> int:
    """How many rows a list has, counted to a cap. Raises ExportRefused."""
    _of, found = _rows(staff, wish)
    return len(found.order_by().values_list("pk")[:most])


def write_at_once(staff: Staff, wish: Wish) -> bytes | None:
    """A short list as the bytes of its file; None for one that is too long to be waited for. Raises ExportRefused."""
    if count_listed(staff, wish, settings.EXPORT_AT_ONCE_ROWS + 1) > settings.EXPORT_AT_ONCE_ROWS:
        return None
    with tempfile.TemporaryDirectory(prefix="export-") as folder:
        path = Path(folder) / "list"
        rows = _write(path, staff, wish, lambda _rows: None)
        with transaction.atomic():
            _publish(staff, wish, rows)
        return path.read_bytes()


@transaction.atomic
def ask_for_list(staff: Staff, wish: Wish) -> ExportRun:
    """Have a worker write a list. Raises ExportRefused, also when too many of theirs wait."""
    _rows(staff, wish)
    Staff.objects.select_for_update().get(pk=staff.pk)
    waiting = ExportRun.objects.filter(staff=staff, state__in=(State.WAITING, State.RUNNING)).count()
    if waiting >= settings.EXPORTS_WAITING:
        raise ExportRefused(_("已有 %(count)s 份名单在导出，请等它们完成") % {"count": waiting})
    run = ExportRun.objects.create(
        staff=staff,
        what=wish.what,
        query=wish.query,
        form=wish.form.value,
        contacts=wish.contacts,
        language=translation.get_language() or settings.LANGUAGE_CODE,
    )
    wake_files()
    return run


def make_export(run: ExportRun) -> None:
    """Write the file of a run; whoever holds the lock of this work calls it. What was begun and cut off begins again."""
    teller = Teller(run, "export", run.staff_id)
    run.begun += 1
    run.state = State.RUNNING
    run.rows = 0
    run.save(update_fields=["begun", "state", "rows"])
    if run.begun > MOST_BEGUN:
        _end(run, teller, State.FAILED, _("服务中断，没有写完；请再导出一次"))
        return
    with translation.override(run.language):
        made = run_service(lambda: _make(run, teller))
        if made.refusal:
            _end(run, teller, State.FAILED, made.text)


def _make(run: ExportRun, teller: Teller) -> None:
    staff, wish = run.staff, wish_of(run)
    _of, found = _rows(staff, wish)
    run.expected = found.order_by().count()
    run.save(update_fields=["expected"])
    name = new_name(run.form)
    path = exports_folder() / name
    try:
        run.rows = _write(path, staff, wish, lambda rows: teller.tell_progress(rows=rows))
        run.file, run.size = name, path.stat().st_size
        _end(run, teller, State.DONE, "", wish)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


@transaction.atomic
def _end(run: ExportRun, teller: Teller, state: State, detail: str, wish: Wish | None = None) -> None:
    run.state, run.detail, run.finished_at = state, detail[:300], timezone.now()
    run.save(update_fields=["state", "detail", "finished_at", "rows", "file", "size"])
    if wish:
        _publish(run.staff, wish, run.rows)
    call_after_commit(partial(teller.tell_state, state))


def wish_of(run: ExportRun) -> Wish:
    """What a run was asked for."""
    return Wish(run.what, run.query, Form(run.form), run.contacts)


def _rows(staff: Staff, wish: Wish) -> tuple[ExportedList, QuerySet]:
    """The list and its rows, for whoever may have them. Raises ExportRefused."""
    actor = Actor.staff(staff)
    of = list_for(actor, wish.what)
    if not staff.is_active or (wish.contacts and not actor.may("exports.contacts")):
        raise ExportRefused(_("您不能导出完整的电话和地址"))
    # Cut short, it would lose filters, and the list would be longer than what was asked for.
    if len(wish.query) > LONGEST_QUERY:
        raise ExportRefused(_("筛选条件不对，请回到名单重新筛选"))
    return of, of.found(actor, staff, QueryDict(wish.query))


def _write(path: Path, staff: Staff, wish: Wish, progress: Progress) -> int:
    of, found = _rows(staff, wish)
    columns = of.columns(contacts=wish.contacts)
    return write_list(path, wish.form, columns, rows_of_list(found, columns, wish.form), progress)


def _publish(staff: Staff, wish: Wish, rows: int) -> None:
    said = DIGITS.sub(lambda found: f"…{found[0][-4:]}", QueryDict(wish.query).urlencode(safe="/:"))
    fact = ListExported(
        what=wish.what, form=wish.form.value, filter=said[:300], rows=rows, contacts=wish.contacts
    )
    publish(fact, actor=Actor.staff(staff))
