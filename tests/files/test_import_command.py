"""`manage.py import_list` goes the page's way without the page."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from orders.models import Variant
from shopcomm.core.accounts.models import Customer, Staff
from shopcomm.edge.files.models import ImportedRow, ImportRun
from shopcomm.edge.files.services.importing import undo_import
from shopcomm.edge.files.services.working import work_on_files
from tests.factories import VariantFactory
from tests.files.taking import BAGS, HEADS, as_csv

pytestmark = pytest.mark.django_db
Stage = ImportRun.Stage


@pytest.fixture
def table(tmp_path: Path):
    def write(*rows: list[object]) -> Path:
        path = tmp_path / "表.csv"
        path.write_bytes(as_csv(*rows))
        return path

    return write


def said(kind: str, path: Path, staff: Staff, *more: str) -> str:
    out = StringIO()
    call_command("import_list", kind, str(path), "--by", staff.username, *more, stdout=out)
    return out.getvalue()


def test_goods_come_in_by_the_command_and_go_by_the_page(table, manager) -> None:
    assert "新增 2，修改 0，没有变化 0，有问题 0" in said("products", table(HEADS, *BAGS), manager)
    run = ImportRun.objects.get()
    assert (run.stage, run.staff, run.name) == (Stage.DONE, manager, "表.csv")
    undo_import(run.pk)
    work_on_files()
    assert not Variant.objects.filter(sku__in=["TT-1", "TT-2"]).exists()


def test_a_trial_by_the_command_writes_nothing_and_names_each_refused_row(table, manager) -> None:
    bags = VariantFactory(sku="TT-1")
    told = said("stock", table(["货号", "现有库存"], ["TT-1", 7], ["NO-1", 7]), manager, "--check")
    assert "修改 1，没有变化 0，有问题 1" in told
    assert "第 3 行：" in told
    run = ImportRun.objects.get()
    assert (Variant.objects.get(pk=bags.pk).on_hand, ImportedRow.objects.count()) == (bags.on_hand, 0)
    assert run.stage == Stage.DROPPED


def test_customers_come_in_twice_without_a_second_change(table, manager) -> None:
    path = table(["客户", "手机"], ["林姐", "13800138000"])
    assert "新增 1" in said("customers", path, manager)
    assert "没有变化 1" in said("customers", path, manager)
    assert Customer.objects.filter(phone="+8613800138000").count() == 1


def test_a_file_without_a_needed_column_is_refused_and_does_not_wait_on_the_page(table, manager) -> None:
    with pytest.raises(CommandError, match="请指出哪一列是"):
        said("products", table(["颜色"], ["黑"]), manager)
    assert ImportRun.objects.get().stage == Stage.DROPPED


def test_only_a_manager_imports_by_the_command(table, sales, tmp_path) -> None:
    with pytest.raises(CommandError, match="管理者"):
        said("products", table(HEADS, *BAGS), sales)
    sales.role = "manager"
    sales.save()
    with pytest.raises(CommandError, match="No such file"):
        said("products", tmp_path / "none.csv", sales)
