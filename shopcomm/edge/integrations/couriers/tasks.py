"""Applying what was pushed, and speaking with the services; by the clock, for what a lost wake-up left."""

from celery import shared_task
from django.utils import timezone

from shopcomm.core.deadlocks import sweep_each
from shopcomm.core.taking_turns import sweep_in_turns
from shopcomm.edge.integrations.couriers.services.applying import apply_push, waiting_push_ids
from shopcomm.edge.integrations.couriers.services.demo import move_demo_parcels
from shopcomm.edge.integrations.couriers.services.following import (
    accounts_to_serve,
    retire_parcels,
    serve_account,
)
from shopcomm.edge.integrations.couriers.services.receiving import wake_applying

BATCH = 50


@shared_task(name="couriers.apply_pushes")
def apply_pushes() -> int:
    """Apply every push that waits. Returns how many."""
    return sweep_in_turns(
        lambda: waiting_push_ids(timezone.now(), BATCH), apply_push, what="tracking push", again=wake_applying
    )


@shared_task(name="couriers.follow")
def follow_parcels() -> int:
    """Retire what is over, then subscribe and ask about what is due. Returns about how many a service was asked."""
    now = timezone.now()
    retire_parcels(now)
    return sweep_each(
        accounts_to_serve(now), lambda account: serve_account(account, now), what="courier account"
    )


@shared_task(name="couriers.move_demo")
def move_demo() -> int:
    """Move the demo shop's parcels. Returns how many."""
    return move_demo_parcels(timezone.now())
