"""The one table of rights: what can be done, and by whom. The code asks it, `/rights/` draws it.

`actor.may("quotes.accept")` is the question; what is one's own is another one, `actor.owns(order)`. Whether the order
is in a state in which it can be done is the business of the services.
"""

from dataclasses import dataclass
from types import MappingProxyType

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from shopcomm.core.accounts.roles import (
    API,
    ASSISTANT,
    CUSTOMER,
    INTEGRATED,
    MANAGER,
    PEOPLE,
    SALES,
    SELLERS,
    STOCKROOM,
    SYSTEM,
    WAREHOUSE,
)

Label = str | Promise

ORDERS_READ, ORDERS_WRITE = "orders:read", "orders:write"
# To be told the address of a customer's page: whoever has it reads and writes there as the customer.
LINKS = "orders:links"
TALKS_READ, TALKS_WRITE = "conversations:read", "conversations:write"
PRODUCTS_READ, PRODUCTS_WRITE, EVENTS_READ = "products:read", "products:write", "events:read"
# Whole phones are a scope of their own: most programs need to recognise a customer and not to call one.
CUSTOMERS_READ, CUSTOMERS_WRITE, PHONES = "customers:read", "customers:write", "customers:phones"
RULES_READ = "rules:read"
# Whoever may write an endpoint has the events of the log sent there.
WEBHOOKS_READ, WEBHOOKS_WRITE = "webhooks:read", "webhooks:write"
SCOPES = (
    ORDERS_READ,
    ORDERS_WRITE,
    LINKS,
    PRODUCTS_READ,
    PRODUCTS_WRITE,
    TALKS_READ,
    TALKS_WRITE,
    CUSTOMERS_READ,
    CUSTOMERS_WRITE,
    PHONES,
    RULES_READ,
    EVENTS_READ,
    WEBHOOKS_READ,
    WEBHOOKS_WRITE,
)


@dataclass(frozen=True)
class Right:
    """One line of the table: what may be done, by whom, and which scope opens it to an integration.

    `roles` are those it was given to; a right with a `scope` that is somebody's of the shop, or the system's, is an
    integration's as well.
    """

    key: str
    label: Label
    roles: frozenset[str]
    scope: str = ""

    @property
    def holders(self) -> frozenset[str]:
        """Every column of the table in which it is allowed."""
        integrated = self.scope and self.roles & INTEGRATED
        return self.roles | {API} if integrated else self.roles

    @property
    def people(self) -> frozenset[str]:
        """The people among them: those a refusal names."""
        return self.roles & PEOPLE


def _right(key: str, label: Label, roles: frozenset[str] | set[str], scope: str = "") -> Right:
    return Right(key, label, frozenset(roles), scope)


# The pages of the shop's side. No scope: a key opens no page.
_pages = (
    _right("orders.view", _("打开订单、客户和报价的页面"), SELLERS),
    _right("orders.create", _("在页面上新建和修改订单"), SELLERS),
    _right("warehouse.view", _("查看仓库看板与拣货单"), STOCKROOM),
    _right("conversations.view", _("查看并回复客户会话"), SELLERS),
    _right("admin", _("管理后台：商品、库存、员工、设置、密钥"), {MANAGER}),
)

_seeing = (
    _right("orders.view_all", _("查看全部订单"), {MANAGER, SYSTEM, ASSISTANT}, ORDERS_READ),
    _right("orders.view_assigned", _("查看自己的和未分配的订单（或按设置查看全部）"), {SALES}),
    _right("orders.view_to_ship", _("查看要配货的和最近完成的订单"), {WAREHOUSE}),
    _right("orders.view_own", _("查看自己的订单（凭链接）"), {CUSTOMER}),
    _right("orders.links", _("得知客户页面的链接"), {API}, LINKS),
    _right("conversations.view_all", _("查看全部会话"), {MANAGER, SYSTEM, ASSISTANT}, TALKS_READ),
    _right("conversations.view_assigned", _("查看自己的和未分配的会话（或按设置查看全部）"), {SALES}),
    _right("conversations.view_own", _("在自己的订单里聊天"), {CUSTOMER}),
    _right("products.list", _("读取商品和库存"), {API}, PRODUCTS_READ),
    _right("customers.list", _("读取客户资料"), {API}, CUSTOMERS_READ),
    _right("customers.phones", _("读取客户的完整电话"), {API}, PHONES),
    _right("rules.read", _("读取通知规则"), {API}, RULES_READ),
    _right("events.follow", _("读取事件日志"), {API}, EVENTS_READ),
)

