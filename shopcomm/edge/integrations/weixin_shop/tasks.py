"""The sweep of shops at 微信小店: rows with a due time, so that the next one makes up for a missed one."""

from celery import shared_task

from shopcomm.core.deadlocks import sweep_each
from shopcomm.edge.integrations.weixin_shop.services.syncing import active_weixin_shops, sync_weixin_shop


@shared_task(name="weixin_shop.sync")
def sync_weixin_shops() -> int:
    """Serve every shop. Runs after a push and by the clock. Returns how many were served."""
    return sweep_each(active_weixin_shops(), sync_weixin_shop, what="weixin shop")
