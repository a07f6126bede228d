"""The rules that ship with the product: the five messages every bag shop needs, and one for every other move.

They are made once, by `key`; what a manager changes afterwards stays changed.
"""

from collections.abc import Iterator

from django.db import transaction

from messaging.models import Audience, NotificationRule, NotificationTemplate, Outside, RuleVersion, Trigger
from messaging.services.notifications.default_rule import BOT, PUSH, SMS, Default, for_customer
from messaging.services.notifications.money_defaults import MONEY_DEFAULTS
from messaging.services.notifications.versions import snapshot_of

DEFAULTS: tuple[Default, ...] = (
    for_customer(
        Trigger.ORDER_CONFIRMED, "订单确认",
        "订单 {{订单号}} 已下单成功：{{商品摘要}}，合计 {{金额}}。收货地址：{{收货地址}}。有改动请直接在这里告诉我们。",
        "we have your order {{order}}: {{items}}, {{total}} in all. It goes to: {{address}}. Tell us here if anything is to be changed.",
        priority=70,
    ),
    for_customer(
        Trigger.SHIPPED, "发货提醒",
        "订单 {{订单号}} 已发货，{{承运商}} {{运单号}}。收到请先核对颜色和尺寸，有问题直接回复这条消息。",
        "your order {{order}} is on its way with {{carrier}}, {{tracking}}. Please check colours and sizes when it arrives, and answer here if something is wrong.",
        priority=80, channels=[PUSH, SMS],
    ),
    for_customer(
        Trigger.TRACKING, "物流更新",
        "订单 {{订单号}} 物流更新：{{物流进展}}（{{承运商}} {{运单号}}）。",
        "news of your order {{order}}: {{progress}} ({{carrier}} {{tracking}}).",
        priority=30, cap_count=3,
    ),
    Default(
        "stock_low", "库存预警",
        "库存预警：{{商品}}（{{款号}}）可用 {{可用库存}} 件，低于预警线 {{预警线}}。涉及未发订单：{{受影响订单}}；客户：{{受影响客户}}。",
        "Low stock: {{product}} ({{sku}}), {{available}} left, below {{threshold}}. Open orders: {{orders}}; customers: {{customers}}.",
        {"audience": Audience.ROLE, "role": "sales", "channels": [BOT, PUSH], "outside": Outside.WAIT, "priority": 60},
    ),
    for_customer(
        Trigger.UNPAID, "订单催付",
        "订单 {{订单号}} 还有 {{待付金额}} 没有付。货已为您保留到 {{付款期限}}，需要修改请直接回复。",
        "{{balance}} of your order {{order}} are still to be paid. We keep the goods for you until {{pay_by}}; answer here if something is to be changed.",
        priority=60, steps=[30, 240, 1200], outside=Outside.WAIT, cap_count=3,
    ),
    for_customer(
        Trigger.PAID, "付款成功",
        "订单 {{订单号}} 的货款 {{收到金额}} 已收到，我们马上安排配货。",
        "we have received {{amount}} for your order {{order}} and start to pack it.",
        priority=90,
    ),
    for_customer(
        Trigger.ON_ACCOUNT, "挂账",
        "订单 {{订单号}} 已挂账，待付 {{待付金额}}，请在 {{挂账到期日}} 前付清，我们马上安排配货。",
        "your order {{order}} is on account: {{balance}} are due by {{due_on}}. We start to pack it.",
        priority=90,
    ),
    for_customer(
        Trigger.PAYMENT_SETTLED, "收到余款",
        "订单 {{订单号}} 收到 {{收到金额}}。多付或订单取消后付的款项，我们会退还给您。",
        "we have received {{amount}} for your order {{order}}. What was paid too much, or after it was cancelled, goes back to you.",
        priority=90,
    ),
    for_customer(
        Trigger.PAYMENT_RECORDED, "收到部分货款",
        "订单 {{订单号}} 收到货款 {{收到金额}}，还需支付 {{待付金额}}。",
        "we have received {{amount}} for your order {{order}}; {{balance}} are still due.",
        priority=90,
    ),
    for_customer(
        Trigger.PICKING, "开始配货",
        "订单 {{订单号}} 已开始配货。需要改地址请尽快告诉我们。",
        "your order {{order}} is being packed. Tell us soon if the address is to be changed.",
        priority=30, outside=Outside.WAIT,
    ),
    for_customer(
        Trigger.PARCEL_SHIPPED, "部分发货",
        "订单 {{订单号}} 的一个包裹已发出，{{承运商}} {{运单号}}，其余商品随后发出。",
        "a parcel of your order {{order}} is on its way with {{carrier}}, {{tracking}}; the rest follows.",
        priority=75,
    ),
    for_customer(
        Trigger.DELIVERED, "签收提醒",
        "订单 {{订单号}} 已签收。请核对颜色、尺寸和数量，满意请确认收货。",
        "your order {{order}} has been delivered. Please check colours, sizes and quantities, and confirm if all is well.",
    ),
    for_customer(
        Trigger.PARCEL_RETURNED, "包裹退回",
        "订单 {{订单号}} 的包裹被退回，我们正在重新安排，请核对收货地址：{{收货地址}}。",
        "the parcel of your order {{order}} came back to us. Please check your address: {{address}}.",
        priority=85,
    ),
    for_customer(
        Trigger.COMPLETED, "订单完成",
        "订单 {{订单号}} 已完成，谢谢惠顾。使用中有任何问题，随时在这里找我们。",
        "your order {{order}} is complete. Thank you. We are here if anything comes up.",
        priority=20, outside=Outside.WAIT,
    ),
    for_customer(
        Trigger.CHANGED, "订单已修改",
        "订单 {{订单号}} 已修改：{{修改内容}}。",
        "your order {{order}} was changed: {{changes}}.",
        priority=75,
    ),
    Default(
        "urged", "客户催单",
        "{{客户称呼}} 在催订单 {{订单号}}（{{状态}}）。",
        "{{customer}} presses for order {{order}} ({{status}}).",
        {"audience": Audience.ASSIGNED, "channels": [PUSH], "priority": 70, "outside": Outside.WAIT},
    ),
    Default(
        "shortage", "订单缺货",
        "{{客户称呼}} 的订单 {{订单号}} 有商品缺货，请在订单页选好方案发给客户。",
        "Goods of order {{order}} are missing; let {{customer}} choose what to do, on the page of the order.",
        {"audience": Audience.ASSIGNED, "channels": [PUSH], "priority": 85, "outside": Outside.WAIT},
    ),
    for_customer(
        Trigger.AFTER_SALES, "售后进展",
        "订单 {{订单号}} 的售后有进展：{{售后进展}}",
        "news of your claim for order {{order}}: {{claim}}",
        priority=85,
    ),
    Default(
        "low_rating", "客户评价低",
        "{{客户称呼}} 对订单 {{订单号}} 不满意，请尽快联系：{{评价}}",
        "{{customer}} is not happy with order {{order}}; please get in touch: {{rating}}",
        {"audience": Audience.ASSIGNED, "channels": [PUSH], "priority": 75, "outside": Outside.WAIT},
    ),
    Default(
        "after_sales_for_sales", "售后待处理",
        "{{客户称呼}} 的订单 {{订单号}} 有售后要处理：{{售后进展}}",
        "A claim of {{customer}} for order {{order}} waits for you: {{claim}}",
        {"audience": Audience.ASSIGNED, "channels": [PUSH], "priority": 80, "outside": Outside.WAIT},
    ),
    Default(
        "return_on_its_way", "退货寄出",
        "订单 {{订单号}} 的退货已寄出，请准备验货：{{售后进展}}",
        "Goods of order {{order}} are on their way back: {{claim}}",
        {"audience": Audience.ROLE, "role": "warehouse", "channels": [PUSH], "priority": 50, "outside": Outside.WAIT},
    ),
    for_customer(
        Trigger.PART_REFUNDED, "部分退款到账",
        "订单 {{订单号}} 已退款 {{收到金额}}（{{原因}}），请留意到账。",
        "{{amount}} were refunded for your order {{order}} ({{reason}}).",
        priority=90,
    ),
    Default(
        "change_for_warehouse", "修改申请（仓库）",
        "订单 {{订单号}} 申请修改，请马上处理，处理前不能发货：{{修改内容}}",
        "A change of order {{order}} waits for you, nothing ships before: {{changes}}",
        {"audience": Audience.ROLE, "role": "warehouse", "channels": [BOT, PUSH], "priority": 90},
    ),
    Default(
        "change_for_sales", "修改申请（销售）",
        "订单 {{订单号}} 的客户 {{客户称呼}} 申请修改：{{修改内容}}",
        "{{customer}} asks for a change of order {{order}}: {{changes}}",
        {"audience": Audience.ASSIGNED, "channels": [PUSH], "priority": 85},
    ),
    for_customer(
        Trigger.CHANGE_FOR_CUSTOMER, "修改等您同意",
        "订单 {{订单号}} 有一处修改需要您同意：{{修改内容}}。请打开看看，点“同意”后才会改：{{查看链接}}",
        "a change of your order {{order}} needs your consent: {{changes}}. Nothing is changed before you agree: {{link}}",
        priority=85, channels=[PUSH, SMS],
    ),
    for_customer(
        Trigger.CHANGE_ACCEPTED, "申请的修改已生效",
        "订单 {{订单号}} 已修改：{{修改内容}}。",
        "your order {{order}} was changed: {{changes}}.",
        priority=75,
    ),
    Default(
        "change_accepted_for_sales", "申请的修改已生效（销售）",
        "订单 {{订单号}}（{{客户称呼}}）申请的修改已生效：{{修改内容}}",
        "The change of order {{order}} ({{customer}}) has been made: {{changes}}",
        {
            "trigger": Trigger.CHANGE_ACCEPTED, "audience": Audience.ASSIGNED, "channels": [PUSH],
            "priority": 60, "outside": Outside.WAIT,
        },
    ),
    Default(
        "consent_refused", "客户没有同意修改",
        "{{客户称呼}} 没有同意订单 {{订单号}} 的修改：{{原因}}",
        "{{customer}} did not agree to the change of order {{order}}: {{reason}}",
        {"audience": Audience.ASSIGNED, "channels": [PUSH], "priority": 85, "outside": Outside.WAIT},
    ),
    Default(
        "change_rejected_for_sales", "修改申请未通过（销售）",
        "订单 {{订单号}}（{{客户称呼}}）的修改申请没有通过：{{原因}}",
        "The change that {{customer}} asked for order {{order}} was not made: {{reason}}",
        {
            "trigger": Trigger.CHANGE_REJECTED, "audience": Audience.ASSIGNED, "channels": [PUSH],
            "priority": 70, "outside": Outside.WAIT,
        },
    ),
    Default(
        "change_escalated", "修改申请超时",
        "订单 {{订单号}} 的修改申请一直没有人处理，请您安排。",
        "A change of order {{order}} has not been answered in time; please see to it.",
        {"audience": Audience.ROLE, "role": "manager", "channels": [BOT, PUSH], "priority": 90},
    ),
    for_customer(
        Trigger.CHANGE_REJECTED, "修改申请未通过",
        "订单 {{订单号}} 的修改申请没有通过：{{原因}}。有疑问请直接回复。",
        "the change of your order {{order}} could not be made: {{reason}}. Answer here if you have questions.",
        priority=85,
    ),
    for_customer(
        Trigger.CANCELLED, "订单取消",
        "订单 {{订单号}} 已取消。需要重新下单请直接回复。",
        "your order {{order}} has been cancelled. Answer here if you would like to order again.",
        priority=75,
    ),
    for_customer(
        Trigger.EXPIRED, "超时未付关闭",
        "订单 {{订单号}} 超时未付款，已自动关闭，保留的货已释放。需要请重新下单。",
        "your order {{order}} was not paid in time and has been closed; the goods are free again.",
    ),
    for_customer(
        Trigger.REFUND_REQUESTED, "退款申请",
        "订单 {{订单号}} 的退款申请 {{收到金额}} 已收到，我们会尽快处理。",
        "we have your request for a refund of {{amount}} for order {{order}} and will see to it soon.",
        priority=80,
    ),
    for_customer(
        Trigger.CANCELLED_REFUNDING, "取消并退款",
        "订单 {{订单号}} 正在取消，退款 {{收到金额}} 处理中。",
        "your order {{order}} is being cancelled; the refund of {{amount}} is under way.",
        priority=80,
    ),
    for_customer(
        Trigger.REFUND_REJECTED, "退款未通过或撤回",
        "订单 {{订单号}} 的退款申请已结束，订单恢复为“{{状态}}”。有疑问请直接回复。",
        "the refund request for your order {{order}} is closed; the order is “{{status}}” again. Answer here if you have questions.",
        priority=80,
    ),
    for_customer(
        Trigger.REFUND_PARTIAL, "部分退款",
        "订单 {{订单号}} 改为部分退款 {{收到金额}}，订单恢复为“{{状态}}”。",
        "order {{order}} gets a partial refund of {{amount}} and is “{{status}}” again.",
        priority=90,
    ),
    for_customer(
        Trigger.REFUNDED, "退款到账",
        "订单 {{订单号}} 已退款 {{收到金额}}，请留意到账。",
        "{{amount}} were refunded for your order {{order}}.",
        priority=90,
    ),
    Default(
        "picking_long", "配货超时",
        "订单 {{订单号}} 配货已超过 {{等待时间}}，请尽快发货。",
        "Order {{order}} has been in picking for {{waited}}; please ship it soon.",
        {"audience": Audience.ROLE, "role": "warehouse", "steps": [240], "outside": Outside.WAIT, "channels": [BOT]},
    ),
    Default(
        "unanswered", "客户消息未回复",
        "{{客户称呼}} 的消息已等待 {{等待时间}}：{{物流进展}}",
        "{{customer}} has been waiting for {{waited}}: {{progress}}",
        {"audience": Audience.ASSIGNED, "steps": [15, 60], "outside": Outside.WAIT, "channels": [PUSH], "priority": 80},
    ),
    Default(
        "handed_over", "转给同事",
        "{{交接人}} 把 {{客户称呼}} 转给您负责。{{留言}}",
        "{{colleague}} has handed {{customer}} over to you. {{note}}",
        {"audience": Audience.ASSIGNED, "channels": [PUSH], "outside": Outside.WAIT, "priority": 75},
    ),
    Default(
        "back_in_stock", "到货通知",
        "{{客户称呼}}您好，您登记的 {{商品}} 到货了，现有 {{可用库存}} 件，需要请直接回复。",
        "Hello {{customer}}, {{product}} is back: {{available}} in stock. Answer here if you would like some.",
        {"channels": [PUSH, SMS], "priority": 60, "outside": Outside.WAIT},
    ),
    Default(
        "holidays_missing", "下一年调休尚未公布",
        "{{年份}} 年的放假和调休安排还没有写入，到时只按法定节假日计。国务院公布后，请在“营业时间”里粘贴通知。",
        "The days off and make-up workdays of {{year}} are not entered yet; until then only statutory holidays count. Once they are announced, paste them under “Working hours”.",
        {"audience": Audience.ROLE, "role": "manager", "channels": [PUSH], "outside": Outside.WAIT, "priority": 40},
    ),
    *MONEY_DEFAULTS,
)  # fmt: skip