# One for each command of the order's state machine (`orders/policies/transitions.py`).
_moves = (
    _right("orders.place", _("下单"), SELLERS | {CUSTOMER, SYSTEM}, ORDERS_WRITE),
    _right("orders.pay", _("登记收款"), {SYSTEM, MANAGER}, ORDERS_WRITE),
    _right("orders.put_on_account", _("挂账"), SELLERS | {SYSTEM}, ORDERS_WRITE),
    _right("orders.cancel", _("取消订单"), SELLERS | {CUSTOMER}, ORDERS_WRITE),
    _right("orders.expire", _("超时关闭"), {SYSTEM}, ORDERS_WRITE),
    _right("orders.start_pick", _("开始配货"), STOCKROOM, ORDERS_WRITE),
    _right("orders.release_pick", _("放回待配货"), STOCKROOM, ORDERS_WRITE),
    _right("orders.ship_parcel", _("发货"), STOCKROOM, ORDERS_WRITE),
    _right("orders.quick_ship", _("直接发货"), STOCKROOM, ORDERS_WRITE),
    _right("orders.mark_delivered", _("登记签收"), STOCKROOM | {SYSTEM}, ORDERS_WRITE),
    _right("orders.parcel_returned", _("包裹退回重发"), STOCKROOM | {SYSTEM}, ORDERS_WRITE),
    _right("orders.confirm", _("确认收货"), {CUSTOMER, API}, ORDERS_WRITE),
    _right("orders.complete", _("完成订单"), SELLERS, ORDERS_WRITE),
    _right("orders.auto_complete", _("自动完成"), {SYSTEM}, ORDERS_WRITE),
    _right("orders.request_full_refund", _("申请退款"), SELLERS | {CUSTOMER}, ORDERS_WRITE),
    _right("orders.refund_settled", _("退款到账"), {SYSTEM, MANAGER}, ORDERS_WRITE),
    _right("orders.reject_refund", _("驳回退款"), SELLERS | {CUSTOMER}, ORDERS_WRITE),
    _right("orders.downgrade_to_partial", _("改为部分退款"), SELLERS, ORDERS_WRITE),
    _right("orders.cancel_paid", _("取消并退款"), SELLERS | {CUSTOMER}, ORDERS_WRITE),
)

# What makes a difference inside a move or an edit.
_exceptions = (
    _right("orders.edit", _("修改订单"), SELLERS | {SYSTEM}, ORDERS_WRITE),
    _right("orders.edit_own", _("配货前修改自己订单的地址和备注"), {CUSTOMER}),
    _right("orders.take_charge", _("负责自己新建的订单和会话"), {SALES}),
    _right(
        "orders.name_prices",
        _("写明单价、折扣和运费（仓库：只随接受的修改）"),
        SELLERS | {WAREHOUSE, SYSTEM, ASSISTANT},
        ORDERS_WRITE,
    ),
    _right("orders.close_overdue", _("按规则催款后关闭订单"), {SYSTEM}),
    _right("orders.release_any_pick", _("放回别人在配的订单"), {MANAGER, SYSTEM}, ORDERS_WRITE),
    _right("orders.deliver_early", _("还有包裹在路上时登记签收"), STOCKROOM, ORDERS_WRITE),
    _right("orders.keep_refund", _("撤回退款而不写原因"), {CUSTOMER, SYSTEM}, ORDERS_WRITE),
    _right("deposits.keep", _("决定定金退不退"), {MANAGER}, ORDERS_WRITE),
    _right("payments.record", _("登记收款、还款"), {MANAGER, SYSTEM}, ORDERS_WRITE),
    _right("refunds.pay", _("登记退款到账"), {MANAGER, SYSTEM}, ORDERS_WRITE),
    _right("evaluations.give", _("评价订单"), {CUSTOMER}),
    _right("evaluations.answer", _("回复评价"), SELLERS, ORDERS_WRITE),
)

_stockroom = (
    _right("warehouse.ship", _("配货、发货、登记签收"), STOCKROOM, ORDERS_WRITE),
    _right("parcels.scan", _("登记包裹的物流节点"), SELLERS | STOCKROOM | {SYSTEM}, ORDERS_WRITE),
    _right("stock.adjust", _("修改库存"), {MANAGER, SYSTEM}, PRODUCTS_WRITE),
    _right("shortages.report", _("登记找不到的货"), STOCKROOM, ORDERS_WRITE),
    _right("shortages.offer", _("给客户缺货方案"), SELLERS, ORDERS_WRITE),
    _right("shortages.choose", _("选择缺货方案"), SELLERS | {CUSTOMER}, ORDERS_WRITE),
)

