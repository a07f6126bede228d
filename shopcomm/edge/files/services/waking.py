"""Having a worker begin with what waits, as soon as it is committed. If that is lost, the clock does it."""

from shopcomm.core.after_commit import call_after_commit, is_called_after_commit
from shopcomm.core.events.wake import wake_task


def wake_files() -> None:
    """Work on files once the caller's transaction has committed."""
    if not is_called_after_commit(_wake):
        call_after_commit(_wake)


def _wake() -> None:
    wake_task("files.work")
