"""Each condition and each audience of a rule, holding and not."""

from decimal import Decimal

import pytest

from messaging.models import NotificationRule
from messaging.policies.notifications.conditions import Facts, check_conditions, meets_conditions
from messaging.services.notifications.facts import facts_of_order, facts_of_talk
from messaging.services.notifications.recipients import Recipient, find_recipients
from orders.models import Order
from orders.services.items import ItemInput
from tests.factories import (
    CustomerFactory,
    ProductFactory,
    StaffFactory,
    VariantFactory,
    make_address,
    make_order,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def order() -> Order:
    """Urgent, from the phone, 398.00, to Hangzhou, of a customer with two tags, a backpack."""
    bag = VariantFactory(product=ProductFactory(category="双肩包"))
    return make_order(
        customer=CustomerFactory(tags=["老客户", "批发"]),
        items=[ItemInput(bag.sku, 2)],
        source="phone",
        urgent=True,
        address=make_address(province="浙江省", city="杭州市", district="西湖区", street="上海路 1 号"),
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
    ],
    ids=str,
)
def test_a_condition_asks_for_what_it_says(order, asked, holds):
    rule = NotificationRule(trigger="shipped", **asked)
    assert meets_conditions(rule, facts_of_order(order, [rule])) is holds
    assert len(check_conditions(rule, facts_of_order(order, [rule]))) == len(asked)


def test_a_conversation_without_an_order_is_known_by_its_customer(order):
    facts = facts_of_talk(order.conversation)
    assert meets_conditions(NotificationRule(tags=["老客户"]), facts)
    assert not meets_conditions(NotificationRule(min_total=Decimal(1)), facts)
    assert facts_of_talk(None) == Facts()


def test_a_rule_tells_the_customer_the_seller_a_role_or_a_person(order):
    seller, other = StaffFactory(), StaffFactory()
    StaffFactory(is_active=False)
    picker = StaffFactory(role="warehouse")
    assert find_recipients(NotificationRule(audience="customer"), order) == [
        Recipient("customer", order.customer_id)
    ]
    # Nobody's order concerns everybody in sales.
    both = [Recipient("staff", seller.pk), Recipient("staff", other.pk)]
    assert find_recipients(NotificationRule(audience="assigned"), order) == both
    order.assigned_to = other
    assert find_recipients(NotificationRule(audience="assigned"), order) == both[1:]
    assert find_recipients(NotificationRule(audience="role", role="warehouse"), order) == [
        Recipient("staff", picker.pk)
    ]
    assert find_recipients(NotificationRule(audience="person", person=seller), order) == both[:1]
