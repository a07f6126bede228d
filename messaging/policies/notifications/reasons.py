"""Texts that explain why a notice was sent at its time, or was not sent."""

from datetime import datetime

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from messaging.policies.notifications.timing import AT_HAND, Reason

# Somebody of the shop took it back.
BY_HAND = "by_hand"
# It could not be told, time after time.
BROKEN = "broken"

REASONS: dict[str, str | Promise] = {
    Reason.AT_ONCE: gettext_lazy("立即发送"),
    Reason.DELAYED: gettext_lazy("按规则延迟"),
    Reason.URGENT: gettext_lazy("加急订单，非工作时间也立即发送"),
    Reason.OUTSIDE_HOURS: gettext_lazy("非工作时间"),
    Reason.RESTING: gettext_lazy("接收者设置了免打扰"),
    Reason.OVER_CAP: gettext_lazy("超过本规则的频次上限"),
    Reason.OVER_BUDGET: gettext_lazy("超过这位客户每天的通知条数"),
    Reason.TOO_OLD: gettext_lazy("事情过去太久，不再打扰"),
    "superseded": gettext_lazy("订单已有新的进展，这条过时了"),
    "taken_back": gettext_lazy("情况已经改变"),
    "answered": gettext_lazy("客户已回复，由员工跟进"),
    "muted": gettext_lazy("接收者关闭了这类通知"),
    "rule_off": gettext_lazy("规则已停用"),
    "nobody": gettext_lazy("接收者已不在"),
    "merged": gettext_lazy("与其他通知合并成一条"),
    BY_HAND: gettext_lazy("由员工取消"),
    AT_HAND: gettext_lazy("由员工提前发送"),
    BROKEN: gettext_lazy("多次出错，等经理处理"),
}


def reason_text(reason: str) -> str:
    """A reason in the reader's language."""
    return str(REASONS.get(reason, reason))


def waiting_text(send_at: datetime, reason: str, now: datetime) -> str:
    """ "Held until 09:00: outside working hours", with the day when it is another one."""
    local, today = timezone.localtime(send_at), timezone.localdate(now)
    moment = f"{local:%H:%M}" if local.date() == today else f"{local:%m-%d %H:%M}"
    return _("推迟到 %(moment)s：%(reason)s") % {"moment": moment, "reason": reason_text(reason)}
