"""Who works here and what each of them may do: one table, read by the code and drawn on a page."""

from dataclasses import dataclass

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    SALES = "sales", _("销售")
    WAREHOUSE = "warehouse", _("仓库")
    MANAGER = "manager", _("经理")


@dataclass(frozen=True)
class Right:
    """One line of the table: what may be done, and by whom."""

    key: str
    label: str | Promise
    roles: frozenset[str]


def _right(key: str, label: str | Promise, *roles: str) -> Right:
    return Right(key, label, frozenset(roles))


SALES, WAREHOUSE, MANAGER, CUSTOMER = "sales", "warehouse", "manager", "customer"

RIGHTS: tuple[Right, ...] = (
    _right("orders.view", _("查看订单（销售：自己的和未分配的，或按设置查看全部）"), SALES, MANAGER),
    _right("orders.view_own", _("查看自己的订单（凭链接）"), CUSTOMER),
    _right("orders.create", _("新建和修改订单"), SALES, MANAGER),
    _right("warehouse.view", _("查看仓库看板与拣货单"), WAREHOUSE, MANAGER),
    _right("warehouse.ship", _("配货、发货、登记签收"), WAREHOUSE, MANAGER),
    _right("conversations.view", _("查看并回复客户会话"), SALES, MANAGER),
    _right("conversations.view_own", _("在自己的订单里聊天"), CUSTOMER),
    _right("conversations.note", _("写内部备注"), SALES, MANAGER),
    _right("payments.record", _("登记收款、退款到账"), MANAGER),
    _right("admin", _("管理后台：商品、库存、员工、设置、密钥"), MANAGER),
)


def may(role: str, key: str) -> bool:
    """Whether a role has a right of the table. Raises StopIteration for an unknown key."""
    return role in next(right for right in RIGHTS if right.key == key).roles
