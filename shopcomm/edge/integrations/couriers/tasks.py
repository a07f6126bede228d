"""Applying what was pushed, and speaking with the services; by the clock, for what a lost wake-up left."""

from celery import shared_task
from django.utils import timezone

from shopcomm.core.deadlocks import leave_to_next_sweep
from shopcomm.edge.integrations.couriers.services.applying import apply_push, waiting_push_ids
from shopcomm.edge.integrations.couriers.services.demo import move_demo_parcels
from shopcomm.edge.integrations.couriers.services.following import (
    accounts_to_serve,
    retire_parcels,
    serve_account,
)

BATCH = 200


@shared_task(name="couriers.apply_pushes")
def apply_pushes() -> int:
    """Apply every push that waits. Returns how many."""
    applied = 0
    while ids := waiting_push_ids(timezone.now(), BATCH):
        done = 0
        for pk in ids:
            with leave_to_next_sweep(f"tracking push {pk}"):
                done += apply_push(pk)
        applied += done
        # The rest is in another worker's hands, or did not go this time.
        if not done:
            break
    return applied


@shared_task(name="couriers.follow")
def follow_parcels() -> int:
    """Retire what is over, then subscribe and ask about what is due. Returns about how many a service was asked."""
    now = timezone.now()
    retire_parcels(now)
    asked = 0
    for account in accounts_to_serve(now):
        with leave_to_next_sweep(f"courier account {account.pk}"):
            asked += serve_account(account, now)
    return asked


@shared_task(name="couriers.move_demo")
def move_demo() -> int:
    """Move the demo shop's parcels. Returns how many."""
    return move_demo_parcels(timezone.now())
