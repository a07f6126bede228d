"""The worker's side: one piece of work on a file at a time, the oldest first.

Whoever works holds a lock as long as their connection lives. So a run that stands at RUNNING while the lock is free was cut
off by the end of its worker, and is begun again. One at a time leaves the worker's other processes to chat and notices.
"""

from shopcomm.core.database.named_locks import held_across_transactions
from shopcomm.core.deadlocks import leave_to_next_sweep
from shopcomm.edge.files.models import ExportRun, State
from shopcomm.edge.files.services.exporting import make_export

LOCK = "files at work"
UNDER_WAY = (State.RUNNING, State.WAITING)


def work_on_files() -> int:
    """Do all that waits; returns how many pieces were begun."""
    begun = 0
    with held_across_transactions(LOCK) as mine:
        tried: list[int] = []
        while mine and (run := _next(tried)):
            tried.append(run.pk)
            begun += 1
            with leave_to_next_sweep(f"export {run.pk}"):
                make_export(run)
    return begun


def _next(tried: list[int]) -> ExportRun | None:
    """The oldest run that waits, one that was cut off before all others."""
    waiting = ExportRun.objects.filter(state__in=UNDER_WAY).exclude(pk__in=tried)
    return waiting.select_related("staff").order_by("state", "pk").first()
