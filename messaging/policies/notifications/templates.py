"""Templates such as {{客户称呼}}您好: the words they may ask for, checked before they are saved, filled in when they are sent.

No database: what a notice is about comes as a story of plain values.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from django.conf import settings
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from messaging.policies.notifications.triggers import ABOUT_STOCK, Trigger
from shopcomm.core.spans import written_span
from shopcomm.core.text import HOME_CURRENCY, written_money

if TYPE_CHECKING:
    from messaging.models import NotificationTemplate


class Goods(NamedTuple):
    """A line of an order."""

    name: str
    spec: str
    quantity: int


class OrderStory(NamedTuple):
    """An order, as far as words speak of it. What costs something is asked for only when a template wants it."""

    number: str
    total: Decimal
    balance: Decimal
    currency: str
    address: str
    pay_by: datetime | None = None
    due_on: date | None = None
    # In the language of the moment.
    status: Callable[[], str] = str
    # It may cost a query.
    goods: Callable[[], Sequence[Goods]] = tuple


class Story(NamedTuple):
    """What a notice is about; `data` has the facts of its event."""

    order: OrderStory | None = None
    customer_name: str = ""
    shop_name: str = ""
    data: Mapping[str, Any] = MappingProxyType({})
    # As people call it, not the code.
    carrier: str = ""
    # Asked for only when a template wants it: making a link is a write.
    link: Callable[[], str] = str


class Variable(NamedTuple):
    """A variable of templates: its Chinese and its English name, and how its value is found."""

    zh: str
    en: str
    label: str | Promise
    value: Callable[[Story], str]


def amount_text(amount: Decimal | str | None, currency: str = HOME_CURRENCY) -> str:
    """An amount as it is written in a message."""
    return "" if amount in (None, "") else written_money(amount, currency)


def _order(value: Callable[[OrderStory], str]) -> Callable[[Story], str]:
    return lambda story: value(story.order) if story.order else ""


def _fact(name: str) -> Callable[[Story], str]:
    return lambda story: str(_said(story).get(name) or story.data.get(name) or "")


def _said(story: Story) -> dict[str, str]:
    """What is written differently in the language of the moment."""
    said: dict[str, dict[str, str]] = story.data.get("said") or {}
    return said.get(get_language() or "", {})


def _amount(name: str) -> Callable[[Story], str]:
    """A sum of an event, in the order's currency."""
    return lambda story: amount_text(
        story.data.get(name), story.order.currency if story.order else HOME_CURRENCY
    )


def _items(order: OrderStory) -> str:
    lines = order.goods()
    first = _("、").join(f"{line.name} {line.spec}".strip() + f" ×{line.quantity}" for line in lines[:2])
    return (
        first if len(lines) <= 2 else _("%(first)s 等 %(count)s 款") % {"first": first, "count": len(lines)}
    )


def _pay_by(order: OrderStory) -> str:
    return f"{timezone.localtime(order.pay_by):%m-%d %H:%M}" if order.pay_by else ""


def _waited(story: Story) -> str:
    return written_span(timedelta(minutes=int(story.data.get("minutes") or 0)))


_shop = (
    Variable("店名", "shop", gettext_lazy("店名"), lambda story: story.shop_name),
    Variable("客户称呼", "customer", gettext_lazy("客户称呼"), lambda story: story.customer_name),
)
_order_words = (
    Variable("订单号", "order", gettext_lazy("订单号"), _order(lambda order: order.number)),
    Variable("商品摘要", "items", gettext_lazy("商品摘要"), _order(_items)),
    Variable("状态", "status", gettext_lazy("状态"), _order(lambda order: order.status())),
    Variable(
        "金额", "total", gettext_lazy("金额"), _order(lambda order: amount_text(order.total, order.currency))
    ),
    Variable(
        "待付金额",
        "balance",
        gettext_lazy("待付金额"),
        # What came since is counted: nothing is ever asked for below zero.
        _order(lambda order: amount_text(max(order.balance, Decimal(0)), order.currency)),
    ),
    Variable("待退金额", "to_return", gettext_lazy("待退金额"), _amount("to_return")),
    Variable("付款期限", "pay_by", gettext_lazy("付款期限"), _order(_pay_by)),
    Variable(
        "挂账到期日",
        "due_on",
        gettext_lazy("挂账到期日"),
        _order(lambda o: (o.due_on and f"{o.due_on}") or ""),
    ),
    Variable("收货地址", "address", gettext_lazy("收货地址"), _order(lambda order: order.address)),
    Variable("查看链接", "link", gettext_lazy("查看链接"), lambda story: story.link()),
    Variable("承运商", "carrier", gettext_lazy("承运商"), lambda story: story.carrier),
    Variable("运单号", "tracking", gettext_lazy("运单号"), _fact("tracking_number")),
    Variable("物流进展", "progress", gettext_lazy("物流进展"), _fact("text")),
    Variable("收到金额", "amount", gettext_lazy("本次金额"), _amount("amount")),
    Variable("原因", "reason", gettext_lazy("原因"), _fact("reason")),
    Variable("修改内容", "changes", gettext_lazy("修改内容"), _fact("changes")),
    Variable("售后进展", "claim", gettext_lazy("售后进展"), _fact("case")),
    Variable("评价", "rating", gettext_lazy("评价"), _fact("rating")),
    Variable("等待时间", "waited", gettext_lazy("等待时间"), _waited),
)
_goods_words = (
    Variable("商品", "product", gettext_lazy("商品"), _fact("product")),
    Variable("款号", "sku", gettext_lazy("款号"), _fact("sku")),
    Variable("可用库存", "available", gettext_lazy("可用库存"), lambda s: str(s.data.get("available", ""))),
    Variable("预警线", "threshold", gettext_lazy("预警线"), lambda s: str(s.data.get("threshold", ""))),
    Variable("受影响订单", "orders", gettext_lazy("受影响订单"), lambda s: s.data.get("orders") or _("无")),
    Variable(
        "受影响客户", "customers", gettext_lazy("受影响客户"), lambda s: s.data.get("customers") or _("无")
    ),
)
_hand_words = (
    Variable("交接人", "colleague", gettext_lazy("交接人"), _fact("who")),
    Variable("留言", "note", gettext_lazy("留言"), _fact("note")),
)
_webhook_words = (
    Variable("推送地址", "endpoint", gettext_lazy("推送地址"), _fact("endpoint")),
    Variable("原因", "reason", gettext_lazy("原因"), _fact("reason")),
)
_key_words = (
    Variable("密钥", "key", gettext_lazy("密钥"), _fact("key_name")),
    Variable("到期时间", "expires", gettext_lazy("到期时间"), _fact("expires_on")),
)
_system_words = (
    Variable("系统", "system", gettext_lazy("对方系统"), _fact("system")),
    Variable("原因", "reason", gettext_lazy("原因"), _fact("reason")),
)
_year_words = (Variable("年份", "year", gettext_lazy("年份"), _fact("year")),)


