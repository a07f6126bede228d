"""A file that is broken, hostile or no list of orders gives one sentence, and the process lives on."""

import gzip
import io
import os
import zipfile

import pytest
from django.core.management import CommandError, call_command

from orders.errors import ImportRefused
from orders.models import Order
from orders.services.imports import encodings, import_orders, importing, reading
from orders.services.imports import workbook as workbook_process
from shopcomm.core.accounts.actors import Actor
from tests.orders.imports.conftest import BAG, HEAD, workbook
from tests.orders.imports.containers import ods

pytestmark = pytest.mark.django_db

BROKEN = "文件不完整或已损坏"
TOO_LARGE = "表格太大，打不开：请分成几个文件，或另存为 CSV"


@pytest.fixture
def good(tmp_path) -> bytes:
    return workbook(tmp_path / "good.xlsx", {"订单": [HEAD.split(","), BAG.split(",")]}).read_bytes()


def refusal_sentence(tmp_path, content: bytes, name: str) -> str:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(CommandError) as refused:
        call_command("import_orders", str(path))
    assert "\n" not in str(refused.value)
    return str(refused.value)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_a_truncated_workbook_is_refused_in_one_sentence(tmp_path, good, share):
    assert refusal_sentence(tmp_path, good[: int(len(good) * share)], "cut.xlsx") == f"{BROKEN}：cut.xlsx"


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
def test_a_file_without_orders_is_refused_in_one_sentence(tmp_path, name, content, said):
    assert said in refusal_sentence(tmp_path, content, name)
    assert not Order.objects.exists()


def test_a_compressed_line_of_gigabytes_does_not_exhaust_memory(tmp_path):
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=1) as file:
        file.write(f"{HEAD}\n".encode())
        for _ in range(40):
            file.write(b"x" * 1_000_000)

    assert "一格太长" in refusal_sentence(tmp_path, packed.getvalue(), "bomb.csv.gz")


def test_a_compressed_text_of_excessive_length_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(encodings, "LONGEST_TEXT", 1_000_000)
    packed = gzip.compress(f"{HEAD}\n".encode() + f"{BAG}\n".encode() * 20_000)

    assert len(packed) < 50_000
    assert refusal_sentence(tmp_path, packed, "bomb.csv.gz") == "文件太大：请分成几个文件再导入"
    assert not Order.objects.exists()


def test_a_file_of_too_many_rows_is_refused_before_anything_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(importing, "MOST_ROWS", 3)
    content = "\n".join([HEAD, *(BAG.replace("T1,", f"T{n},") for n in range(4))]).encode()

    assert refusal_sentence(tmp_path, content, "many.csv") == "一个文件最多 3 行：请分成几个文件再导入"
    assert not Order.objects.exists()


def test_a_workbook_that_unpacks_to_too_much_kills_only_its_own_process(tmp_path, good, monkeypatch):
    monkeypatch.setattr(reading, "MEMORY", 200 * 1024 * 1024)
    cell = b'<c r="A1" t="inlineStr"><is><t>' + b"x" * 30_000 + b"</t></is></c>"
    rows = b"".join(b'<row r="%d">%s</row>' % (n, cell.replace(b"A1", b"A%d" % n)) for n in range(3, 7_000))
    bomb = with_sheet(good, b"</sheetData>", rows + b"</sheetData>")

    assert refusal_sentence(tmp_path, bomb, "bomb.xlsx") == TOO_LARGE


def with_sheet(good: bytes, old: bytes, new: bytes, part: str = "xl/worksheets/sheet1.xml") -> bytes:
    """A workbook with something put into one of its parts."""
    source, made = zipfile.ZipFile(io.BytesIO(good)), io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as book:
        for name in source.namelist():
            content = source.read(name)
            assert name != part or old in content
            book.writestr(name, content.replace(old, new, 1) if name == part else content)
    return made.getvalue()


def test_a_sheet_with_a_cell_in_its_last_corner_is_refused_in_one_sentence(tmp_path, good, monkeypatch):
    monkeypatch.setattr(reading, "MEMORY", 400 * 1024 * 1024)
    corner = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'

    assert refusal_sentence(tmp_path, with_sheet(good, b"</sheetData>", corner), "far.xlsx") == TOO_LARGE


