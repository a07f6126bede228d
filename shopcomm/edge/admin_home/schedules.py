"""What the shop does by the clock, in words: each entry of `CELERY_BEAT_SCHEDULE` by its name."""

from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django_celery_beat.models import IntervalSchedule, PeriodicTask

NAMES: dict[str, str | Promise] = {
    "relay-events": _("转交新发生的事件"),
    "expire-unpaid-orders": _("关闭超时未付的订单"),
    "release-notifications": _("发出到点的通知"),
    "deliver-notifications": _("把通知送往短信、邮件和推送"),
    "deliver-webhooks": _("发送 Webhook"),
    "notification-timers": _("检查催付和超时提醒"),
    "scheduled-messages": _("发出定时消息"),
    "escalate-changes": _("上报超时的修改申请"),
    "expire-quotes": _("让过期的报价失效"),
    "mind-shortages": _("用到货补上缺货的订单"),
    "work-on-files": _("写导出的文件，收导入的文件"),
    "poll-sources": _("读取别的系统有变化的订单"),
    "mind-parcels": _("找出两天没有物流的包裹"),
    "apply-tracking-pushes": _("处理收到的物流推送"),
    "follow-parcels": _("订阅和查询在途的包裹"),
    "move-demo-parcels": _("让演示店铺的包裹走起来"),
    "apply-inbound-orders": _("处理别的系统发来的订单"),
    "take-in-queues": _("取队列表里收到的消息"),
    "tidy-queue-tables": _("整理队列表"),
    "sync-weixin-shops": _("与微信小店同步"),
    "pull-jushuitan": _("读取聚水潭的订单"),
    "write-key-calls": _("写下接口密钥的请求"),
    "warn-of-keys": _("提醒快到期的接口密钥"),
    "sort-in-new-texts": _("把新内容排入搜索索引"),
    "draw-pictures": _("处理上传的图片"),
    "purge-unsent-uploads": _("删除没有发出的上传"),
    "purge-orphan-files": _("删除没有用处的文件"),
    "purge-files-of-lists": _("删除过期的导入导出文件"),
    "purge-by-age": _("按期限清理旧记录"),
    "complete-old-orders": _("自动完成签收已久的订单"),
    "celery.backend_cleanup": _("清理任务结果"),
}
# A whole number of the last one that fits.
STEPS = ((86400, _("每 %(count)s 天")), (3600, _("每 %(count)s 小时")), (60, _("每 %(count)s 分钟")))


def name_of(task: PeriodicTask) -> str:
    """What it does; one that somebody added themselves by its own name."""
    return str(NAMES.get(task.name, task.name))


def rhythm_of(task: PeriodicTask) -> str:
    """How often it runs."""
    if task.interval is None:
        return str(task.schedule)
    seconds = seconds_between(task)
    for length, words in STEPS:
        if seconds >= length and seconds % length == 0:
            return str(words) % {"count": seconds // length}
    return _t("每 %(count)s 秒") % {"count": seconds}


def seconds_between(task: PeriodicTask) -> int:
    """The interval, in seconds."""
    units = {
        IntervalSchedule.DAYS: 86400,
        IntervalSchedule.HOURS: 3600,
        IntervalSchedule.MINUTES: 60,
        IntervalSchedule.SECONDS: 1,
    }
    return int(task.interval.every * units.get(task.interval.period, 0))
