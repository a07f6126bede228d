"""The sweeps of notifications: rows with a due time, so that one that is missed is made up by the next."""

from celery import shared_task

from messaging.services.channels.delivering import deliver_all
from messaging.services.notifications.back_in_stock import tell_waiting
from messaging.services.notifications.holidays import remind_of_holidays
from messaging.services.notifications.release import release_due
from messaging.services.notifications.timers import cancel_unpaid, plan_timers


@shared_task(name="notifications.release")
def release() -> int:
    """Tell what is due. Runs when something has become due, and every few seconds."""
    return release_due()


@shared_task(name="notifications.deliver")
def deliver() -> int:
    """Serve the channels outside the product."""
    return deliver_all()


@shared_task(name="notifications.timers")
def timers() -> int:
    """Write the notices of timers that ran out, cancel what was reminded of in vain, go on with lists for goods."""
    return plan_timers() + cancel_unpaid() + tell_waiting() + remind_of_holidays()
