"""Files of goods, stock and customers come in by the page: laid out, tried, taken in, and taken back where nothing followed."""

import csv
import gzip
import io
from decimal import Decimal
from pathlib import Path

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from orders.errors import ImportRefused
from orders.models import Product, StockMovement, Variant
from orders.services.orders import ItemInput
from shopcomm.core.accounts.models import Customer, Staff
from shopcomm.core.events.models import DomainEvent
from shopcomm.edge.files.events import ListImported
from shopcomm.edge.files.models import ImportedRow, ImportRun, RememberedLayout
from shopcomm.edge.files.services import taking
from shopcomm.edge.files.services.working import work_on_files
from tests.factories import CustomerFactory, ProductFactory, VariantFactory, make_order
from tests.files.taking import BAGS, HEADS, as_csv, numbers, pressed, taken_in, tried, upload

pytestmark = pytest.mark.django_db
Stage = ImportRun.Stage


@pytest.fixture
def boss(log_in, manager: Staff) -> Client:
    return log_in(manager)


# --- looking at files ----------------------------------------------------------------------------
def book(tmp_path: Path) -> bytes:
    """A title, heads in the third line, a name merged over two variants, numbers as numbers, a note on the first sheet."""
    path = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(path) as made:
        made.add_worksheet("说明").write(0, 0, "请填好再发")
        sheet = made.add_worksheet("货品")
        sheet.write(0, 0, "2026 春季新款")
        for at, head in enumerate(("货号", "品名", "颜色", "售价")):
            sheet.write(2, at, head)
        sheet.merge_range(3, 1, 4, 1, "托特包")
        for line, (sku, color, price) in enumerate((("TT-1", "黑", 28.5), ("TT-2", "白", 1288)), start=3):
            sheet.write(line, 0, sku)
            sheet.write(line, 2, color)
            sheet.write(line, 3, price)
    return path.read_bytes()


@pytest.mark.parametrize("form", ["utf-8-sig", "gb18030", "utf-16", "gz", "xlsx"])
def test_a_real_file_is_read_whatever_its_encoding_its_title_rows_and_its_merged_cells(
    boss: Client, tmp_path: Path, form: str
) -> None:
    content = {"xlsx": lambda: book(tmp_path), "gz": lambda: gzip.compress(as_csv(HEADS, *BAGS))}.get(
        form, lambda: as_csv(HEADS, *BAGS, encoding=form)
    )()
    run = pressed(boss, tried(boss, upload(boss, "products", content)), "take")
    assert numbers(run.report) == (2, 0, 0, 0), run.report
    found = Variant.objects.order_by("sku").values_list("sku", "product__name", "color", "price")
    assert list(found) == [
        ("TT-1", "托特包", "黑", Decimal("28.50")),
        ("TT-2", "托特包", "白", Decimal("1288.00")),
    ]
    assert Product.objects.filter(name="托特包").count() == 1


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "空"),
        (b"PK\x03\x04 no workbook", "损坏"),
        (b"<html><table><tr><td>1</td></tr></table></html>", "网页"),
    ],
)
def test_what_is_no_table_is_refused_in_words(boss: Client, content: bytes, why: str) -> None:
    answer = boss.post("/files/imports/new/products/", {"file": SimpleUploadedFile("a.xlsx", content)})
    if answer.status_code == 422:
        assert why in answer.content.decode()
        return
    work_on_files()
    run = ImportRun.objects.get()
    assert run.stage == Stage.FAILED
    assert why in boss.get(f"/files/imports/{run.pk}/").content.decode()


def test_a_file_that_is_too_large_is_refused_and_not_kept(boss: Client, settings) -> None:
    settings.IMPORT_FILE_BYTES = 10
    answer = boss.post("/files/imports/new/stock/", {"file": SimpleUploadedFile("a.csv", b"x" * 11)})
    assert answer.status_code == 422
    assert ImportRun.objects.count() == 0


