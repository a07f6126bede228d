"""Each condition of a rule, holding and not, over plain facts."""

from decimal import Decimal

import pytest

from messaging.models import NotificationRule
from messaging.policies.notifications.conditions import Facts, check_conditions, meets_conditions

FACTS = Facts(
    urgent=True,
    source="phone",
    total=Decimal("398.00"),
    region="浙江省杭州市西湖区",
    tags=("老客户", "批发"),
    categories=("双肩包",),
)


@pytest.mark.parametrize(
    ("asked", "holds"),
    [
        ({}, True),
        ({"urgent": True}, True),
        ({"urgent": False}, False),
        ({"sources": ["wechat", "phone"]}, True),
        ({"sources": ["wechat"]}, False),
        ({"min_total": Decimal("398.00")}, True),
        ({"min_total": Decimal("398.01")}, False),
        ({"max_total": Decimal("398.00")}, True),
        ({"max_total": Decimal("397.99")}, False),
        ({"regions": ["浙江"]}, True),
        ({"regions": ["广东", "杭州"]}, True),
        ({"regions": ["上海"]}, False),
        ({"tags": ["批发"]}, True),
        ({"tags": ["直播"]}, False),
        ({"categories": ["双肩包"]}, True),
        ({"categories": ["拉杆箱"]}, False),
        ({"urgent": True, "sources": ["phone"], "tags": ["直播"]}, False),
        ({"urgent": True, "sources": ["phone"], "tags": ["批发"]}, True),
    ],
    ids=str,
)
def test_a_condition_matches_exactly_its_values(asked, holds):
    rule = NotificationRule(trigger="shipped", **asked)
    assert meets_conditions(rule, FACTS) is holds
    assert len(check_conditions(rule, FACTS)) == len(asked)


def test_a_minimum_and_a_maximum_amount_form_one_condition():
    rule = NotificationRule(min_total=Decimal(300), max_total=Decimal(400))
    (condition,) = check_conditions(rule, FACTS)
    assert (condition.wanted, condition.found, condition.holds) == ("300 – 400", "398.00", True)


@pytest.mark.parametrize(
    ("asked", "holds"),
    [
        ({"min_total": Decimal(0)}, False),
        ({"urgent": False}, True),
        ({"regions": ["浙江"]}, False),
        ({}, True),
    ],
    ids=str,
)
def test_a_notice_without_an_order_matches_only_rules_without_order_conditions(asked, holds):
    assert meets_conditions(NotificationRule(**asked), Facts()) is holds


def test_a_condition_explains_the_expected_and_the_actual_value():
    (condition,) = check_conditions(NotificationRule(tags=["直播", "新客户"]), FACTS)
    assert (str(condition.label), condition.wanted, condition.found) == (
        "客户标签",
        "直播、新客户",
        "老客户、批发",
    )
