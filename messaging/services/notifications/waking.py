"""Tell a worker that notices are due. Whatever is lost comes again by the clock."""

from shopcomm.core.events.wake import wake_task


def wake_release() -> None:
    """Ask a worker to send what is due now."""
    wake_task("notifications.release")


def wake_deliveries() -> None:
    """Ask a worker to try the channels now."""
    wake_task("notifications.deliver")
