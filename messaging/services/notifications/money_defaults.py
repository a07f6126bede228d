"""The rules that ship with the product for money that is open: differences, what goes back, debts and their days.

Reminders of a debt are told at nine in the morning: of its day, of the day after, a week and a month later.
"""

from messaging.models import Audience, Outside, Trigger
from messaging.services.notifications.default_rule import PUSH, Default, for_customer

MONEY_DEFAULTS: tuple[Default, ...] = (
    for_customer(
        Trigger.BALANCE_DUE, "改单待付差额",
        "订单 {{订单号}} 修改后还需支付 {{待付金额}}，请联系我们付款。",
        "after the change {{balance}} are due for your order {{order}}; please get in touch to pay.",
        priority=85,
    ),
    Default(
        "balance_due_for_sales", "改单待付差额（销售）",
        "订单 {{订单号}}（{{客户称呼}}）修改后还差 {{待付金额}} 没付，请提醒客户。",
        "After its change {{balance}} are due for order {{order}} ({{customer}}); please remind them.",
        {
            "trigger": Trigger.BALANCE_DUE, "audience": Audience.ASSIGNED, "channels": [PUSH],
            "priority": 70, "outside": Outside.WAIT,
        },
    ),
    for_customer(
        Trigger.BALANCE_TO_RETURN, "待退款",
        "订单 {{订单号}} 有 {{待退金额}} 要退还给您，我们会尽快处理，退款后会通知您。",
        "{{to_return}} of your order {{order}} go back to you; we will see to it and tell you once it is done.",
        priority=85,
    ),
    Default(
        "money_to_return", "有款项要退（经理）",
        "订单 {{订单号}}（{{客户称呼}}）有 {{待退金额}} 要退给客户，请在订单的“收款”里处理。",
        "{{to_return}} of order {{order}} ({{customer}}) have to go back; see to it in the order's payments.",
        {"audience": Audience.ROLE, "role": "manager", "channels": [PUSH], "priority": 75, "outside": Outside.WAIT},
    ),
    for_customer(
        Trigger.DEBT_REDUCED, "退货抵减欠款",
        "订单 {{订单号}} 的退货抵减欠款 {{收到金额}}，还需支付 {{待付金额}}。",
        "{{amount}} were taken off for the goods of order {{order}} that came back; {{balance}} are still due.",
        priority=85,
    ),
    for_customer(
        Trigger.DEBT_DUE, "挂账到期提醒",
        "订单 {{订单号}} 的挂账今天到期，待付 {{待付金额}}，请安排付款。",
        "your order {{order}} on account is due today: {{balance}}. Please arrange the payment.",
        priority=65, steps=[540], outside=Outside.WAIT,
    ),
    for_customer(
        Trigger.DEBT_OVERDUE, "挂账逾期提醒",
        "订单 {{订单号}} 的挂账已在 {{挂账到期日}} 到期，还有 {{待付金额}} 没有付，请尽快安排。",
        "your order {{order}} on account was due on {{due_on}}; {{balance}} are still to be paid.",
        priority=65, steps=[540, 10620, 42300], outside=Outside.WAIT,
    ),
    Default(
        "debt_due_for_sales", "挂账到期（销售）",
        "{{客户称呼}} 的订单 {{订单号}} 挂账今天到期，待付 {{待付金额}}。",
        "Order {{order}} of {{customer}} is due today: {{balance}}.",
        {
            "trigger": Trigger.DEBT_DUE, "audience": Audience.ASSIGNED, "channels": [PUSH], "steps": [540],
            "priority": 60, "outside": Outside.WAIT,
        },
    ),
    Default(
        "debt_overdue_for_sales", "挂账逾期（销售）",
        "{{客户称呼}} 的订单 {{订单号}} 挂账已逾期（{{挂账到期日}}），待付 {{待付金额}}，请跟进。",
        "Order {{order}} of {{customer}} is overdue since {{due_on}}: {{balance}}. Please see to it.",
        {
            "trigger": Trigger.DEBT_OVERDUE, "audience": Audience.ASSIGNED, "channels": [PUSH],
            "steps": [540, 10620], "priority": 70, "outside": Outside.WAIT,
        },
    ),
    Default(
        "debt_overdue_for_managers", "挂账逾期（经理）",
        "{{客户称呼}} 的订单 {{订单号}} 挂账已逾期（{{挂账到期日}}），待付 {{待付金额}}。",
        "Order {{order}} of {{customer}} is overdue since {{due_on}}: {{balance}}.",
        {
            "trigger": Trigger.DEBT_OVERDUE, "audience": Audience.ROLE, "role": "manager", "channels": [PUSH],
            "steps": [540], "priority": 60, "outside": Outside.WAIT,
        },
    ),
)  # fmt: skip
