"""Past orders come in from a file on the page by the same service as the command, and go again where nothing followed."""

from uuid import uuid4

import pytest
from django.core.management import call_command
from django.test import Client

from messaging.models import Conversation, Message
from messaging.services.messages import send_message
from orders.models import ImportedDocument, Order, Payment, StockMovement, UnfinishedDocument, Variant
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Customer, Staff
from shopcomm.edge.files.models import ImportedRow, ImportRun
from shopcomm.edge.files.services import order_files
from shopcomm.edge.files.services.working import work_on_files
from tests.factories import VariantFactory, move
from tests.files.taking import as_csv, numbers, pressed, taken_in, tried, upload

pytestmark = pytest.mark.django_db
Stage = ImportRun.Stage
HEADS = [
    "订单编号",
    "商家编码",
    "宝贝标题",
    "购买数量",
    "商品单价",
    "订单创建时间",
    "收货人姓名",
    "联系手机",
    "订单状态",
]
FIRST = ["T1", "BG-1", "托特包", "１０个", "28.50", "2026.03.05 09:05", "吴丽华", "13800138000", "交易成功"]
MORE = ["T1", "BG-2", "背包", "5", "￥10", "2026.03.05 09:05", "吴丽华", "13800138000", "交易成功"]
OTHER = ["T2", "BG-1", "托特包", "1", "30", "46086.378472", "赵国强", "13900139000", "交易成功"]
BROKEN = ["T3", "BG-1", "托特包", "几个", "30", "2026-03-05", "赵国强", "13900139000", "交易成功"]


@pytest.fixture
def boss(log_in, manager: Staff) -> Client:
    return log_in(manager)


def test_a_trial_of_orders_counts_what_would_come_in_and_writes_nothing(boss: Client) -> None:
    run = tried(boss, upload(boss, "orders", as_csv(HEADS, FIRST, MORE, OTHER, BROKEN)))
    assert (run.stage, numbers(run.trial)) == (Stage.CHECKED, (2, 0, 0, 1))
    assert run.trial["errors"] == [["5", "数量读不懂：几个"]]
    assert "新客户: 2" in run.trial["text"]
    assert "新商品: 2" in run.trial["text"]
    for model in (Order, Customer, Variant, ImportedDocument, UnfinishedDocument, ImportedRow):
        assert model.objects.count() == 0


def test_the_page_takes_orders_in_exactly_as_the_command_does(boss: Client, tmp_path) -> None:
    run = taken_in(boss, "orders", HEADS, FIRST, MORE, OTHER)
    assert numbers(run.report) == (2, 0, 0, 0)
    order = Order.objects.get(external_id="import:T1")
    assert (order.total, order.status, order.customer.name) == (335, "completed", "吴丽华")
    path = tmp_path / "same.csv"
    path.write_bytes(as_csv(HEADS, FIRST, MORE, OTHER))
    call_command("import_orders", str(path))
    assert Order.objects.count() == 2
    again = pressed(boss, tried(boss, upload(boss, "orders", path.read_bytes())), "take")
    assert numbers(again.trial) == (0, 0, 2, 0)
    assert Order.objects.count() == 2


def test_columns_that_no_head_names_are_chosen_by_hand(boss: Client) -> None:
    heads = ["单子", "货", "几件", "多少钱", "哪天"]
    run = upload(boss, "orders", as_csv(heads, ["T9", "BG-9", "2", "15", "2026-03-05"]))
    assert run.layout["places"] == {}
    chosen = {"column_0": "invoice", "column_1": "sku", "column_2": "quantity", "column_3": "unit_price"}
    told = boss.post(f"/files/imports/{run.pk}/columns/", chosen, follow=True)
    assert "请指出哪一列是：下单时间" in told.content.decode()
    run = pressed(boss, tried(boss, run, **chosen, column_4="paid_at"), "take")
    assert numbers(run.report) == (1, 0, 0, 0)
    assert Order.objects.get().total == 30


def test_undoing_deletes_orders_with_all_that_came_with_them_and_the_file_can_come_again(
    boss: Client,
) -> None:
    run = taken_in(boss, "orders", HEADS, FIRST, MORE, OTHER)
    stock = dict(Variant.objects.values_list("sku", "on_hand"))
    run = pressed(boss, run, "undo")
    assert (run.stage, run.undoing["undone"], run.undoing["kept"]) == (Stage.UNDONE, 2, 0)
    for model in (Order, Payment, StockMovement, Conversation, Message, ImportedDocument):
        assert model._base_manager.count() == 0, model
    assert dict(Variant.objects.values_list("sku", "on_hand")) == stock
    again = pressed(boss, tried(boss, upload(boss, "orders", as_csv(HEADS, FIRST, MORE, OTHER))), "take")
    assert numbers(again.report) == (2, 0, 0, 0)


def test_an_order_to_which_something_has_happened_since_stays_and_is_named(boss: Client) -> None:
    VariantFactory(sku="BG-1", on_hand=20)
    run = taken_in(boss, "orders", HEADS, [*FIRST[:-1], "等待卖家发货"], OTHER, ["T4", *OTHER[1:]])
    picked, spoken = (Order.objects.get(external_id=f"import:{number}") for number in ("T1", "T2"))
    move(picked, "picking")
    send_message(
        actor=Actor.customer(spoken.customer),
        conversation_id=Conversation.objects.get(order=spoken).pk,
        client_id=uuid4(),
        body="包收到了",
    )
    run = pressed(boss, run, "undo")
    assert (run.undoing["undone"], run.undoing["kept"]) == (1, 2)
    reasons = dict(run.undoing["reasons"])
    assert reasons == {2: "T1 之后：开始配货", 3: "T2 的会话里已经有人说过话"}
    page = boss.get(f"/files/imports/{run.pk}/").content.decode()
    assert all(reason in page for reason in reasons.values())
    assert set(Order.objects.values_list("pk", flat=True)) == {picked.pk, spoken.pk}


def test_an_order_that_held_stock_gives_it_back_when_its_import_is_undone(boss: Client) -> None:
    bag = VariantFactory(sku="BG-1", on_hand=20)
    run = taken_in(boss, "orders", HEADS, [*FIRST[:-1], "等待卖家发货"])
    bag.refresh_from_db()
    assert bag.reserved == 10
    run = pressed(boss, run, "undo")
    bag.refresh_from_db()
    assert (run.stage, bag.reserved, bag.on_hand) == (Stage.UNDONE, 0, 20)


def test_a_killed_import_of_orders_goes_on_and_counts_what_it_took_before(
    boss: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tried(boss, upload(boss, "orders", as_csv(HEADS, FIRST, MORE, OTHER)))
    real = order_files.import_orders

    def dies(*given, **named):
        real(*given, **named)
        raise KeyboardInterrupt

    monkeypatch.setattr(order_files, "import_orders", dies)
    with pytest.raises(KeyboardInterrupt):
        pressed(boss, run, "take")
    monkeypatch.setattr(order_files, "import_orders", real)
    work_on_files()
    run.refresh_from_db()
    assert (run.stage, numbers(run.report)) == (Stage.DONE, (2, 0, 0, 0))
    assert pressed(boss, run, "undo").undoing["undone"] == 2
