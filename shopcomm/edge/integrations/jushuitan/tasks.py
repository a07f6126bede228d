"""The sweep of accounts at 聚水潭."""

from celery import shared_task

from shopcomm.core.deadlocks import leave_to_next_sweep
from shopcomm.edge.integrations.jushuitan.pulling import due_jushuitan_accounts, pull_jushuitan


@shared_task(name="jushuitan.pull")
def pull_jushuitan_accounts() -> int:
    """Read every account that is due. Returns how many records came."""
    stored = 0
    for connection_id in due_jushuitan_accounts():
        with leave_to_next_sweep(f"jushuitan {connection_id}"):
            stored += pull_jushuitan(connection_id)
    return stored
