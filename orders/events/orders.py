"""Events of an order from its placing to its end."""

from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from orders.events.base import OrderEvent, money_back, overpaid_part, with_reason
from orders.models.evaluations import LOW
from orders.models.statuses import Status
from shopcomm.core.events.kinds import SHOP


@dataclass(frozen=True, kw_only=True)
class OrderCreated(OrderEvent):
    type = "order.created"
    icon = "plus"
    notices = ("order_confirmed",)

    total: str
    lines: int
    source: str = ""
    urgent: bool = False
    # The number of the quote that it came of.
    quote: str = ""

    def timeline_text(self) -> str:
        """With the sum, and the quote that it came of."""
        text = _("创建订单，合计 %(total)s") % {"total": self.money(self.total)}
        return _("%(text)s（报价单 %(quote)s）") % {"text": text, "quote": self.quote} if self.quote else text


@dataclass(frozen=True, kw_only=True)
class OrderPicking(OrderEvent):
    type = "order.picking"
    icon = "box"
    notices = ("picking", "parcel_returned")

    reason: str = ""

    def timeline_text(self) -> str:
        """For the first time, or because a parcel came back."""
        return _("包裹退回，重新配货") if self.reason == "parcel_returned" else _("开始配货")

    def triggered(self, actor_kind: str) -> tuple[str, ...]:
        """A parcel that came back is other news than the first picking."""
        return ("parcel_returned",) if self.status_from == Status.SHIPPED else ("picking",)


@dataclass(frozen=True, kw_only=True)
class OrderPickReleased(OrderEvent):
    type = "order.pick_released"
    icon = "refund"
    audience = SHOP

    def timeline_text(self) -> str:
        """The stockroom's own affair."""
        return _("放回待配货")


@dataclass(frozen=True, kw_only=True)
class OrderCompleted(OrderEvent):
    type = "order.completed"
    icon = "check"
    notices = ("completed",)

    def timeline_text(self) -> str:
        """The end of an order."""
        return _("订单已完成")


@dataclass(frozen=True, kw_only=True)
class OrderCancelled(OrderEvent):
    type = "order.cancelled"
    icon = "x"
    notices = ("cancelled", "expired", "balance_to_return", "money_to_return")

    reason: str = ""
    # The deposit that stays with the shop, by a manager's decision or the shop's rule; or below zero, what goes back.
    kept: str = ""
    balance: str = ""

    def timeline_text(self) -> str:
        """With what becomes of a deposit."""
        if self.kept:
            return with_reason(
                _("取消订单，定金 %(kept)s 不退") % {"kept": self.money(self.kept)}, self.reason
            )
        if self.balance:
            text = _("取消订单，已付的 %(amount)s 待退") % {"amount": self.money(self.balance)}
            return with_reason(text, self.reason)
        return with_reason(_("取消订单"), self.reason)

    @property
    def to_return(self) -> Decimal:
        """What was paid of it."""
        return overpaid_part(self.balance)

    def triggered(self, actor_kind: str) -> tuple[str, ...]:
        """Closed by the timer it is told as expired."""
        told = "expired" if actor_kind == "system" else "cancelled"
        return (told, *(money_back(is_told=False) if self.to_return else ()))


@dataclass(frozen=True, kw_only=True)
class OrderUrged(OrderEvent):
    """The customer presses for the order."""

    type = "order.urged"
    icon = "bell"
    conflicts = False
    alarm = True
    notices = ("urged",)

    urge_id: int

    def timeline_text(self) -> str:
        """Who presses is named before it."""
        return _("客户催单")


@dataclass(frozen=True, kw_only=True)
class OrderEvaluated(OrderEvent):
    """The customer rated the order, one to five stars each for goods and service; `edited` when not for the first time."""

    type = "order.evaluated"
    icon = "star"
    conflicts = False
    notices = ("low_rating",)

    evaluation_id: int
    goods: int
    service: int
    text: str = ""
    edited: bool = False

    def timeline_text(self) -> str:
        """The stars, and what was said."""
        text = (
            _("修改评价：商品 %(goods)s 星，服务 %(service)s 星")
            if self.edited
            else _("评价：商品 %(goods)s 星，服务 %(service)s 星")
        )
        return with_reason(text % {"goods": self.goods, "service": self.service}, self.text)

    def triggered(self, actor_kind: str) -> tuple[str, ...]:
        """Only a rating that somebody ought to do something about is news."""
        return self.notices if min(self.goods, self.service) <= LOW else ()


@dataclass(frozen=True, kw_only=True)
class EvaluationAnswered(OrderEvent):
    """The shop answered what the customer said of the order."""

    type = "order.evaluation_answered"
    icon = "chat"
    conflicts = False

    evaluation_id: int
    text: str

    def timeline_text(self) -> str:
        """The answer."""
        return with_reason(_("答复评价"), self.text)


@dataclass(frozen=True, kw_only=True)
class OrderAcknowledged(OrderEvent):
    """The warehouse has seen a new order, or the change named by `alert_id`."""

    type = "order.acknowledged"
    icon = "eye"
    audience = SHOP
    conflicts = False

    alert_id: int | None = None
    kind: str = ""

    def timeline_text(self) -> str:
        """What has been seen."""
        return _("已看到修改，照新的配货") if self.alert_id else _("已看到新订单")


@dataclass(frozen=True, kw_only=True)
class OrderPrinted(OrderEvent):
    """A manager had the pick list or the parcel slip printed despite an open change."""

    type = "order.printed"
    icon = "print"
    audience = SHOP
    conflicts = False

    paper: str
    reason: str

    def timeline_text(self) -> str:
        """Which paper, and why."""
        told = _("修改申请未处理，仍打印了面单") if self.paper else _("修改申请未处理，仍打印了拣货单")
        return with_reason(told, self.reason)