_changes = (
    _right("changes.answer", _("答复修改申请"), SELLERS, ORDERS_WRITE),
    _right("changes.answer_stockroom", _("答复配货中的修改申请"), STOCKROOM, ORDERS_WRITE),
    _right("changes.answer_courier", _("答复要拦截包裹的申请"), SELLERS | STOCKROOM, ORDERS_WRITE),
    _right("changes.answer_outside", _("代替订单系统答复修改申请（对接允许时）"), SELLERS, ORDERS_WRITE),
    _right("changes.answer_own", _("答复商家提出的修改"), {CUSTOMER}),
    _right("changes.answer_escalated", _("答复仓库逾期未答的申请"), {MANAGER}),
    _right("changes.ask_courier", _("请快递拦截包裹"), SELLERS | {WAREHOUSE, CUSTOMER, SYSTEM}),
    _right("changes.record_consent", _("请客户同意修改，登记客户的同意"), SELLERS, ORDERS_WRITE),
    _right("changes.override", _("有未答复的修改时仍打印和发货"), {MANAGER}),
    _right("changes.set_policy", _("设定修改政策"), {MANAGER}),
)

# One for each command of a case (`orders/policies/after_sales.py`), and who is not bound by its limits.
_after_sales = (
    _right("after_sales.open", _("申请售后"), SELLERS | {CUSTOMER}, ORDERS_WRITE),
    _right("after_sales.open_late", _("售后期过后仍受理"), {MANAGER}, ORDERS_WRITE),
    _right("after_sales.approve", _("同意售后"), SELLERS, ORDERS_WRITE),
    _right("after_sales.reject", _("拒绝售后"), SELLERS, ORDERS_WRITE),
    _right("after_sales.appeal", _("对拒绝提出申诉"), {CUSTOMER}),
    _right("after_sales.withdraw", _("撤回售后"), SELLERS | {CUSTOMER}, ORDERS_WRITE),
    _right("after_sales.send", _("登记寄回的单号"), SELLERS | {CUSTOMER}, ORDERS_WRITE),
    _right("after_sales.inspect", _("验收退回的货"), STOCKROOM, ORDERS_WRITE),
    _right("after_sales.conclude", _("决定验收有出入的售后"), SELLERS, ORDERS_WRITE),
    _right("after_sales.decide_own_appeal", _("答复对自己的拒绝的申诉"), {MANAGER}, ORDERS_WRITE),
)

_talks = (
    _right("quotes.write", _("写报价、发报价"), SELLERS, ORDERS_WRITE),
    _right("quotes.accept", _("答复报价（客户：自己的）"), SELLERS | {CUSTOMER}, ORDERS_WRITE),
    _right("conversations.note", _("写内部备注"), SELLERS | {SYSTEM, ASSISTANT}, TALKS_WRITE),
    _right("conversations.speak", _("以商家的名义发消息"), SELLERS | {SYSTEM}, TALKS_WRITE),
    _right("conversations.schedule", _("定时发送消息"), SELLERS),
    _right("conversations.manage_scheduled", _("修改和取消同事的定时消息"), {MANAGER}),
)

_integrations = (
    _right("customers.write", _("写入别的系统里的客户资料"), {API}, CUSTOMERS_WRITE),
    _right("webhooks.view", _("查看 Webhook 地址和发送记录"), {MANAGER}, WEBHOOKS_READ),
    _right("webhooks.manage", _("设置 Webhook 地址，重新发送"), {MANAGER}, WEBHOOKS_WRITE),
)

_files = (
    _right("exports.make", _("把看得见的名单导出为文件"), SELLERS),
    _right("exports.contacts", _("导出完整的电话和地址"), {MANAGER}),
    _right("imports.run", _("用文件导入商品、库存、客户、订单"), {MANAGER}),
)

GROUPS: tuple[tuple[Label, tuple[Right, ...]], ...] = (
    (_("页面"), _pages),
    (_("看得见什么"), _seeing),
    (_("订单状态"), _moves),
    (_("订单与钱款"), _exceptions),
    (_("仓库与缺货"), _stockroom),
    (_("修改申请"), _changes),
    (_("售后"), _after_sales),
    (_("报价与会话"), _talks),
    (_("对接"), _integrations),
    (_("文件导入导出"), _files),
)
RIGHTS: tuple[Right, ...] = tuple(right for _name, rights in GROUPS for right in rights)
RIGHT = MappingProxyType({right.key: right for right in RIGHTS})
# Asked at every frame and row: a look-up, not a search.
_HOLDERS = {right.key: right.holders for right in RIGHTS}


def role_may(role: str, key: str) -> bool:
    """Whether a column of the table, such as the role of a member of staff, has a right. Raises KeyError for an unknown one."""
    return role in _HOLDERS[key]


def people_who_may(key: str) -> frozenset[str]:
    """The roles of people that have a right, for a refusal to name. Raises KeyError for an unknown one."""
    return RIGHT[key].people


def staff_roles_with(key: str) -> list[str]:
    """The roles of the staff that have a right, for a filter. Raises KeyError for an unknown one."""
    return sorted(RIGHT[key].people - {CUSTOMER})
