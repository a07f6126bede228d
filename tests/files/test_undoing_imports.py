"""What a file did is taken back where nothing has followed; where something has, it stays, and the page says what."""

from decimal import Decimal

import pytest
from django.test import Client

from orders.models import Product, Variant
from orders.services.orders import ItemInput
from orders.services.stock import set_stock
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Customer, Staff
from shopcomm.core.events.models import DomainEvent
from shopcomm.edge.files.events import ImportUndone
from shopcomm.edge.files.models import ImportRun
from tests.factories import CustomerFactory, ProductFactory, VariantFactory, make_order
from tests.files.taking import BAGS, HEADS, as_csv, numbers, pressed, taken_in, tried, upload

pytestmark = pytest.mark.django_db
Stage = ImportRun.Stage


@pytest.fixture
def boss(log_in, manager: Staff) -> Client:
    return log_in(manager)


def test_undoing_takes_back_new_and_changed_goods(boss: Client) -> None:
    old = VariantFactory(sku="OLD-1", price=Decimal(10), color="黑", product=ProductFactory(name="旧包"))
    run = taken_in(boss, "products", HEADS, *BAGS, ["OLD-1", "旧款包", "红", "12"])
    assert numbers(run.report) == (2, 1, 0, 0)
    run = pressed(boss, run, "undo")
    assert (run.stage, run.undoing["undone"]) == (Stage.UNDONE, 3)
    old.refresh_from_db()
    assert (old.price, old.color, old.product.name) == (Decimal(10), "黑", "旧包")
    assert not Variant.objects.filter(sku__startswith="TT-").exists()
    assert not Product.objects.filter(name="托特包").exists()
    fact = DomainEvent.objects.get(type="list.import_undone").fact
    assert isinstance(fact, ImportUndone)
    assert (fact.undone, fact.kept) == (3, 0)


def test_what_something_has_followed_stays_and_its_reason_is_told_exactly(
    boss: Client, manager: Staff
) -> None:
    run = taken_in(boss, "products", HEADS, *BAGS, ["TT-3", "背包", "红", "12"])
    set_stock(actor=Actor.staff(manager), sku="TT-1", on_hand=5, reason="期初")
    order = make_order(items=[ItemInput("TT-1", 1)])
    Variant.objects.filter(sku="TT-2").update(price=Decimal(99))
    run = pressed(boss, run, "undo")
    assert (run.stage, run.undoing["undone"], run.undoing["kept"]) == (Stage.DONE, 1, 2)
    reasons = dict(run.undoing["reasons"])
    assert order.number in reasons[2]
    assert "之后又改过：零售价" in reasons[3]
    page = boss.get(f"/files/imports/{run.pk}/").content.decode()
    assert reasons[2] in page
    Variant.objects.filter(sku="TT-2").update(price=Decimal("1288.00"))
    assert pressed(boss, run, "undo").undoing == {"undone": 2, "kept": 1, "reasons": [[2, reasons[2]]]}


def test_a_count_is_taken_back_unless_goods_have_moved_since(boss: Client, manager: Staff) -> None:
    VariantFactory(sku="QZ-1", on_hand=5)
    VariantFactory(sku="QZ-2", on_hand=5)
    run = taken_in(boss, "stock", ["货号", "库存"], ["QZ-1", "50"], ["QZ-2", "50"])
    set_stock(actor=Actor.staff(manager), sku="QZ-2", delta=-1, reason="破损")
    run = pressed(boss, run, "undo")
    assert dict(run.undoing["reasons"]) == {3: "QZ-2 之后又有变动：报损 破损"}
    assert list(Variant.objects.order_by("sku").values_list("on_hand", flat=True)) == [5, 49]


def test_customers_with_orders_stay_and_all_others_are_taken_back(boss: Client) -> None:
    known = CustomerFactory(name="吴丽华", phone="+8613800138000")
    rows = [
        ["姓名", "手机", "公司"],
        ["吴丽华", "13800138000", "丽华箱包"],
        ["甲", "13700137000", ""],
        ["乙", "13700137001", ""],
    ]
    run = taken_in(boss, "customers", *rows)
    order = make_order(customer=Customer.objects.get(name="甲"))
    run = pressed(boss, run, "undo")
    assert dict(run.undoing["reasons"]) == {3: f"甲 已有订单 {order.number}"}
    known.refresh_from_db()
    assert known.company == ""
    assert not Customer.objects.filter(name="乙").exists()


def test_an_import_without_changes_and_one_that_was_dropped_cannot_be_undone(boss: Client) -> None:
    taken_in(boss, "products", HEADS, *BAGS)
    run = tried(boss, upload(boss, "products", as_csv(HEADS, *BAGS)))
    assert "没有要改的" in boss.get(f"/files/imports/{run.pk}/").content.decode()
    assert pressed(boss, run, "drop").stage == Stage.DROPPED
    assert pressed(boss, run, "undo").stage == Stage.DROPPED
    assert boss.get("/files/imports/").status_code == 200
