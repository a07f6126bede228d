"""A file that is broken, hostile or no list of orders gives one sentence, and the process lives on."""

import gzip
import io
import os
import zipfile

import pytest
from django.core.management import CommandError, call_command

from orders.errors import ImportRefused
from orders.models import Order
from orders.services.imports import import_orders, reading
from shopcomm.core.accounts.actors import Actor
from tests.orders.imports.conftest import BAG, HEAD, workbook

pytestmark = pytest.mark.django_db

BROKEN = "文件不完整或已损坏"


@pytest.fixture
def good(tmp_path) -> bytes:
    return workbook(tmp_path / "good.xlsx", {"订单": [HEAD.split(","), BAG.split(",")]}).read_bytes()


def sentence(tmp_path, content: bytes, name: str) -> str:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(CommandError) as refused:
        call_command("import_orders", str(path))
    assert "\n" not in str(refused.value)
    return str(refused.value)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_a_workbook_that_was_cut_off_is_one_sentence(tmp_path, good, share):
    assert sentence(tmp_path, good[: int(len(good) * share)], "cut.xlsx") == f"{BROKEN}：cut.xlsx"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.csv", b"", "文件是空的：empty.csv"),
        ("cut.csv.gz", gzip.compress(f"{HEAD}\n{BAG}\n".encode() * 50)[:-20], f"{BROKEN}：cut.csv.gz"),
        ("picture.csv", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, "这不是表格文件"),
        ("page.xls", "<html><table><tr><td>订单号</td></tr></table>".encode(), "这是网页，不是表格"),
        ("quote.csv", f'{HEAD}\n{BAG}\n"T2,TB-1\n{BAG}\n'.encode(), "引号不成对"),
        ("long.csv", f"{HEAD}\n".encode() + b"x" * 3_000_000, "一格太长"),
        ("blank.csv", b"\n\n\n", "表头缺少这些列"),
        ("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 2000, f"{BROKEN}：old.xls"),
        ("archive.xlsx", b"PK\x03\x04" + b"\x00" * 2000, f"{BROKEN}：archive.xlsx"),
    ],
)
def test_what_is_no_list_of_orders_is_one_sentence(tmp_path, name, content, said):
    assert said in sentence(tmp_path, content, name)
    assert not Order.objects.exists()


def test_a_packed_line_of_gigabytes_does_not_fill_the_memory(tmp_path):
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=1) as file:
        file.write(f"{HEAD}\n".encode())
        for _ in range(40):
            file.write(b"x" * 1_000_000)

    assert "一格太长" in sentence(tmp_path, packed.getvalue(), "bomb.csv.gz")


def test_a_workbook_that_unpacks_to_too_much_ends_its_own_process_only(tmp_path, good, monkeypatch):
    monkeypatch.setattr(reading, "MEMORY", 200 * 1024 * 1024)
    source, made = zipfile.ZipFile(io.BytesIO(good)), io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as bomb:
        for name in source.namelist():
            content = source.read(name)
            if name == "xl/worksheets/sheet1.xml":
                cell = b'<c r="A1" t="inlineStr"><is><t>' + b"x" * 30_000 + b"</t></is></c>"
                rows = b"".join(
                    b'<row r="%d">%s</row>' % (n, cell.replace(b"A1", b"A%d" % n)) for n in range(1, 7_000)
                )
                content = (
                    content.split(b"<sheetData>")[0] + b"<sheetData>" + rows + b"</sheetData></worksheet>"
                )
            bomb.writestr(name, content)

    assert (
        sentence(tmp_path, made.getvalue(), "bomb.xlsx") == "表格太大，打不开：请分成几个文件，或另存为 CSV"
    )


def test_a_workbook_that_never_ends_is_given_up(tmp_path, good, monkeypatch):
    monkeypatch.setattr(reading, "SECONDS", 0)

    assert "打不开" in sentence(tmp_path, good, "slow.xlsx")


def test_a_workbook_is_opened_without_the_secrets_of_the_shop(tmp_path, good, monkeypatch):
    told = {}
    run = reading.subprocess.run
    monkeypatch.setattr(
        reading.subprocess, "run", lambda *args, **options: (told.update(options), run(*args, **options))[1]
    )
    (tmp_path / "x.xlsx").write_bytes(good)
    import_orders(tmp_path / "x.xlsx", actor=Actor.system())

    assert set(told["env"]) == {"PATH", "LANG", "MALLOC_ARENA_MAX"}
    assert not [name for name in os.environ if name.startswith("DJANGO") and name in told["env"]]


def test_nothing_unpacked_is_left_behind(tmp_path, good, monkeypatch):
    monkeypatch.setattr(reading.tempfile, "tempdir", str(tmp_path / "scratch"))
    (tmp_path / "scratch").mkdir()
    for name, content in (("x.xlsx", good), ("y.xlsx", good[:500])):
        (tmp_path / name).write_bytes(content)
        try:
            import_orders(tmp_path / name, actor=Actor.system())
        except ImportRefused:
            continue

    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_sheet_that_is_not_there_is_named(tmp_path, good):
    (tmp_path / "x.xlsx").write_bytes(good)
    with pytest.raises(CommandError, match="没有工作表“五月”，只有：订单"):
        call_command("import_orders", str(tmp_path / "x.xlsx"), sheet="五月")
