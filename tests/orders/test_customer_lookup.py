"""Whoever writes an order finds its customer by whatever the caller says: name, firm, the end of the phone."""

import re

import pytest

from messaging.services.conversations import open_enquiry
from orders.models import ContactReveal
from orders.selectors.customers import customers_matching
from shopcomm.core.accounts.actors import Actor
from tests.factories import CustomerFactory, make_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(sales):
    lihua = CustomerFactory(name="吴丽华", company="温州丽华皮具行", phone="+8613800138000", tier="wholesale")
    zhao = CustomerFactory(name="赵国强", company="", phone="+8613900138000")
    make_order(customer=lihua, assigned_to=sales)
    return lihua, zhao


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ("丽华", ["吴丽华"]),
        ("皮具行", ["吴丽华"]),
        ("国强", ["赵国强"]),
        ("8000", ["吴丽华", "赵国强"]),
        ("138 0013 8000", ["吴丽华"]),
        ("90013 8000", ["赵国强"]),
        ("+86 139 0013 8000", ["赵国强"]),
        ("7000", []),
        ("华", []),
        ("", []),
        ("%%", []),
    ],
)
def test_a_customer_is_found_by_name_company_or_part_of_the_phone(
    people, sales, said: str, names: list[str]
) -> None:
    assert [each.name for each in customers_matching(Actor.staff(sales), said)] == names


def test_customers_of_a_colleague_are_not_found(people, other_sales, manager) -> None:
    assert customers_matching(Actor.staff(other_sales), "丽华") == []
    assert len(customers_matching(Actor.staff(manager), "丽华")) == 1
    # Who has not bought yet is nobody's.
    assert len(customers_matching(Actor.staff(other_sales), "国强")) == 1


def test_the_lookup_masks_phones_and_choosing_a_customer_fills_the_form(
    people, log_in, sales, other_sales
) -> None:
    lihua, _zhao = people
    path = "/orders/lookup/customers/"
    listed = log_in(sales).get(path, {"q": "丽华"}).text
    assert ("温州丽华皮具行" in listed, lihua.phone in listed, "138 **** 8000" in listed) == (
        True,
        False,
        True,
    )
    assert ContactReveal.objects.count() == 0
    pk = re.search(r'data-customer="(\d+)"', listed)[1]

    fields = log_in(sales).get(path, {"id": pk}).json()["fields"]
    assert {name: fields[name] for name in ("phone", "name", "company", "tier", "street")} == {
        "phone": "+8613800138000",
        "name": "吴丽华",
        "company": "温州丽华皮具行",
        "tier": "wholesale",
        "street": "机场路 88 号",
    }
    assert ContactReveal.objects.count() == 1
    assert log_in(other_sales).get(path, {"id": pk}).json() == {"hint": "新客户"}


def test_an_unknown_phone_is_reported_as_a_new_customer(people, log_in, sales) -> None:
    desk = log_in(sales)

    assert "没有这位客户" in desk.get("/orders/lookup/customers/", {"q": "钱" * 2}).text
    assert "请至少输入两个字" in desk.get("/orders/lookup/customers/", {"q": "钱"}).text


def test_an_order_form_opened_from_a_conversation_has_its_customer(
    people, log_in, sales, other_sales
) -> None:
    lihua, zhao = people
    talk = open_enquiry(actor=Actor.staff(sales), customer=lihua, subject="双肩包")
    desk = log_in(sales)
    address = f"/orders/new/?customer={lihua.pk}"
    assert address in desk.get(f"/inbox/{talk.pk}/").text

    page = desk.get(address).text
    for value in (lihua.phone, lihua.name, lihua.company):
        assert f'value="{value}"' in page
    assert ">机场路 88 号</textarea>" in page
    # Who has not bought yet is known by name and phone.
    assert f'value="{zhao.phone}"' in desk.get(f"/orders/new/?customer={zhao.pk}").text
    assert log_in(other_sales).get(address).status_code == 404
