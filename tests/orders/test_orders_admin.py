import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from orders.models import StockMovement
from orders.selectors.items import ItemInput
from shopcomm.core.accounts.models import Staff
from tests.factories import VariantFactory, make_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(log_in, manager):
    return log_in(manager)


def form_of(variant, **fields):
    data = {
        name: getattr(variant, name) or ""
        for name in ("sku", "barcode", "color", "size", "material", "location")
    }
    data |= {"product": variant.product_id, "price": variant.price, "threshold": 0, "min_quantity": 1}
    data |= {"is_active": "on", "tiers-TOTAL_FORMS": 0, "tiers-INITIAL_FORMS": 0}
    return data | fields


@pytest.mark.parametrize("model", ["order", "product", "variant", "stockmovement"])
def test_every_list_of_the_admin_opens(office, order, model):
    assert office.get(reverse(f"admin:orders_{model}_changelist")).status_code == 200


def test_orders_are_read_only_in_the_admin(office, order):
    page = reverse("admin:orders_order_change", args=[order.pk])
    assert office.get(page).status_code == 200
    assert office.post(page, {"status": "paid"}).status_code == 403
    assert office.get(reverse("admin:orders_order_add")).status_code == 403


def test_a_stock_count_in_the_admin_records_a_movement_with_actor_and_reason(office, manager, variant):
    page = reverse("admin:orders_variant_change", args=[variant.pk])
    assert office.get(page).status_code == 200
    answer = office.post(page, form_of(variant, counted=40, reason="盘点", color="雾灰"))
    assert answer.status_code == 302
    variant.refresh_from_db()
    assert (variant.on_hand, variant.color) == (40, "雾灰")
    row = StockMovement.objects.last()
    assert (row.kind, row.on_hand_delta, row.reason, row.actor_name) == ("counted", -60, "盘点", "王芳")


def test_a_count_below_the_reservations_names_the_orders_that_go_short(office, order, variant):
    page = reverse("admin:orders_variant_change", args=[variant.pk])
    answer = office.post(page, form_of(variant, counted=1, reason="盘点"), follow=True)
    assert f"{order.number}（吴丽华）缺 1 件" in answer.content.decode()
    variant.refresh_from_db()
    assert (variant.on_hand, variant.reserved) == (1, 1)
    assert order.shortages.get().missing == 1


def test_a_count_locks_orders_before_stock_also_when_the_variant_is_edited(office, order, variant):
    page = reverse("admin:orders_variant_change", args=[variant.pk])
    office.post(page, form_of(variant, counted=1, reason="盘点", color="雾灰"))
    variant.refresh_from_db()
    assert (variant.on_hand, variant.reserved, variant.color) == (1, 1, "雾灰")


def test_a_refused_stock_count_says_why(office, variant, monkeypatch):
    monkeypatch.setattr("orders.services.stock.COUNT_ATTEMPTS", 0)
    page = reverse("admin:orders_variant_change", args=[variant.pk])
    answer = office.post(page, form_of(variant, counted=40, reason="盘点"), follow=True)
    assert "库存正在变动，请再试一次" in answer.content.decode()


def test_an_order_placed_while_the_stock_form_is_open_keeps_its_reservation(office, variant):
    page = reverse("admin:orders_variant_change", args=[variant.pk])
    make_order(items=[ItemInput(variant.sku, 3)])
    office.post(page, form_of(variant, color="雾灰"))
    variant.refresh_from_db()
    assert (variant.on_hand, variant.reserved, variant.color) == (100, 3, "雾灰")


def test_the_product_form_saves_variant_fields_but_never_their_stock(office, variant):
    row = {
        "id": variant.pk,
        "sku": variant.sku,
        "color": "雾灰",
        "size": variant.size,
        "price": variant.price,
    }
    data = {"name": variant.product.name, "is_active": "on"}
    data |= {"variants-TOTAL_FORMS": 1, "variants-INITIAL_FORMS": 1}
    data |= {f"variants-0-{name}": value for name, value in (row | {"product": variant.product_id}).items()}
    with CaptureQueriesContext(connection) as asked:
        page = reverse("admin:orders_product_change", args=[variant.product_id])
        assert office.post(page, data | {"variants-0-is_active": "on"}).status_code == 302
    variant.refresh_from_db()
    assert variant.color == "雾灰"
    written = [each["sql"] for each in asked if each["sql"].startswith('UPDATE "orders_variant"')]
    assert len(written) == 1
    assert "on_hand" not in written[0]


def test_the_first_stock_of_a_new_variant_is_a_movement(office, variant):
    data = form_of(VariantFactory.build(product=variant.product, sku="NEW-1"), counted=7, reason="期初")
    assert office.post(reverse("admin:orders_variant_add"), data).status_code == 302
    row = StockMovement.objects.last()
    assert (row.variant.sku, row.variant.on_hand, row.on_hand_delta) == ("NEW-1", 7, 7)


@pytest.mark.parametrize("role", ["sales", "warehouse"])
def test_only_managers_open_the_admin(client, log_in, as_actor, role):
    staff = Staff.objects.get(pk=as_actor(role).id)
    assert log_in(staff).get(reverse("admin:orders_variant_changelist")).status_code == 302


def test_the_admin_is_shown_in_chinese(log_in, manager) -> None:
    client = log_in(manager)
    words = client.get("/admin/orders/order/").content.decode() + client.get("/admin/").content.decode()

    for said in ("输入关键词搜索", "登录锁定", "定时任务", "登录记录"):
        assert said in words
    for foreign in ("Type to search", "Axes", "Accounts", "Access log"):
        assert f">{foreign}" not in words
        assert f'"{foreign}"' not in words