def test_columns_are_guessed_changed_by_hand_and_remembered_for_the_next_file(boss: Client) -> None:
    rows = [["款式码", "商品名称", "价格"], ["A-1", "背包", "99"]]
    run = upload(boss, "products", as_csv(*rows))
    assert run.layout["places"] == {"name": [1], "price": [2]}
    refused = boss.post(f"/files/imports/{run.pk}/columns/", {"column_1": "name"}, follow=True)
    assert "请指出哪一列是：SKU" in refused.content.decode()
    run = tried(boss, run, column_0="sku")
    assert numbers(run.trial) == (1, 0, 0, 0)
    again = upload(boss, "products", as_csv(rows[0], ["A-2", "背包", "88"]))
    assert again.layout["places"] == {"sku": [0], "name": [1], "price": [2]}
    assert again.look["is_remembered"]
    assert RememberedLayout.objects.count() == 1


def test_the_file_and_its_columns_survive_between_the_steps(boss: Client, other_sales: Staff) -> None:
    run = tried(boss, upload(boss, "products", as_csv(HEADS, *BAGS), name="三月 新款.csv"))
    colleague = Client()
    Staff.objects.filter(pk=other_sales.pk).update(role="manager")
    colleague.force_login(other_sales)
    page = colleague.get(f"/files/imports/{run.pk}/").content.decode()
    assert "三月 新款.csv" in page
    assert pressed(colleague, run, "take").stage == Stage.DONE


# --- trying --------------------------------------------------------------------------------------
def test_a_trial_lists_every_wrong_row_with_its_line_and_writes_nothing(boss: Client) -> None:
    VariantFactory(sku="OLD-1", price=Decimal(10))
    rows = [
        ["TT-1", "托特包", "黑", "28.50"],
        ["", "托特包", "黑", "1"],
        ["TT-3", "包" * 201, "", "1"],
        ["TT-4", "背包", "", "很贵"],
        ["TT-1", "托特包", "白", "1"],
        ["2.45678E+18", "背包", "", "1"],
        ["OLD-1", "", "", "10.00"],
    ]
    before = Variant.objects.count()
    run = tried(boss, upload(boss, "products", as_csv(["货号", "品名", "颜色", "零售价"], *rows)))
    assert numbers(run.trial) == (1, 0, 1, 5)
    reasons = dict(run.trial["errors"])
    assert sorted(reasons) == [3, 4, 5, 6, 7]
    assert "零售价读不懂" in reasons[5]
    assert "和第 2 行重复" in reasons[6]
    assert "科学计数" in reasons[7]
    assert (Variant.objects.count(), ImportedRow.objects.count()) == (before, 0)
    page = boss.get(f"/files/imports/{run.pk}/").content.decode()
    assert all(reason in page for reason in reasons.values())


def test_a_new_variant_takes_an_empty_name_from_the_row_above_and_a_known_one_keeps_its_own(
    boss: Client,
) -> None:
    known = VariantFactory(sku="OLD-1", product=ProductFactory(name="旧包"))
    run = taken_in(
        boss,
        "products",
        HEADS,
        ["TT-1", "托特包", "黑", "5"],
        ["TT-2", "", "白", "5"],
        ["OLD-1", "", "红", "5"],
    )
    assert numbers(run.report) == (2, 1, 0, 0)
    assert Variant.objects.get(sku="TT-2").product.name == "托特包"
    known.refresh_from_db()
    assert (known.product.name, known.color) == ("旧包", "红")


