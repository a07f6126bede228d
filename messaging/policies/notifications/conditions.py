"""Whether a rule's conditions hold for an order or goods, each with its own answer for the "why not" page."""

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from messaging.models import NotificationRule


@dataclass(frozen=True)
class Facts:
    """What conditions may ask about. An order's, or of stock only the category."""

    urgent: bool = False
    source: str = ""
    total: Decimal | None = None
    region: str = ""
    tags: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()


class Condition(NamedTuple):
    """One condition of a rule, what it asks for, what was found, and whether it holds."""

    label: str | Promise
    wanted: str
    found: str
    holds: bool


def check_conditions(rule: "NotificationRule", facts: Facts) -> list[Condition]:
    """Every condition the rule sets, with its answer."""
    asked = [
        rule.urgent is not None and _urgent(rule, facts),
        rule.sources and _one_of(_("来源"), rule.sources, (facts.source,)),
        (rule.min_total is not None or rule.max_total is not None) and _amount(rule, facts),
        rule.regions and _region(rule, facts),
        rule.tags and _one_of(_("客户标签"), rule.tags, facts.tags),
        rule.categories and _one_of(_("商品类别"), rule.categories, facts.categories),
    ]
    return [condition for condition in asked if condition]


def meets_conditions(rule: "NotificationRule", facts: Facts) -> bool:
    """Whether every condition holds."""
    return all(condition.holds for condition in check_conditions(rule, facts))


def _urgent(rule: "NotificationRule", facts: Facts) -> Condition:
    names = {True: str(_("加急")), False: str(_("不加急"))}
    return Condition(_("加急"), names[bool(rule.urgent)], names[facts.urgent], facts.urgent == rule.urgent)


def _one_of(label: str | Promise, wanted: list[str], found: tuple[str, ...]) -> Condition:
    return Condition(label, _("、").join(wanted), _("、").join(found), bool(set(wanted) & set(found)))


def _amount(rule: "NotificationRule", facts: Facts) -> Condition:
    low, high, total = rule.min_total, rule.max_total, facts.total
    holds = total is not None and (low is None or total >= low) and (high is None or total <= high)
    return Condition(_("金额"), f"{low or 0} – {high or '∞'}", str(total or ""), holds)


def _region(rule: "NotificationRule", facts: Facts) -> Condition:
    # A province or a city, however completely it is written: 浙江 matches 浙江省杭州市.
    holds = any(region in facts.region for region in rule.regions)
    return Condition(_("地区"), _("、").join(rule.regions), facts.region, holds)