def test_a_sheet_that_wrongly_claims_to_be_large_is_imported(tmp_path, good):
    path = tmp_path / "declared.xlsx"
    path.write_bytes(with_sheet(good, b'ref="A1:J2"', b'ref="A1:XFD1048576"'))

    assert import_orders(path, actor=Actor.system()).orders == 1


def test_a_row_repeated_ten_million_times_is_refused_in_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "MEMORY", 400 * 1024 * 1024)
    book = ods({"订单": [HEAD.split(","), BAG.split(",")]})
    row = b'<table:table-row table:number-rows-repeated="10000000"><table:table-cell table:number-columns-repeated='
    row += b'"16384" office:value-type="string"><text:p>x</text:p></table:table-cell>'
    bomb = with_sheet(book, b"</table:table>", row + b"</table:table-row></table:table>", "content.xml")

    assert refusal_sentence(tmp_path, bomb, "bomb.ods") in (TOO_LARGE, f"{BROKEN}：bomb.ods")


def test_deeply_nested_xml_does_no_harm(tmp_path, good):
    path = tmp_path / "deep.xlsx"
    path.write_bytes(with_sheet(good, b"<sheetData>", b"<x>" * 500_000 + b"<sheetData>"))

    assert import_orders(path, actor=Actor.system()).orders == 1


def test_an_xml_entity_bomb_is_refused_in_one_sentence(tmp_path, good):
    names = b"".join(b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 10))
    bomb = with_sheet(good, b"<worksheet", b'<!DOCTYPE x [<!ENTITY a0 "ha">' + names + b"]><worksheet")
    bomb = with_sheet(
        bomb, b"</sheetData>", b'<row r="3"><c r="A3" t="str"><v>&a9;</v></c></row></sheetData>'
    )

    assert refusal_sentence(tmp_path, bomb, "names.xlsx") == f"{BROKEN}：names.xlsx"


def test_worksheets_that_would_fill_the_disk_are_refused_in_one_sentence(tmp_path, monkeypatch):
    rows = [HEAD.split(","), *[BAG.split(",")] * 30]
    (tmp_path / "out").mkdir()
    monkeypatch.setattr(workbook_process, "WRITTEN_BYTES", 20_000)
    path = workbook(tmp_path / "x.xlsx", {f"{n}": rows for n in range(5)})
    with pytest.raises(MemoryError):
        workbook_process.unpack_sheets(str(path), tmp_path / "out")

    assert sum(file.stat().st_size for file in (tmp_path / "out").glob("*.jsonl")) < 21_000


def test_a_workbook_that_takes_too_long_is_refused(tmp_path, good, monkeypatch):
    monkeypatch.setattr(reading, "SECONDS", 0)

    assert "打不开" in refusal_sentence(tmp_path, good, "slow.xlsx")


def test_the_workbook_process_does_not_get_the_shops_secrets(tmp_path, good, monkeypatch):
    told = {}
    run = reading.subprocess.run
    monkeypatch.setattr(
        reading.subprocess, "run", lambda *args, **options: (told.update(options), run(*args, **options))[1]
    )
    (tmp_path / "x.xlsx").write_bytes(good)
    import_orders(tmp_path / "x.xlsx", actor=Actor.system())

    assert set(told["env"]) == {"PATH", "LANG", "MALLOC_ARENA_MAX"}
    assert not [name for name in os.environ if name.startswith("DJANGO") and name in told["env"]]


def test_unpacked_files_are_removed_after_the_import(tmp_path, good, monkeypatch):
    monkeypatch.setattr(reading.tempfile, "tempdir", str(tmp_path / "scratch"))
    (tmp_path / "scratch").mkdir()
    for name, content in (("x.xlsx", good), ("y.xlsx", good[:500])):
        (tmp_path / name).write_bytes(content)
        try:
            import_orders(tmp_path / name, actor=Actor.system())
        except ImportRefused:
            continue

    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_missing_sheet_is_named_in_the_refusal(tmp_path, good):
    (tmp_path / "x.xlsx").write_bytes(good)
    with pytest.raises(CommandError, match="没有工作表“五月”，只有：订单"):
        call_command("import_orders", str(tmp_path / "x.xlsx"), sheet="五月")
