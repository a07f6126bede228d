"""Customers over REST."""

import pytest

from shopcomm.core.accounts.models import Customer
from shopcomm.core.accounts.rights import SCOPES
from tests.api.test_orders_api import problem
from tests.factories import CustomerFactory

pytestmark = pytest.mark.django_db
WHOLE, MASKED = "+8613800138000", "138 **** 8000"


def patch(client, customer: Customer, **fields):
    return client.patch(f"/api/v1/customers/{customer.pk}/", fields, content_type="application/json")


def test_a_customer_is_added_with_everything_the_shop_keeps_of_one(api, post) -> None:
    made = post(
        "customers/",
        {
            "name": " 吴丽华\n", "phone": "138 0013 8000", "company": "丽华箱包", "tier": "wholesale", "email": "wu@example.com",
            "tags": ["老客户"], "language": "en", "time_zone": "Europe/Berlin", "external_id": "C-1", "note": "周一收货",
        },
    )  # fmt: skip

    assert made.status_code == 201, made.json()
    told = made.json()
    customer = Customer.objects.get(pk=told["id"])
    assert (customer.name, customer.phone, customer.phone_tail) == ("吴丽华", WHOLE, "8000")
    assert (told["source"], told["tags"], told["is_active"]) == ("api", ["老客户"], True)
    assert api.get(f"/api/v1/customers/{customer.pk}/").json() == told


def test_a_phone_is_masked_unless_the_key_has_the_scope_for_whole_ones(with_scopes, post, customer) -> None:
    scopes = ("customers:read", "customers:write")
    plain, whole = with_scopes(*scopes), with_scopes(*scopes, "customers:phones")

    def told(client) -> set[str]:
        one = client.get(f"/api/v1/customers/{customer.pk}/").json()
        (row,) = client.get("/api/v1/customers/?phone=13800138000").json()["results"]
        return {each["phone"] for each in (one, row, patch(client, customer, note="x").json())}

    assert (told(plain), told(whole)) == ({MASKED}, {WHOLE})
    made = post("customers/", {"name": "甲", "phone": "13900139001"}, client=plain).json()
    assert made["phone"] == "139 **** 9001"


def test_a_masked_phone_cannot_be_found_out_piece_by_piece(with_scopes, customer) -> None:
    client = with_scopes("customers:read")
    for part in ("8000", "13800", "1380013800", "+86138"):
        assert client.get("/api/v1/customers/", {"q": part}).json()["results"] == []
    assert client.get("/api/v1/customers/?phone=1380").json()["results"] == []


def test_customers_are_found_by_name_company_phone_and_external_number_and_paged(api) -> None:
    first = CustomerFactory(name="吴丽华", company="丽华箱包", external_id="C-1")
    for place in range(3):
        CustomerFactory(name=f"赵国强{place}")

    def found(**query) -> list[int]:
        return [row["id"] for row in api.get("/api/v1/customers/", query).json()["results"]]

    assert found(q="丽华") == found(q="箱包") == found(external_id="C-1") == [first.pk]
    assert len(found(q="国强")) == 3
    assert len(found()) == Customer.objects.count()
    page = api.get("/api/v1/customers/?limit=3").json()
    assert len(page["results"]) + len(api.get(page["next"]).json()["results"]) == 4


def test_a_phone_or_an_external_number_is_one_customer_s_only(post, api, customer) -> None:
    taken = post("customers/", {"name": "乙", "phone": "+86 13800138000"})
    assert problem(taken, 409, "customer_exists")["customer"] == customer.pk
    patch(api, customer, external_id="C-1")
    other = CustomerFactory()
    assert problem(patch(api, other, external_id="C-1"), 409, "customer_exists")["field"] == "external_id"
    problem(patch(api, other, phone="13800138000"), 409, "customer_exists")
    # Nobody has none of them.
    assert patch(api, other, external_id="").status_code == 200


def test_only_the_named_fields_of_a_customer_are_changed(api, customer) -> None:
    Customer.objects.filter(pk=customer.pk).update(company="旧公司", note="留着")
    answer = patch(api, customer, company="新公司", phone="13900139001")

    customer.refresh_from_db()
    assert answer.status_code == 200
    assert (customer.company, customer.note, customer.name) == ("新公司", "留着", "吴丽华")
    assert (customer.phone, customer.phone_tail) == ("+8613900139001", "9001")


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"phone": "abc"},
        {"tier": "gold"},
        {"email": "x"},
        {"tags": ["x" * 31]},
        {"tags": ["x"] * 21},
        {"language": "fr"},
        {"time_zone": "Moon/Sea"},
    ],
)
def test_what_a_customer_cannot_be_is_refused_by_field(post, api, customer, wrong) -> None:
    before = Customer.objects.count()
    (name,) = wrong
    assert name in problem(patch(api, customer, **wrong), 400, "invalid")["errors"]
    problem(post("customers/", {"name": "乙", "phone": "13900139001"} | wrong), 400, "invalid")
    assert Customer.objects.count() == before


def test_a_customer_takes_no_scope_but_their_own(with_scopes, post, customer) -> None:
    others = with_scopes(*(scope for scope in SCOPES if not scope.startswith("customers:")))
    reader = with_scopes("customers:read")
    problem(others.get("/api/v1/customers/"), 403, "not_allowed")
    problem(patch(reader, customer, note="x"), 403, "not_allowed")
    problem(post("customers/", {}, client=reader), 403, "not_allowed")
