"""The worker's side: one piece of work on a file at a time, the oldest first.

Whoever works holds a lock as long as their connection lives. So a run that stands at RUNNING while the lock is free was cut
off by the end of its worker, and is begun again. One at a time leaves the worker's other processes to chat and notices.
"""

from shopcomm.core.database.named_locks import held_across_transactions
from shopcomm.core.deadlocks import leave_to_next_sweep
from shopcomm.edge.files.models import WORKERS_STAGES, ExportRun, ImportRun, State
from shopcomm.edge.files.services.exporting import make_export
from shopcomm.edge.files.services.taking import work_on_import

LOCK = "files at work"
UNDER_WAY = (State.RUNNING, State.WAITING)


def work_on_files() -> int:
    """Do all that waits; returns how many pieces were begun."""
    begun = 0
    with held_across_transactions(LOCK) as mine:
        tried: set[tuple[str, int]] = set()
        while mine and (run := _next_export(tried) or _next_import(tried)):
            begun += 1
            tried.add((_place(run), run.pk))
            with leave_to_next_sweep(f"{run._meta.verbose_name} {run.pk}"):
                make_export(run) if isinstance(run, ExportRun) else work_on_import(run)
    return begun


def _place(run: ExportRun | ImportRun) -> str:
    """A piece of work: an import is several, a stage each."""
    return "export" if isinstance(run, ExportRun) else run.stage


def _next_export(tried: set[tuple[str, int]]) -> ExportRun | None:
    """The oldest that waits, one that was cut off before all others."""
    waiting = ExportRun.objects.filter(state__in=UNDER_WAY)
    waiting = waiting.exclude(pk__in=[pk for place, pk in tried if place == "export"])
    return waiting.select_related("staff").order_by("state", "pk").first()


def _next_import(tried: set[tuple[str, int]]) -> ImportRun | None:
    waiting = ImportRun.objects.filter(stage__in=WORKERS_STAGES).select_related("staff").order_by("pk")
    return next((run for run in waiting if (run.stage, run.pk) not in tried), None)
