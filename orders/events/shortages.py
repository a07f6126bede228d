"""Events of shortages in paid orders."""

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from orders.events.base import OrderEvent, with_phone_consent
from orders.labels import choice_text
from shopcomm.core.events.kinds import SHOP


@dataclass(frozen=True, kw_only=True)
class ShortageEvent(OrderEvent):
    """A fact of one shortage."""

    task_id: int
    sku: str
    goods: str
    missing: int
    state: str


@dataclass(frozen=True, kw_only=True)
class ShortageFound(ShortageEvent):
    """Pieces of a paid order are not there: `state` says whether that is new, another number, or laid before the
    customer; void when the pieces came before anybody was asked."""

    type = "order.shortage"
    icon = "warn"
    audience = SHOP
    conflicts = False
    notices = ("shortage",)

    def timeline_text(self) -> str:
        """How much of what is missing."""
        texts = {
            "changed": _("缺货数量变为 %(count)s 件：%(goods)s"),
            "offered": _("缺货方案已发给客户：%(goods)s ×%(count)s"),
            "void": _("缺的货已到：%(goods)s"),
        }
        text = texts.get(self.state, _("缺货：%(goods)s ×%(count)s，等销售和客户商量"))
        return text % {"goods": self.goods, "count": self.missing}

    def triggered(self, actor_kind: str) -> tuple[str, ...]:
        """A new question; that it was asked or has changed is no news."""
        return self.notices if self.state == "open" else ()


@dataclass(frozen=True, kw_only=True)
class ShortageSettled(ShortageEvent):
    """What the customer was asked about missing pieces has its answer: `state` is settled, void, arrived or late."""

    type = "order.shortage_settled"
    icon = "box"
    conflicts = False

    choice: dict[str, Any] = field(default_factory=dict)
    consent: str = ""

    def timeline_text(self) -> str:
        """What became of it, and how the customer said so."""
        texts = {
            "void": _("不再缺货：%(goods)s"),
            "arrived": _("缺的货已到：%(goods)s"),
            "late": _("说好的日期已过，%(goods)s 还没有到货"),
        }
        text = texts.get(self.state, _("%(goods)s 缺货，客户选择：%(choice)s"))
        return with_phone_consent(
            text % {"goods": self.goods, "choice": choice_text(self.choice)}, self.consent
        )