def variables_for(trigger: str) -> tuple[Variable, ...]:
    """The words that make sense for a trigger, in the order the editor offers them."""
    if trigger in ABOUT_STOCK:
        return _shop[:1] + _goods_words
    if trigger == Trigger.HOLIDAYS_MISSING:
        return _shop[:1] + _year_words
    if trigger == Trigger.WEBHOOK_DISABLED:
        return _shop[:1] + _webhook_words
    if trigger == Trigger.KEY_EXPIRING:
        return _shop[:1] + _key_words
    if trigger == Trigger.SYSTEM_UNREACHABLE:
        return _shop[:1] + _system_words
    if trigger == Trigger.BACK_IN_STOCK:
        return _shop + _goods_words[:3]
    if trigger == Trigger.HANDED_OVER:
        return _shop + _order_words + _hand_words
    return _shop + _order_words


@cache
def names_for(trigger: str) -> dict[str, Variable]:
    """Words by either of their names."""
    return {name: word for word in variables_for(trigger) for name in (word.zh, word.en)}


WORD = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
# SMS in Chinese are charged by 70 characters, longer ones by 67 a part (3GPP TS 23.040, UCS-2).
SMS_ONE, SMS_PART = 70, 67


class TemplateBroken(ValueError):
    """A template that cannot be filled in; says what is wrong with it."""


@dataclass(frozen=True)
class Words:
    """The templates of a rule in one language, by channel; "" is for every channel that has none."""

    bodies: dict[str, str]

    def for_channel(self, channel: str) -> str:
        """The template of a channel."""
        return self.bodies.get(channel) or self.bodies.get("", "")


def check_template(body: str, trigger: str) -> None:
    """Raise TemplateBroken for a variable that this trigger does not have, or braces that do not close."""
    if not body.strip():
        raise TemplateBroken(_("模板不能为空"))
    known = names_for(trigger)
    for name in WORD.findall(body):
        if name not in known:
            raise TemplateBroken(_("没有“%(name)s”这个变量") % {"name": name})
    rest = WORD.sub("", body)
    if "{{" in rest or "}}" in rest:
        raise TemplateBroken(_("大括号没有成对：%(rest)s") % {"rest": rest.strip()[:40]})


def fill_template(body: str, trigger: str, story: Story) -> str:
    """A template with its words filled in. Unknown ones, which cannot be saved, stay empty."""
    known = names_for(trigger)

    def value(match: re.Match[str]) -> str:
        word = known.get(match[1])
        return word.value(story) if word else ""

    return WORD.sub(value, body).strip()


def empty_words(body: str, trigger: str, story: Story) -> list[str]:
    """The words of a template that stand for nothing in this story."""
    known = names_for(trigger)
    return [name for name in WORD.findall(body) if name in known and not known[name].value(story)]


def choose_words(templates: Iterable["NotificationTemplate"], language: str) -> Words:
    """Those of a rule's templates that are in a language, or in the shop's if it has none in that one."""
    by_language: dict[str, dict[str, str]] = {}
    for template in templates:
        by_language.setdefault(template.language, {})[template.channel] = template.body
    mine = by_language.get(language) or {}
    usual = by_language.get(settings.LANGUAGE_CODE) or next(iter(by_language.values()), {})
    return Words(mine if "" in mine else usual | mine)


def numbered_text(bodies: Sequence[str], longest: int) -> str:
    """Several notices as one message of so many characters at most; very many are shortened, and each keeps its place."""
    share = longest // len(bodies) - 20
    bodies = [body if len(body) <= share else f"{body[:share]}…" for body in bodies]
    lines = [f"{place}. {body}" for place, body in enumerate(bodies, start=1)]
    return "\n".join([_("您有 %(count)s 条更新：") % {"count": len(bodies)}, *lines])


def sms_parts(text: str) -> int:
    """How many messages an SMS of this text is charged as."""
    return 1 if len(text) <= SMS_ONE else -(-len(text) // SMS_PART)
