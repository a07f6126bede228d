"""Having a worker send what is due, as soon as it is committed. If that is lost, the clock does it."""

from shopcomm.core.after_commit import call_after_commit, is_called_after_commit
from shopcomm.core.events.wake import wake_task


def wake_webhooks() -> None:
    """Send what is due once the caller's transaction has committed."""
    if not is_called_after_commit(_wake):
        call_after_commit(_wake)


def _wake() -> None:
    wake_task("webhooks.deliver")
