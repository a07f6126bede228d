"""The sweeps of notifications: rows with a due time, so that the next sweep makes up for a missed one."""

from celery import shared_task

from messaging.services.channels.delivery import deliver_all
from messaging.services.notifications.back_in_stock import notify_waiting_customers
from messaging.services.notifications.release import release_due
from messaging.services.notifications.timers import cancel_unpaid, plan_timers, remind_of_holidays
from messaging.services.notifications.waiting import reschedule_after_changed_hours
from shopcomm.core.deadlocks import leave_to_next_sweep


@shared_task(name="notifications.release")
def release_notices() -> int:
    """Send due notices. Runs when one has become due, and every few seconds."""
    return release_due()


@shared_task(name="notifications.deliver")
def deliver_notices() -> int:
    """Serve the channels outside the product."""
    return deliver_all()


@shared_task(name="notifications.timers")
def run_notice_timers() -> int:
    """Move what waits when hours have changed, write the notices of timers that ran out, cancel what was reminded of in vain, go on with lists for goods."""
    done = 0
    for step in (
        reschedule_after_changed_hours,
        plan_timers,
        cancel_unpaid,
        notify_waiting_customers,
        remind_of_holidays,
    ):
        with leave_to_next_sweep(step.__name__):
            done += step()
    return done
