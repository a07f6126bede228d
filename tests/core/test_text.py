"""Names and addresses as a label shows them."""

import pytest
from django.db import connection

from messaging.models import Attachment
from orders.models import Order
from shopcomm.core.accounts.models import Customer
from shopcomm.core.accounts.services.api_keys import create_api_key
from shopcomm.core.accounts.services.customers import NameRefused, customer_by_phone, rename_customer
from shopcomm.core.text import one_line
from tests.factories import StaffFactory


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("  吴丽华 ", "吴丽华"),
        ("吴\u202e丽华\u2066", "吴丽华"),
        ("吴\u200b丽\ufeff华\x00\x07", "吴丽华"),
        ("黄龙商贸城\n3 区\t2 楼", "黄龙商贸城 3 区 2 楼"),
        ("\u200b\u202e\u2066 ", ""),
        ("\u200d\u200c", ""),
        ("一家 👨\u200d👩\u200d👧", "一家 👨\u200d👩\u200d👧"),
        ("<b>x</b>", "<b>x</b>"),
        (None, ""),
    ],
)
def test_one_line_removes_invisible_and_line_breaking_characters(given, shown: str) -> None:
    assert one_line(given) == shown


@pytest.mark.django_db
def test_a_customer_with_an_invisible_name_is_shown_by_phone() -> None:
    customer = customer_by_phone(name="\u202e\u200b", phone="13800138000", source="api")

    assert customer.name == "客户 8000"


@pytest.mark.django_db
def test_names_stored_by_earlier_versions_are_cleaned_when_read(order) -> None:
    """A row as an earlier version wrote it; it is shown, exported and saved again without what hides in it."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_customer SET name = %s, company = %s", [TRICK, "账单\u202efdp.exe"])
    read = Customer.objects.get(pk=order.customer_id)

    assert (read.name, read.company) == ("李四 经理", "账单fdp.exe")
    assert list(Customer.objects.values_list("name", flat=True)) == ["李四 经理"]
    assert Order.objects.select_related("customer").get().customer.name == "李四 经理"
    read.save()
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, company FROM accounts_customer")
        assert cursor.fetchall() == [("李四 经理", "账单fdp.exe")]


TRICK = "李\u202e四\u2066\n\x07 \u061c经理\U000e0041"


@pytest.mark.django_db
def test_every_way_to_store_a_name_cleans_it(order) -> None:
    """Whatever writes it: a service, a form of the admin, many rows at once, a single update."""
    buyer = order.customer
    rename_customer(customer=buyer, name=TRICK)
    Customer.objects.filter(pk=buyer.pk).update(company=TRICK)
    Customer.objects.bulk_create([Customer(name=TRICK, phone="+8613700000001", phone_tail="0001")])
    staff = StaffFactory(display_name=TRICK)
    file = Attachment.objects.create(
        kind="file", mime="text/plain", name="账单\u202efdp.exe", size=1, file="x"
    )
    key = create_api_key(name=TRICK, scopes=["*"])[0]
    order.receiver_name = TRICK
    order.save()

    for row in (buyer, staff, file, key, order):
        row.refresh_from_db()
    names = [buyer.name, buyer.company, staff.display_name, key.name, order.receiver_name]
    names.append(Customer.objects.get(phone="+8613700000001").name)
    assert set(names) == {"李四 经理"}
    assert file.name == "账单fdp.exe"


@pytest.mark.django_db
def test_a_name_of_only_invisible_characters_is_refused(customer) -> None:
    with pytest.raises(NameRefused):
        rename_customer(customer=customer, name="\u202e \u200b")
