"""Each condition and each audience of a rule, holding and not."""

from decimal import Decimal

import pytest

from messaging.models import NotificationRule
from messaging.policies.notifications.conditions import Facts, meets_conditions
from messaging.services.notifications.occasions import facts_of_conversation, facts_of_order
from messaging.services.notifications.recipients import Recipient, find_recipients
from orders.models import Order
from orders.selectors.items import ItemInput
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


def test_the_facts_of_an_order_hold_everything_that_conditions_ask_for(order):
    rule = NotificationRule(trigger="shipped", categories=["双肩包"])
    known = facts_of_order(order, [rule])
    assert known == Facts(
        urgent=True,
        source="phone",
        total=Decimal("398.00"),
        region="浙江省杭州市西湖区",
        tags=("老客户", "批发"),
        categories=("双肩包",),
    )
    # Which goods they are costs a query: it is asked only for a rule that wants to know.
    assert facts_of_order(order, [NotificationRule(trigger="shipped")]).categories == ()


def test_the_facts_of_a_conversation_without_an_order_are_its_customers(order):
    facts = facts_of_conversation(order.conversation)
    assert meets_conditions(NotificationRule(tags=["老客户"]), facts)
    assert not meets_conditions(NotificationRule(min_total=Decimal(1)), facts)
    assert facts_of_conversation(None) == Facts()


def test_the_audience_of_a_rule_is_the_customer_the_seller_a_role_or_a_person(order):
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
