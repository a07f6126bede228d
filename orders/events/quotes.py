"""Events of quotes."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from orders.events.base import with_phone_consent, with_reason
from shopcomm.core.events.kinds import Event
from shopcomm.core.text import written_money


@dataclass(frozen=True, kw_only=True)
class QuoteEvent(Event):
    """A fact of one quote; `order` is the number of the order that it became."""

    icon = "orders"

    quote_id: int
    number: str
    customer_id: int
    total: str
    order: str = ""
    reason: str = ""
    consent: str = ""


@dataclass(frozen=True, kw_only=True)
class QuoteSent(QuoteEvent):
    """Laid before the customer: for the first time, changed, or with a new date."""

    type = "quote.sent"

    valid_until: str

    def timeline_text(self) -> str:
        """No line: the quote itself is shown, as a card."""
        return ""


@dataclass(frozen=True, kw_only=True)
class QuoteAccepted(QuoteEvent):
    type = "quote.accepted"
    icon = "check"

    def timeline_text(self) -> str:
        """The order that it became, and how the customer said so."""
        values = {"number": self.number, "order": self.order, "total": written_money(self.total or "0")}
        text = _("客户接受了报价单 %(number)s，已生成订单 %(order)s，合计 %(total)s") % values
        return with_phone_consent(text, self.consent)


@dataclass(frozen=True, kw_only=True)
class QuoteDeclined(QuoteEvent):
    type = "quote.declined"
    icon = "x"

    def timeline_text(self) -> str:
        """And why."""
        return with_reason(_("客户谢绝了报价单 %(number)s") % {"number": self.number}, self.reason)


@dataclass(frozen=True, kw_only=True)
class QuoteExpired(QuoteEvent):
    type = "quote.expired"
    icon = "clock"

    def timeline_text(self) -> str:
        """Its day is over."""
        return _("报价单 %(number)s 已过期") % {"number": self.number}


@dataclass(frozen=True, kw_only=True)
class QuoteWithdrawn(QuoteEvent):
    type = "quote.withdrawn"
    icon = "x"

    def timeline_text(self) -> str:
        """By the shop."""
        return _("商家撤回了报价单 %(number)s") % {"number": self.number}
