"""Stock is counted from the lists of products and variants: through the service, each by itself, with its reason."""

import re

import pytest
from django.test import Client

from orders.models import StockMovement, Variant
from orders.selectors.items import ItemInput
from orders.services.stock import set_stock
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Staff
from shopcomm.core.events.models import DomainEvent
from tests.factories import VariantFactory, make_order

pytestmark = pytest.mark.django_db
LISTS = ("/admin/orders/product/", "/admin/orders/variant/")


@pytest.fixture
def office(log_in, manager) -> Client:
    return log_in(manager)


def stock_of(variant: Variant) -> tuple[int, int]:
    return Variant.objects.values_list("on_hand", "reserved").get(pk=variant.pk)


def count_form(page: str, counts: dict[Variant, str], **fields: str) -> dict[str, str]:
    """What the form of counts sends as the page stands, with what was typed beside some of the goods."""
    names = {
        int(name.split("-")[1]): name for name in re.findall(r'form="counts" name="(count-\d+-\d+)"', page)
    }
    filled = {names[variant.pk]: text for variant, text in counts.items()}
    return dict.fromkeys(names.values(), "") | {"reason": "盘点"} | filled | fields


@pytest.mark.parametrize("address", LISTS)
def test_a_count_in_the_list_records_a_movement_and_reports_low_stock(office, address):
    variant = VariantFactory(sku="DJX-20-BLK", threshold=50)
    other = VariantFactory(product=variant.product)
    shown = office.get(address).text
    sent = count_form(shown, {variant: "40"}, reason="到货少了", next=f"{address}?q=DJX")
    assert set(sent) == {f"count-{variant.pk}-100", f"count-{other.pk}-100", "reason", "next"}
    page = office.post(f"{address}counts/", sent, follow=True)
    assert page.redirect_chain == [(f"{address}?q=DJX", 302)]
    assert "已登记库存的规格：1" in page.text
    assert (stock_of(variant), stock_of(other)) == ((40, 0), (100, 0))
    row = StockMovement.objects.last()
    assert (row.variant, row.kind, row.on_hand_delta, row.reason, row.actor_name) == (
        variant, "counted", -60, "到货少了", "王芳",
    )  # fmt: skip
    event = DomainEvent.objects.get(type="stock.low")
    assert (event.actor_name, event.data["sku"], event.data["available"]) == ("王芳", variant.sku, 40)


def test_of_many_counts_valid_ones_are_saved_and_refused_ones_are_named(office):
    good, worded, moved = VariantFactory(), VariantFactory(sku="WORDS"), VariantFactory(sku="MOVED")
    sent = count_form(office.get(LISTS[1]).text, {good: "７", worded: "很多", moved: "90"})
    set_stock(actor=Actor.system(), sku=moved.sku, on_hand=98)
    page = office.post(f"{LISTS[1]}counts/", sent | {"count-999999-5": "5"}, follow=True).text
    assert "已登记库存的规格：1" in page
    assert "WORDS 没有改：请填 0 以上的整数" in page
    assert "MOVED 没有改：打开页面后库存从 100 件变为 98 件，请核对后再填" in page
    assert "有一个规格已经不在了，没有改" in page
    assert [stock_of(each)[0] for each in (good, worded, moved)] == [7, 100, 98]


def test_a_row_left_empty_is_not_counted(office, variant):
    other = VariantFactory()
    sent = count_form(office.get(LISTS[1]).text, {other: "5", variant: " "})
    make_order(items=[ItemInput(variant.sku, 3)])
    set_stock(actor=Actor.system(), sku=variant.sku, delta=-2)
    office.post(f"{LISTS[1]}counts/", sent)
    assert (stock_of(variant), stock_of(other)) == ((98, 3), (5, 0))


def test_a_count_below_the_reservations_lists_the_orders_that_go_short(office, order, variant):
    sent = count_form(office.get(LISTS[0]).text, {variant: "1"})
    page = office.post(f"{LISTS[0]}counts/", sent, follow=True).text
    assert f"{order.number}（吴丽华）缺 1 件" in page
    assert (stock_of(variant), order.shortages.get().missing) == ((1, 1), 1)


@pytest.mark.parametrize(
    ("typed", "said"),
    [({"reason": " "}, "请写明原因，库存没有变"), ({"count": ""}, "没有填盘点数，库存没有变")],
)
def test_a_count_without_a_reason_or_a_number_changes_nothing(office, variant, typed, said):
    given = {"reason": "盘点", f"count-{variant.pk}": typed.get("count", "5")}
    page = office.post(
        f"{LISTS[1]}counts/", given | {"reason": typed.get("reason", "盘点")}, follow=True
    ).text
    assert said in page
    assert stock_of(variant) == (100, 0)


@pytest.mark.parametrize("role", ["sales", "warehouse"])
def test_only_managers_can_count_stock_in_lists(client, log_in, as_actor, variant, role):
    staff = log_in(Staff.objects.get(pk=as_actor(role).id))
    for address in LISTS:
        answer = staff.post(f"{address}counts/", {f"count-{variant.pk}-100": "5", "reason": "x"})
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/admin/login/")
    assert stock_of(variant) == (100, 0)


def test_the_count_url_accepts_only_post_and_redirects_to_no_other_site(office, variant):
    assert office.get(f"{LISTS[1]}counts/").status_code == 405
    for place in ("https://evil.example/", "//evil.example/", "/orders/"):
        answer = office.post(f"{LISTS[1]}counts/", {"reason": "x", "next": place})
        assert answer.headers["Location"] == LISTS[1]


def test_a_list_of_very_many_variants_can_be_counted(office, variant):
    many = {f"count-{10_000 + number}-0": "" for number in range(4000)}
    office.post(f"{LISTS[0]}counts/", many | {f"count-{variant.pk}-100": "7", "reason": "盘点"})
    assert stock_of(variant) == (7, 0)