def test_the_list_of_refused_rows_is_downloaded_mended_and_taken_in(boss: Client) -> None:
    run = taken_in(
        boss, "products", HEADS, ["TT-1", "托特包", "黑", "1"], ["TT-2", "=HYPERLINK(1)", "", "贵"]
    )
    answer = boss.get(f"/files/imports/{run.pk}/refused/")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    heads, row = csv.reader(io.StringIO(text))
    assert heads == ["行号", "原因", *HEADS]
    assert (row[0], row[3]) == ("3", "'=HYPERLINK(1)")
    mended = text.replace("贵", "5").replace("'=HYPERLINK(1)", "背包")
    again = pressed(boss, tried(boss, upload(boss, "products", mended.encode())), "take")
    assert numbers(again.report) == (1, 0, 0, 0)


# --- taking in -----------------------------------------------------------------------------------
def test_the_same_file_twice_doubles_nothing(boss: Client) -> None:
    taken_in(boss, "products", HEADS, *BAGS)
    again = tried(boss, upload(boss, "products", as_csv(HEADS, *BAGS)))
    assert numbers(again.trial) == (0, 0, 2, 0)
    assert Variant.objects.filter(sku__startswith="TT-").count() == 2


def test_stock_that_came_in_is_not_added_twice_from_the_same_file(boss: Client) -> None:
    VariantFactory(sku="QZ-1", on_hand=5)
    rows = [["货号", "入库数量"], ["QZ-1", "1,000"]]
    taken_in(boss, "stock", *rows)
    again = upload(boss, "stock", as_csv(*rows))
    told = boss.post(
        f"/files/imports/{again.pk}/columns/", {"column_0": "sku", "column_1": "delta"}, follow=True
    )
    assert "会把数量加两遍" in told.content.decode()
    assert Variant.objects.get(sku="QZ-1").on_hand == 1005


def test_a_count_from_a_file_is_a_movement_with_its_reason_and_breaks_no_promise_in_silence(
    boss: Client,
) -> None:
    bag = VariantFactory(sku="QZ-1", on_hand=10)
    order = make_order(status="paid", items=[ItemInput("QZ-1", 8)])
    run = taken_in(boss, "stock", ["货号", "库存", "原因"], ["qz-1", "３", "月末盘点"], ["NO-1", "3", ""])
    assert numbers(run.report) == (0, 1, 0, 1)
    assert order.number in run.report["notes"][0]
    bag.refresh_from_db()
    moved = StockMovement.objects.filter(variant=bag, kind="counted").latest("pk")
    assert (bag.on_hand, moved.reason, moved.on_hand_delta) == (3, "月末盘点", -7)


def test_customers_are_known_by_number_or_phone_and_never_taken_for_another(boss: Client) -> None:
    known = CustomerFactory(name="吴丽华", phone="+8613800138000")
    numbered = CustomerFactory(name="陈总", phone="", external_id="5")
    rows = [
        ["客户编号", "姓名", "手机", "类型", "账期"],
        ["", "吴丽华", "１３８ 0013 8000", "批发", "30"],
        ["5", "陈总", "", "批发", ""],
        ["6", "新客", "13700137000", "", ""],
        ["5", "不是他", "13800138000", "", ""],
        ["", "没电话", "", "", ""],
        ["", "空号", "11111111111", "", ""],
    ]
    run = taken_in(boss, "customers", *rows)
    assert numbers(run.report) == (1, 2, 0, 3), run.report
    known.refresh_from_db()
    numbered.refresh_from_db()
    assert (known.tier, known.credit_days, numbered.tier) == ("wholesale", 30, "wholesale")
    made = Customer.objects.get(external_id="6")
    assert (made.phone, made.phone_tail) == ("+8613700137000", "7000")


def test_an_import_is_an_event_and_only_managers_make_one(boss: Client, log_in, sales: Staff) -> None:
    run = taken_in(boss, "products", HEADS, *BAGS)
    fact = DomainEvent.objects.get(type="list.imported").fact
    assert isinstance(fact, ListImported)
    assert (fact.what, fact.new, fact.run) == ("products", 2, run.pk)
    seller = log_in(sales)
    for path in ("", "new/products/", f"{run.pk}/", f"{run.pk}/refused/"):
        assert seller.get(f"/files/imports/{path}").status_code == 403
    assert seller.post(f"/files/imports/{run.pk}/undo/").status_code == 403


