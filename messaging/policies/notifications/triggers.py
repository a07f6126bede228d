"""The triggers of notices, their labels, and how each group of them is treated."""

from enum import StrEnum
from typing import Self

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from shopcomm.core.events.kinds import all_kinds

# A notice's name as it is stored, with the label that managers read.
Names = dict[str, str | Promise]


class Trigger(StrEnum):
    """What a rule waits for. Those of an order's moves are the notices of the transition table.

    It has the labels that Django's choices have, but needs no models: rules that import it need no database.
    """

    label: Promise

    def __new__(cls, name: str, label: Promise) -> Self:
        member = str.__new__(cls, name)
        member._value_ = name
        member.label = label
        return member

    ORDER_CONFIRMED = "order_confirmed", _("下单成功")
    PAID = "paid", _("已付款")
    ON_ACCOUNT = "on_account", _("已挂账")
    PAYMENT_RECORDED = "payment_recorded", _("收到部分货款")
    PAYMENT_SETTLED = "payment_settled", _("收到余款")
    BALANCE_DUE = "balance_due", _("改单后待付差额")
    BALANCE_TO_RETURN = "balance_to_return", _("改单或取消后待退款")
    MONEY_TO_RETURN = "money_to_return", _("有款项要退，等经理处理")
    DEBT_REDUCED = "debt_reduced", _("退货抵减欠款")
    PICKING = "picking", _("开始配货")
    PARCEL_SHIPPED = "parcel_shipped", _("部分发货")
    SHIPPED = "shipped", _("已发货")
    TRACKING = "tracking", _("物流有更新")
    PARCEL_ALERT = "parcel_alert", _("包裹异常、拒收、退回或久无物流")
    DELIVERED = "delivered", _("已签收")
    PARCEL_RETURNED = "parcel_returned", _("包裹退回")
    COMPLETED = "completed", _("订单完成")
    CHANGED = "changed", _("订单被修改")
    URGED = "urged", _("客户催单")
    SHORTAGE = "shortage", _("订单缺货等销售处理")
    LOW_RATING = "low_rating", _("客户评价低")
    HANDED_OVER = "handed_over", _("会话或订单转给同事")
    AFTER_SALES = "after_sales", _("售后有进展")
    AFTER_SALES_FOR_SALES = "after_sales_for_sales", _("售后等销售处理")
    RETURN_ON_ITS_WAY = "return_on_its_way", _("退货寄出")
    PART_REFUNDED = "part_refunded", _("部分退款到账")
    CHANGE_FOR_SALES = "change_for_sales", _("修改申请等销售处理")
    CHANGE_FOR_WAREHOUSE = "change_for_warehouse", _("修改申请等仓库处理")
    CHANGE_FOR_CUSTOMER = "change_for_customer", _("修改等客户同意")
    CHANGE_ACCEPTED = "change_accepted", _("申请的修改已生效")
    CONSENT_REFUSED = "consent_refused", _("客户没有同意修改")
    CHANGE_ESCALATED = "change_escalated", _("修改申请超时未处理")
    CHANGE_REJECTED = "change_rejected", _("修改申请未通过")
    CANCELLED = "cancelled", _("订单取消")
    EXPIRED = "expired", _("超时未付关闭")
    REFUND_REQUESTED = "refund_requested", _("申请退款")
    CANCELLED_REFUNDING = "cancelled_refunding", _("取消并退款")
    REFUND_REJECTED = "refund_rejected", _("退款被驳回或撤回")
    REFUND_PARTIAL = "refund_partial", _("改为部分退款")
    REFUNDED = "refunded", _("退款到账")
    DEBT_DUE = "debt_due", _("挂账到期（从到期日零点起算）")
    DEBT_OVERDUE = "debt_overdue", _("挂账逾期（从到期日次日零点起算）")
    UNPAID = "unpaid", _("下单后超过时间未付款")
    PICKING_LONG = "picking_long", _("配货超过时间未完成")
    UNANSWERED = "unanswered", _("客户消息超过时间未回复")
    STOCK_LOW = "stock_low", _("库存低于预警线")
    STOCK_REPLENISHED = "stock_replenished", _("库存已补足")
    BACK_IN_STOCK = "back_in_stock", _("到货通知")
    HOLIDAYS_MISSING = "holidays_missing", _("下一年调休尚未公布")
    WEBHOOK_DISABLED = "webhook_disabled", _("推送地址已停用")
    KEY_EXPIRING = "key_expiring", _("接口密钥快到期")
    SYSTEM_UNREACHABLE = "system_unreachable", _("联系不上对方系统")


