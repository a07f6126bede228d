"""What customers write, and the form it opens."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.reading.change_requests import LineChoice, read_change_text

WEDNESDAY = date(2026, 11, 25)
BAG = LineChoice(
    7,
    "XZ-BLK-20",
    4,
    (
        ("XZ-BLK-20", "曜石黑", "20 寸"),
        ("XZ-BLK-24", "曜石黑", "24 寸"),
        ("XZ-RED-20", "酒红色", "20 寸"),
        ("XZ-RED-24", "酒红色", "24 寸"),
    ),
)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("帮我改下地址:浙江省杭州市余杭区文一西路969号 张三 13800138000", "address"),
        ("订单取消吧，买错了", "cancel"),
        ("不想要了", "cancel"),
        ("麻烦加急，客人在等", "urgent"),
        ("尽快发货", "urgent"),
        ("不用加急", "note"),
        ("别取消订单", "note"),
        ("我不想取消订单", "note"),
        ("我不取消了，正常两三天能到就行，急用的", "note"),
        ("能不能取消订单", "cancel"),
        ("要不取消订单吧", "cancel"),
        ("我不要明天送", "note"),
        ("客人不需要明天发货", "note"),
        ("过了明天还没有电子发票，我再来问", "note"),
        ("我这个地址又不是武陵区，怎么给我发到鼎城区人民路去了", "note"),
        ("请问锦州市有售后吗，地址在哪里", "note"),
        ("现在还能改送到南山区吗", "note"),
        ("请放门卫", "note"),
        ("地址是哪里来着", "note"),
        ("", "note"),
    ],
)
def test_simple_words_select_the_matching_kind_of_change(text, kind):
    assert read_change_text(text, today=WEDNESDAY, lines=[BAG]).kind == kind


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("明天再发", date(2026, 11, 26)),
        ("大后天送过来", date(2026, 11, 28)),
        ("12月3号之后发货", date(2026, 12, 3)),
        ("1月5日送", date(2027, 1, 5)),
        ("2026-12-01 再送", date(2026, 12, 1)),
        ("周五送", date(2026, 11, 27)),
        ("周三再发", date(2026, 12, 2)),
        ("下周一以后送", date(2026, 11, 30)),
        ("28号再发", date(2026, 11, 28)),
        ("推迟到5号送", date(2026, 12, 5)),
    ],
)
def test_a_weekday_means_the_next_day_of_that_name(text, day):
    read = read_change_text(text, today=WEDNESDAY)
    assert (read.kind, read.data.get("deliver_on")) == ("delivery_date", day)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("黑色换成酒红", {7: {"sku": "XZ-RED-20"}}),
        ("我要改成酒红色的", {7: {"sku": "XZ-RED-20"}}),
        ("换24寸的", {7: {"sku": "XZ-BLK-24"}}),
        ("换成酒红色 24寸", {7: {"sku": "XZ-RED-24"}}),
        ("数量改成6个", {7: {"quantity": 6}}),
        ("再加两个", {7: {"quantity": 6}}),
        ("少要1只", {7: {"quantity": 3}}),
        ("改为十二件", {7: {"quantity": 12}}),
        ("换成酒红色，改成5个", {7: {"sku": "XZ-RED-20", "quantity": 5}}),
    ],
)
def test_colour_size_and_count_are_parsed_when_the_line_is_clear(text, wanted):
    read = read_change_text(text, today=WEDNESDAY, lines=[BAG])
    assert (read.kind, read.data.get("lines")) == ("items", wanted)


def test_a_count_that_could_mean_either_of_two_lines_becomes_a_note():
    other = LineChoice(8, "BB-1", 2)
    assert read_change_text("改成6个", today=WEDNESDAY, lines=[BAG, other]).kind == "note"
    named = read_change_text("BB-1 改成6个", today=WEDNESDAY, lines=[BAG, other])
    assert named.data["lines"] == {8: {"quantity": 6}}


def test_a_text_that_is_not_understood_becomes_a_note():
    assert read_change_text("备注：送货前打电话", today=WEDNESDAY).data == {"note": "送货前打电话"}


@given(st.text(max_size=600), st.dates(min_value=date(2020, 1, 1), max_value=date(2090, 1, 1)))
def test_parsing_any_text_never_raises(text, today):
    assert read_change_text(text, today=today, lines=[BAG]).kind


@given(st.text(alphabet="改换成加少两三十0123456789个件月号周下天送发", max_size=20))
def test_parsing_any_mix_of_known_words_never_raises(text):
    assert read_change_text(text, today=WEDNESDAY, lines=[BAG]).kind