@transaction.atomic
def ensure_default_rules() -> int:
    """Make the rules that are not there yet, switched on. Returns how many."""
    known = set(NotificationRule.objects.exclude(key="").values_list("key", flat=True))
    missing = [default for default in DEFAULTS if default.key not in known]
    rules = NotificationRule.objects.bulk_create([_rule(default) for default in missing])
    templates: list[NotificationTemplate] = []
    versions: list[RuleVersion] = []
    for rule, default in zip(rules, missing, strict=True):
        words = {("zh-hans", ""): default.zh, ("en", ""): default.en}
        templates += _templates(rule, words)
        versions.append(
            RuleVersion(
                rule=rule,
                number=1,
                snapshot=snapshot_of(rule, words),
                changed_at=rule.updated_at,
                changed_by="",
            )
        )
    NotificationTemplate.objects.bulk_create(templates)
    RuleVersion.objects.bulk_create(versions)
    return len(rules)


def _rule(default: Default) -> NotificationRule:
    return NotificationRule(
        key=default.key,
        name=default.name,
        enabled=True,
        version=1,
        # One that tells others of the same thing names its trigger.
        **{"trigger": default.key, **default.fields},
    )


def _templates(rule: NotificationRule, words: dict[tuple[str, str], str]) -> Iterator[NotificationTemplate]:
    for (language, channel), body in words.items():
        yield NotificationTemplate(rule=rule, language=language, channel=channel, body=body)