def test_two_managers_who_press_at_once_take_a_file_in_once(boss: Client) -> None:
    run = tried(boss, upload(boss, "products", as_csv(HEADS, *BAGS)))
    boss.post(f"/files/imports/{run.pk}/take/")
    second = boss.post(f"/files/imports/{run.pk}/take/", follow=True)
    assert "这一步已经做过了" in second.content.decode()
    work_on_files()
    assert ImportedRow.objects.count() == 2


def test_a_form_that_is_sent_twice_keeps_one_file(boss: Client) -> None:
    for _ in range(2):
        upload(boss, "products", as_csv(HEADS, *BAGS), form_key="k1")
    assert ImportRun.objects.count() == 1


def test_a_killed_worker_is_followed_by_one_that_goes_on_behind_the_rows_it_took(
    boss: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    VariantFactory(sku="QZ-1", on_hand=5)
    VariantFactory(sku="QZ-2", on_hand=5)
    run = tried(boss, upload(boss, "stock", as_csv(["货号", "入库数量"], ["QZ-1", "10"], ["QZ-2", "10"])))
    take, rows = taking._take_row, []

    def dies(run: ImportRun, importer, row, actor):
        if rows:
            raise KeyboardInterrupt
        rows.append(row)
        return take(run, importer, row, actor)

    monkeypatch.setattr(taking, "_take_row", dies)
    with pytest.raises(KeyboardInterrupt):
        pressed(boss, run, "take")
    monkeypatch.setattr(taking, "_take_row", take)
    run.refresh_from_db()
    assert run.stage == Stage.TAKING
    work_on_files()
    run.refresh_from_db()
    assert (run.stage, numbers(run.report)) == (Stage.DONE, (0, 2, 0, 0))
    assert list(Variant.objects.order_by("sku").values_list("on_hand", flat=True)) == [15, 15]


def test_an_import_that_is_cut_off_again_and_again_is_seen_to_have_failed(boss: Client) -> None:
    run = tried(boss, upload(boss, "products", as_csv(HEADS, *BAGS)))
    boss.post(f"/files/imports/{run.pk}/take/")
    ImportRun.objects.update(begun=3)
    work_on_files()
    run.refresh_from_db()
    assert run.stage == Stage.FAILED
    assert "没有做完" in boss.get(f"/files/imports/{run.pk}/").content.decode()


def test_an_import_that_failed_half_way_is_undone_and_its_file_adds_nothing_twice_before(
    boss: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    bag = VariantFactory(sku="QZ-1", on_hand=5)
    VariantFactory(sku="QZ-2", on_hand=5)
    rows = [["货号", "入库数量"], ["QZ-1", "10"], ["QZ-2", "10"]]
    run, take, taken = tried(boss, upload(boss, "stock", as_csv(*rows))), taking._take_row, []

    def fails_after_one(run: ImportRun, importer, row, actor):
        if taken:
            raise ImportRefused("半路停下")
        taken.append(row)
        return take(run, importer, row, actor)

    monkeypatch.setattr(taking, "_take_row", fails_after_one)
    run = pressed(boss, run, "take")
    monkeypatch.setattr(taking, "_take_row", take)
    assert run.stage == Stage.FAILED
    assert "撤销这次导入" in boss.get(f"/files/imports/{run.pk}/").content.decode()
    again = tried(boss, upload(boss, "stock", as_csv(*rows)))
    assert again.stage == Stage.LAYING_OUT
    assert pressed(boss, run, "undo").stage == Stage.UNDONE
    bag.refresh_from_db()
    assert bag.on_hand == 5
    assert pressed(boss, tried(boss, again), "take").stage == Stage.DONE
    assert list(Variant.objects.order_by("sku").values_list("on_hand", flat=True)) == [15, 15]
