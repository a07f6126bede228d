"""From rows of other systems to orders: paths, moments, sums, numbers, lines; what is not understood is parked, not guessed."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from orders.models import Order, Status
from shopcomm.core.reading import exact_json_value
from shopcomm.edge.integrations.models import InboundRecord
from shopcomm.edge.integrations.moments import read_moment
from shopcomm.edge.integrations.polling.json_paths import (
    MISSING,
    PathRefused,
    leaf_paths,
    read_path,
    value_at,
)
from shopcomm.edge.integrations.polling.mapping import group_rows, map_order
from shopcomm.edge.integrations.polling.source_settings import SourceSettings
from tests.integrations.polling.conftest import Make
from tests.integrations.polling.order_system import OrderSystem, Reply
from tests.integrations.polling.reading import AT_ONCE, FIELDS, our_orders, plain_settings, read_now
from tests.outside_orders import outside_order

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 11, 30, 4, tzinfo=UTC)


def mapped(row: Any, fields: dict[str, str], **more: Any) -> dict[str, Any]:
    settings = replace(SourceSettings(url="https://erp.example.com/", fields=fields), **more)
    return map_order([row], settings)


# --- paths ----------------------------------------------------------------------------------------
VALUE = {"data": {"list": [{"id": 7, "a.b": 1, "订单 号": "x"}, {"id": 8}]}, "*": 3, "n": None}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("data.list[0].id", 7),
        ("$.data.list[1].id", 8),
        ("$", VALUE),
        ("", VALUE),
        (' data["list"][0]["a.b"] ', 1),
        ("data.list[0]['订单 号']", "x"),
        ("data.list[0].订单 号", "x"),
        ('["*"]', 3),
        ("n", None),
        ("data.list[2].id", MISSING),
        ("data.id", MISSING),
        ("data[0]", MISSING),
        ("data.list.id", MISSING),
    ],
)
def test_a_path_leads_to_a_value(path: str, found: Any) -> None:
    assert value_at(VALUE, read_path(path)) == found


@pytest.mark.parametrize(
    "text",
    [
        "a..b",
        "a[",
        "a[-1]",
        "a[x]",
        'a["b',
        "a]b",
        "a[0]b",
        "?(@.x)",
        "a[?(1)]",
        ".",
        "a." + "b." * 200,
        "a\0.",
    ],
)
def test_what_is_no_path_is_refused(text: str) -> None:
    if text == "?(@.x)":
        # A name, however odd: it leads nowhere, and nothing is evaluated.
        assert value_at(VALUE, read_path(text)) is MISSING
        return
    with pytest.raises(PathRefused):
        read_path(text)


def test_the_paths_of_a_row_lead_back_to_its_values() -> None:
    row = {"id": 1, "buyer": {"name": "x", "a.b": 2}, "lines": [{"sku": "A"}, {"sku": "B"}], "tags": []}
    assert leaf_paths(row) == ["id", "buyer.name", 'buyer["a.b"]', "lines[*].sku"]


# --- moments --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "written",
    [
        "2026-11-30T12:00:00+08:00", "2026-11-30T04:00:00Z", "2026-11-30 12:00:00", "2026-11-30T12:00", "2026/11/30 12:00",
        "2026/11/30 12:00:00", "2026.11.30 12:00:00", "2026年11月30日 12:00", "2026年11月30日12时00分", "20261130120000",
        "202611301200", 20261130120000, 1796011200, "1796011200", 1796011200000, "1796011200000", 1796011200000000,
        "/Date(1796011200000+0800)/", "2026-11-30T12:00:00.0000000+08:00", "2026-11-30T12:00:00.000Z+".removesuffix("Z+"),
        "Mon, 30 Nov 2026 12:00:00 +0800", "2026-11-30T12:00:00+0800", "2026-11-30T12:00:00,000",
    ],
)  # fmt: skip
def test_moments_are_read_as_other_systems_write_them(written: Any) -> None:
    assert read_moment(written, SHANGHAI) == NOON


def test_a_fraction_of_seven_digits_as_dot_net_writes_it_keeps_its_microseconds() -> None:
    found = read_moment("2026-11-30T12:00:00.1234567+08:00", SHANGHAI)
    assert found
    assert found.microsecond == 123456


@pytest.mark.parametrize(
    "written",
    [
        "",
        "soon",
        "2026-13-40",
        "0",
        -5,
        1e400,
        None,
        True,
        [],
        "²",
        "9" * 5000,
        "2026-02-30 10:00",
        "20261340",
    ],
)
def test_what_is_no_moment_is_not_guessed(written: Any) -> None:
    assert read_moment(written, SHANGHAI) is None


# --- numbers and sums -----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("written", "unit", "read"),
    [
        (12800, "fen", "128.00"), ("12800", "fen", "128.00"), (1, "fen", "0.01"), ("128", "yuan", "128.00"),
        ("￥1,299.50 元", "yuan", "1299.50"), ("１２８．５", "yuan", "128.50"), ("0.30000000000000004", "yuan", "0.30"),
        ("12.345", "yuan", "12.345"), ("beaucoup", "yuan", "beaucoup"),
    ],
)  # fmt: skip
def test_sums_are_read_in_fen_or_yuan_and_never_rounded_away(written: Any, unit: str, read: str) -> None:
    assert mapped({"p": written}, {"discount": "p"}, money=unit) == {"discount": read}


@pytest.mark.parametrize(
    ("written", "read"),
    [(2, 2), ("2", 2), ("2.000", 2), ("1,000", 1000), ("2.5", "2.5"), (True, "true"), ("两", "两")],
)
def test_quantities_are_read_and_nonsense_goes_through_to_be_parked(written: Any, read: Any) -> None:
    assert mapped({"q": written}, {"items.quantity": "q"}) == {"items": [{"quantity": read}]}


def test_numbers_are_kept_exactly_however_long_they_are() -> None:
    row = exact_json_value('{"id": 3705115058471208928123, "p": 12345678901234.10, "v": 9007199254740993}')
    read = mapped(row, {"external_id": "id", "payment.amount": "p", "version": "v"})
    assert read == {
        "external_id": "3705115058471208928123",
        "payment": {"amount": "12345678901234.10"},
        "version": 9007199254740993,
    }


def test_what_a_row_does_not_say_is_left_out_and_an_empty_note_is_said() -> None:
    row = {"id": "1", "note": "", "name": "", "phone": None}
    fields = {
        "external_id": "id",
        "note": "note",
        "customer.name": "name",
        "customer.phone": "phone",
        "reason": "x",
    }
    assert mapped(row, fields) == {"external_id": "1", "note": ""}


# --- lines, parcels, addresses --------------------------------------------------------------------
def test_nested_lines_and_parcels_are_read_from_their_lists() -> None:
    row = {
        "no": "1",
        "lines": [{"sku": "A", "n": 1}, {"sku": "B", "n": 2}],
        "packs": [{"no": "SF1"}, {"no": "SF2"}],
        "c": "SF",
    }
    fields = {
        "external_id": "no", "items.sku": "lines[*].sku", "items.quantity": "lines[*].n",
        "shipments.tracking_number": "packs[*].no", "shipments.carrier": "c",
    }  # fmt: skip
    assert mapped(row, fields) == {
        "external_id": "1",
        "items": [{"sku": "A", "quantity": 1}, {"sku": "B", "quantity": 2}],
        "shipments": [
            {"carrier": "SF", "tracking_number": "SF1"},
            {"carrier": "SF", "tracking_number": "SF2"},
        ],
    }


def test_rows_that_are_lines_make_one_order_and_a_repeated_parcel_is_one() -> None:
    rows = [
        {"no": "1", "sku": "A", "n": 1, "t": "SF1"},
        {"no": "1", "sku": "A", "n": 1, "t": "SF1"},
        {"no": "2", "sku": "C", "n": 3, "t": ""},
    ]
    fields = {
        "external_id": "no",
        "items.sku": "sku",
        "items.quantity": "n",
        "shipments.tracking_number": "t",
    }
    settings = SourceSettings(url="https://erp.example.com/", fields=fields)
    orders = [map_order(group, settings) for group in group_rows(rows, settings)]
    assert orders == [
        {
            "external_id": "1",
            "items": [{"sku": "A", "quantity": 1}, {"sku": "A", "quantity": 1}],
            "shipments": [{"tracking_number": "SF1"}],
        },
        {"external_id": "2", "items": [{"sku": "C", "quantity": 3}]},
    ]


def test_a_whole_address_is_taken_apart_and_its_receiver_is_the_customer() -> None:
    row = {"to": "吴丽华 13800138000 广东省广州市白云区机场路 88 号"}
    read = mapped(row, {"address.whole": "to"})
    assert read["address"] == {
        "name": "吴丽华", "phone": "13800138000", "province": "广东省", "city": "广州市", "district": "白云区",
        "street": "机场路 88 号",
    }  # fmt: skip
    assert read["customer"] == {"name": "吴丽华", "phone": "13800138000"}


def test_an_address_that_is_not_certain_is_left_to_a_person() -> None:
    assert mapped({"to": "老地方"}, {"address.whole": "to"}) == {"address": {"street": "老地方"}}


# --- from a real server ---------------------------------------------------------------------------
FLAT = FIELDS | {
    "items.sku": "sku",
    "items.quantity": "n",
    "shipments.carrier": "",
    "shipments.tracking_number": "",
}


@pytest.mark.django_db
def test_an_order_whose_lines_are_cut_by_a_pages_end_is_one_order(
    system: OrderSystem, make_source: Make, sku: str
) -> None:
    for number, lines in (("E1", 3), ("E2", 2), ("E3", 1)):
        row = outside_order(sku, "paid", external_id=number)
        del row["items"]
        system.rows += [row | {"sku": sku, "n": 1 + place} for place in range(lines)]
    source = make_source(fields=FLAT)
    read_now(source)
    sums = [sum(line.quantity for line in order.lines.all()) for order in Order.objects.order_by("pk")]
    assert (our_orders(), sums) == (["E1", "E2", "E3"], [6, 3, 1])
    assert InboundRecord.objects.count() == 3


@pytest.mark.django_db
def test_text_in_another_charset_numbers_beyond_a_browsers_and_a_mapped_status_are_read(
    system: OrderSystem, make_source: Make, sku: str
) -> None:
    row = outside_order(sku, external_id=3705115058471208928, note="轻放\0") | {"status": 20}
    text = str(Reply(body={"data": {"orders": [row]}}).content(), "utf-8")
    system.answer = lambda _asked: Reply(
        body=text.encode("gb18030"), headers={"Content-Type": "application/json; charset=GBK"}
    )
    read_now(make_source(**AT_ONCE, statuses="20 = paid"))
    order = Order.objects.get()
    assert (order.external_id, order.status, order.note) == (
        "erp:3705115058471208928",
        Status.PAID,
        "轻放\ufffd",
    )


@pytest.mark.django_db
def test_a_row_that_is_no_order_is_parked_for_a_person_and_holds_up_none(
    system: OrderSystem, make_source: Make, sku: str
) -> None:
    system.answer = system.at_once
    odd = [outside_order(sku) | {"external_id": None}, "x", None, 5, [1], {"external_id": "y" * 100}]
    good = outside_order(sku, "paid", external_id="E1")
    system.answer = lambda _asked: Reply(body={"data": {"orders": [*odd, good, *odd]}})
    source = make_source(**AT_ONCE)
    read_now(source)
    read_now(source)
    assert our_orders() == ["E1"]
    assert InboundRecord.objects.filter(state="parked", reason="unreadable").count() == len(odd)


@pytest.mark.django_db
def test_another_mapping_reads_the_same_version_anew(
    system: OrderSystem, make_source: Make, sku: str
) -> None:
    from shopcomm.edge.integrations.polling.services.sources import WantedSource, edit_polled_source

    system.answer = system.at_once
    system.rows = [outside_order(sku, "paid", version=4, note="轻放")]
    fields = {name: path for name, path in FIELDS.items() if name != "note"}
    source = make_source(**AT_ONCE, fields=fields)
    read_now(source)
    assert Order.objects.get().note == ""
    whole = replace(plain_settings(system.url), **AT_ONCE)
    edit_polled_source(connection_id=source.pk, wanted=WantedSource(name="erp", settings=whole))
    read_now(source)
    assert Order.objects.get().note == "轻放"
