"""The sweep of shops at 微信小店: rows with a due time, so that the next one makes up for a missed one."""

from celery import shared_task

from shopcomm.core.deadlocks import leave_to_next_sweep
from shopcomm.edge.integrations.weixin_shop.services.syncing import active_weixin_shops, sync_weixin_shop


@shared_task(name="weixin_shop.sync")
def sync_weixin_shops() -> int:
    """Serve every shop. Runs after a push and by the clock. Returns how many were served."""
    served = 0
    for connection_id in active_weixin_shops():
        with leave_to_next_sweep(f"weixin shop {connection_id}"):
            served += sync_weixin_shop(connection_id)
    return served