# Timers: they need a number of minutes; the others wait for an event.
DEBTS = frozenset({Trigger.DEBT_DUE, Trigger.DEBT_OVERDUE})
TIMERS = DEBTS | {Trigger.UNPAID, Trigger.PICKING_LONG, Trigger.UNANSWERED}
# About goods, not about an order: never for a customer, except when they asked to be told.
ABOUT_STOCK = frozenset({Trigger.STOCK_LOW, Trigger.STOCK_REPLENISHED})
# About the shop itself: for its own people.
ABOUT_SHOP = frozenset(
    {
        Trigger.HOLIDAYS_MISSING,
        Trigger.WEBHOOK_DISABLED,
        Trigger.KEY_EXPIRING,
        Trigger.SYSTEM_UNREACHABLE,
    }
)
# Money: told in the conversation whatever was turned off and however much was said already.
ALWAYS_TOLD = frozenset(
    {
        Trigger.PAID,
        Trigger.ON_ACCOUNT,
        Trigger.PAYMENT_RECORDED,
        Trigger.PAYMENT_SETTLED,
        Trigger.BALANCE_DUE,
        Trigger.BALANCE_TO_RETURN,
        Trigger.DEBT_REDUCED,
        Trigger.REFUNDED,
        Trigger.REFUND_PARTIAL,
    }
)


# Outside a customer's daily budget: money, what becomes of the parcel, and answers to what the customer asked for.
OUTSIDE_BUDGET = (
    ALWAYS_TOLD
    | DEBTS
    | {
        Trigger.PART_REFUNDED,
        Trigger.REFUND_REQUESTED,
        Trigger.REFUND_REJECTED,
        Trigger.CANCELLED_REFUNDING,
        Trigger.PARCEL_SHIPPED,
        Trigger.SHIPPED,
        Trigger.DELIVERED,
        Trigger.PARCEL_RETURNED,
        Trigger.PARCEL_ALERT,
        Trigger.CHANGED,
        Trigger.CHANGE_ACCEPTED,
        Trigger.CHANGE_REJECTED,
        Trigger.CHANGE_FOR_CUSTOMER,
        Trigger.CANCELLED,
        Trigger.AFTER_SALES,
        Trigger.BACK_IN_STOCK,
    }
)

# Where a parcel may be while it is only on its way.
ON_ITS_WAY = frozenset({"", "handed_over", "collected", "in_transit"})


def trigger_names() -> Names:
    """Every notice by its name, as managers read it, in the order in which a form offers them.

    Those known here come first, then those that a kind of fact has added.
    """
    known: Names = {trigger.value: trigger.label for trigger in Trigger}
    added: Names = {name: kind.label or kind.type for kind in all_kinds() for name in kind.notices}
    return known | {name: label for name, label in added.items() if name not in known}


def trigger_label(trigger: str) -> str:
    """What a rule waits for, in words; one that is not known any more, as it is stored."""
    return str(trigger_names().get(trigger, trigger))


def event_types_for(trigger: str) -> set[str]:
    """The types of event that may trigger a notice; which of them do, the fact itself says (`triggered`)."""
    return {kind.type for kind in all_kinds() if trigger in kind.notices}


def is_always_told(trigger: str, audience: str) -> bool:
    """Whether a notice is sent although its kind is turned off: money notices, to their customer."""
    return trigger in ALWAYS_TOLD and audience == "customer"


def counts_in_budget(trigger: str, parcel_state: str = "") -> bool:
    """Whether a customer's daily budget may hold a notice.

    A parcel that is on its way may wait; one that is at the door, lost or signed for may not.
    """
    if trigger == Trigger.TRACKING:
        return parcel_state in ON_ITS_WAY
    return trigger not in OUTSIDE_BUDGET
