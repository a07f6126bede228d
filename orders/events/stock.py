"""Events of stock. They belong to no order."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy

from shopcomm.core.events.kinds import SHOP, Event


@dataclass(frozen=True, kw_only=True)
class StockEvent(Event):
    """A fact of one variant."""

    audience = SHOP
    icon = "boxes"

    sku: str
    available: int


@dataclass(frozen=True, kw_only=True)
class StockLow(StockEvent):
    type = "stock.low"
    label = gettext_lazy("库存低于预警线")
    notices = ("stock_low",)

    threshold: int


@dataclass(frozen=True, kw_only=True)
class StockReplenished(StockEvent):
    type = "stock.replenished"
    label = gettext_lazy("库存已补足")
    notices = ("stock_replenished",)

    threshold: int


@dataclass(frozen=True, kw_only=True)
class StockBack(StockEvent):
    """A variant that was sold out can be promised again."""

    type = "stock.back"
    label = gettext_lazy("到货")
