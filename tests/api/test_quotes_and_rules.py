"""Quotes and rules of notices over REST."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from messaging.models import Message, NotificationRule
from messaging.services.notifications.rules import ensure_default_rules
from orders.models import Order, Quote
from tests.api.test_orders_api import problem
from tests.factories import make_address, make_order

pytestmark = pytest.mark.django_db
CUSTOMER = {"name": "吴丽华", "phone": "13800138000"}


@pytest.fixture
def wanted(variant) -> dict:
    return {
        "customer": CUSTOMER,
        "items": [{"sku": variant.sku.lower(), "quantity": 10, "unit_price": "150.00"}],
        "shipping_fee": "30.00",
        "discount": "5",
        "note": "含票",
        "valid_days": 3,
    }


@pytest.fixture
def to() -> dict[str, str]:
    names = ("name", "phone", "province", "city", "district", "street")
    return {name: getattr(make_address(), name) for name in names}


def test_a_quote_is_written_sent_as_a_card_and_becomes_an_order_at_its_prices(
    api, post, wanted, variant, to
) -> None:
    made = post("quotes/", wanted, key="k1")
    assert made.status_code == 201, made.json()
    quote = made.json()
    assert (quote["state"], quote["total"], quote["order"]) == ("draft", "1525.00", None)
    assert quote["items"][0] | {"name": "", "spec": ""} == {
        "sku": variant.sku, "name": "", "spec": "", "quantity": 10, "unit_price": "150.00", "list_price": "199.00",
    }  # fmt: skip
    assert post("quotes/", wanted, key="k1").json()["number"] == quote["number"]
    path = f"quotes/{quote['number']}/"

    sent = [post(f"{path}send/", {}).json()["state"] for _again in range(2)]
    assert sent == ["sent", "sent"]
    assert Message.objects.filter(conversation=quote["conversation"], kind="card").count() == 1
    accepted = post(f"{path}accept/", {"consent": "电话里说可以", "address": to, "revision": 1})
    assert accepted.status_code == 200, accepted.json()
    order = Order.objects.get(number=accepted.json()["order"])
    assert (accepted.json()["state"], str(order.total)) == ("accepted", "1525.00")
    assert post(f"{path}accept/", {"consent": "再说一次"}).json()["order"] == order.number
    assert api.get(f"/api/v1/{path}").json()["order"] == order.number


def test_a_quote_that_is_sent_at_once_goes_to_the_address_of_the_last_parcel(post, wanted, customer) -> None:
    make_order(customer=customer, address=make_address(street="机场路 88 号"))
    quote = post("quotes/", wanted | {"send": True}).json()
    assert quote["state"] == "sent"
    accepted = post(f"quotes/{quote['number']}/accept/", {"consent": "好"}).json()

    assert Order.objects.get(number=accepted["order"]).street == "机场路 88 号"


def test_a_quote_is_declined_or_withdrawn_and_not_answered_twice(post, wanted) -> None:
    first, second = (post("quotes/", wanted | {"send": True}).json()["number"] for _each in range(2))
    declined = post(f"quotes/{first}/decline/", {"reason": "太贵"}).json()
    withdrawn = post(f"quotes/{second}/withdraw/", {}).json()

    assert (declined["state"], declined["answer"]) == ("declined", "太贵")
    assert withdrawn["state"] == "withdrawn"
    problem(post(f"quotes/{first}/accept/", {"consent": "好"}), 422, "guard_failed")


def test_a_quote_is_accepted_neither_without_consent_nor_changed_nor_late(post, wanted, to) -> None:
    number = post("quotes/", wanted | {"send": True}).json()["number"]
    problem(post(f"quotes/{number}/accept/", {"address": to}), 400, "invalid")
    refused = problem(
        post(f"quotes/{number}/accept/", {"consent": "好", "address": to, "revision": 7}), 422, "guard_failed"
    )
    assert refused["guards"][0]["name"] == "quote_changed"
    with time_machine.travel(timezone.now() + timedelta(days=5)):
        late = problem(
            post(f"quotes/{number}/accept/", {"consent": "好", "address": to}), 422, "guard_failed"
        )
    assert late["guards"][0]["name"] == "quote_expired"
    assert not Order.objects.exists()


def test_quotes_are_narrowed_by_state_and_customer_and_paged(api, post, wanted, other_customer) -> None:
    numbers = [post("quotes/", wanted | {"send": place == 2}).json()["number"] for place in range(3)]
    owner = Quote.objects.first().customer_id

    def found(query: str) -> list[str]:
        return [row["number"] for row in api.get(f"/api/v1/quotes/?{query}").json()["results"]]

    assert found("") == found(f"customer={owner}") == numbers[::-1]
    assert found("state=sent") == [numbers[2]]
    assert found(f"customer={other_customer.pk}") == []
    assert (
        api.get(api.get("/api/v1/quotes/?limit=2").json()["next"]).json()["results"][0]["number"]
        == numbers[0]
    )


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"items": []}, 400),
        ({"items": [{"sku": "NO-SUCH", "quantity": 1}]}, 422),
        ({"customer": {"name": "x", "phone": "abc"}}, 400),
        ({"valid_days": 0}, 400),
        ({"discount": "99999"}, 422),
        ({"shipping_fee": "-1"}, 400),
    ],
)
def test_a_quote_that_cannot_be_is_not_written(post, wanted, more, status: int) -> None:
    assert post("quotes/", wanted | more).status_code == status
    assert not Quote.objects.exists()


def test_rules_are_read_with_conditions_and_words_and_by_no_other_scope(with_scopes) -> None:
    NotificationRule.objects.all().delete()
    ensure_default_rules()
    NotificationRule.objects.filter(key="shipped").update(urgent=True, min_total="500", enabled=False)
    client = with_scopes("rules:read")
    (rule,) = client.get("/api/v1/rules/?trigger=shipped&enabled=false").json()["results"]

    assert (rule["key"], rule["audience"]) == ("shipped", "customer")
    assert rule["conditions"] == {"urgent": True, "min_total": "500.00"}
    assert {words["language"] for words in rule["words"]} == {"zh-hans", "en"}
    assert client.get(f"/api/v1/rules/{rule['id']}/").json() == rule
    assert len(client.get("/api/v1/rules/?limit=500").json()["results"]) == NotificationRule.objects.count()
    problem(with_scopes("orders:read").get("/api/v1/rules/"), 403, "not_allowed")
    problem(client.post("/api/v1/rules/"), 405, "method_not_allowed")
