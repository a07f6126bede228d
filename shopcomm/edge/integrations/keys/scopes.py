"""Scopes of keys by names that people understand."""

from collections.abc import Iterable

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from shopcomm.core.accounts import rights

ALL = "*"
EVERYTHING = _("全部，也包括以后新增的")
SCOPE_NAMES: dict[str, str | Promise] = {
    rights.ORDERS_READ: _("看订单、包裹、售后、报价和客户的账"),
    rights.ORDERS_WRITE: _("下单，改订单，登记收款、发货和售后，写报价"),
    rights.LINKS: _("得知客户页面的链接：谁有链接，谁就能以客户的身份看和写"),
    rights.PRODUCTS_READ: _("看商品和库存"),
    rights.PRODUCTS_WRITE: _("修改库存"),
    rights.TALKS_READ: _("看会话、消息和文件，也包括内部备注"),
    rights.TALKS_WRITE: _("以商家的名义发消息"),
    rights.CUSTOMERS_READ: _("看客户资料，电话打码"),
    rights.CUSTOMERS_WRITE: _("建立和修改客户资料"),
    rights.PHONES: _("看客户的完整电话"),
    rights.RULES_READ: _("看通知规则"),
    rights.EVENTS_READ: _("看事件日志"),
    rights.WEBHOOKS_READ: _("看 Webhook 地址和发送记录"),
    rights.WEBHOOKS_WRITE: _("设置 Webhook 地址：事件会送到那里"),
}
CHOICES = [(ALL, EVERYTHING), *SCOPE_NAMES.items()]


def scope_names(scopes: Iterable[str]) -> list[str]:
    """How people call what a key may do, in the order of the table; everything is one word."""
    given = set(scopes)
    if ALL in given:
        return [str(EVERYTHING)]
    return [str(name) for scope, name in SCOPE_NAMES.items() if scope in given]
