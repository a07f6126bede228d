"""Addresses as people write them into a chat."""

import json
import re
import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.reading.addresses import LONGEST, read_address, read_receiver
from orders.reading.characters import to_half_width
from orders.reading.divisions import CITY, DISTRICT, PROVINCE, all_divisions, short_name

WHOLE = "浙江省杭州市余杭区文一西路969号"
# Streets that begin with the name of another place.
STREETS = (
    "南京东路100号", "北京路步行街3号", "中山北路21号2单元301", "康乐南路国际鞋包城1座", "龙泉山庄7号", "长安大道箱包城A区",
    "朝阳路8号", "和平路与建设路交叉口西50米", "新华街17号", "海宁路3号", "东方市场2楼",
)  # fmt: skip
PROVINCES = tuple(dict.fromkeys(each.province for each in all_divisions()))


def _rows(name):
    lines = (Path(__file__).parent / name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize("row", _rows("addresses.jsonl"), ids=lambda row: row["text"])
def test_the_sample_addresses_are_parsed_as_written_down_or_refused(row):
    read = read_address(row["text"])

    if row["expect"].get("none"):
        assert read is None or not read.is_complete
        return
    assert read is not None
    assert {field: getattr(read, field) for field in row["expect"]} == row["expect"]
    assert read.is_complete


@pytest.mark.parametrize(
    ("text", "name", "phone", "code", "street"),
    [
        (f"帮我改下地址:{WHOLE} 张三 13800138000", "张三", "13800138000", "330110", "文一西路969号"),
        ("麻烦地址改成广州市白云区三元里大道88号2楼A12，李娟，138 0013 8000", "李娟", "13800138000", "440111", "三元里大道88号2楼A12"),
        ("收货人：王小明 手机：13900139000 地址：北京市朝阳区建国路88号", "王小明", "13900139000", "110105", "建国路88号"),
        ("义乌市北苑街道雪峰西路968号 陈老板 15857912345", "陈老板", "15857912345", "330782", "北苑街道雪峰西路968号"),
        ("重庆渝中区解放碑步行街1号 周周 １８６００００００００", "周周", "18600000000", "500103", "解放碑步行街1号"),
        ("上海市市辖区静安区南京西路1266号 钱小姐 021-62881234", "钱小姐", "02162881234", "310106", "南京西路1266号"),
        ("河北省高碑店市白沟镇箱包城B座302 孙丽 +86 13833333333", "孙丽", "13833333333", "130684", "白沟镇箱包城B座302"),
        ("海口市美兰区海府路1号，符先生，13876543210，邮编570203", "符先生", "13876543210", "460108", "海府路1号"),
        ("广西 恭城 恭城镇拱辰街8号 黄生", "黄生", "", "450332", "恭城镇拱辰街8号"),
    ],
)  # fmt: skip
def test_words_around_an_address_are_left_out_of_it(text, name, phone, code, street):
    read = read_address(text)

    assert read is not None
    assert (read.name, read.phone, read.code, read.street) == (name, phone, code, street)


@pytest.mark.parametrize("text", ["", "这款还有黑色吗", "在路上了吗 13800138000", "好的，谢谢！", "😀" * 50])
def test_a_text_that_names_no_place_is_no_address(text):
    assert read_address(text) is None


def test_a_receiver_is_parsed_even_without_a_known_place():
    read = read_receiver("人民路12号 王强 13800138000")

    assert (read.name, read.phone, read.street, read.province) == ("王强", "13800138000", "人民路12号", "")
    assert not read.is_complete


def test_a_district_determines_its_city_and_province():
    read = read_address("龙湖区黄山路 10 栋 肖小姐")

    assert read is not None
    assert (read.province, read.city, read.district) == ("广东省", "汕头市", "龙湖区")


@pytest.mark.parametrize("street", STREETS)
def test_a_city_name_inside_a_street_never_replaces_the_city_before_it(street):
    read_elsewhere = []
    for each in all_divisions():
        if each.level != CITY or short_name(each.city) in PROVINCES_AND_CITIES:
            continue
        for name in {each.city, short_name(each.city)}:
            read = read_address(f"{name}{street} 王芳 13900000001")
            if read is None or (read.province, read.city, read.street) != (each.province, each.city, street):
                read_elsewhere.append((name, read))
    assert read_elsewhere == []


# 海南 is a province before it is a prefecture of 青海.
PROVINCES_AND_CITIES = {short_name(each) for each in PROVINCES} - {"吉林", "北京", "上海", "天津", "重庆"}


def test_every_current_county_is_recognised_after_its_city():
    unknown = []
    for each in all_divisions():
        if each.level == DISTRICT:
            read = read_address(f"{short_name(each.province)}{each.city}{each.district}人民路8号")
            if read is None or (read.code, read.street) != (each.code, "人民路8号"):
                unknown.append((each, read))
    assert unknown == []


PARTS = st.sampled_from([
    "浙江省", "杭州市", "余杭区", "广东", "广州市", "白云区", "三元里大道88号", "2楼", "A", "栋", "单元", "302", "张三", "王小姐", "收",
    "13800138000", "+86 13900139000", "18412345678-1234", "17012345678转3921", "[3921]", "收件人：", "电话:", "地址", "麻烦改到",
    "香港", "九龙", "91234567", "，", "。", "\n", "白沟镇", "（收）", "邮编 510000", "谢谢", "吗", "市", "区", "市辖区", "高新区",
    "Peter Chan", "Ａ１", "😀", "廣東省",
])  # fmt: skip


@given(st.lists(PARTS | st.text(max_size=4), max_size=16), st.sampled_from(["", " "]))
def test_every_character_of_the_text_ends_up_in_some_field(parts, between):
    text = between.join(parts)
    read = read_receiver(text)

    said = Counter(char for char in to_half_width(text) if char.isalnum())
    fields = (read.name, read.phone, read.region, read.street, read.signs, read.rest)
    assert Counter(char for char in "".join(fields) if char.isalnum()) == said


@given(
    st.sampled_from(PROVINCES),
    st.sampled_from([each for each in all_divisions() if each.level != PROVINCE]),
    st.sampled_from(STREETS),
    st.sampled_from(["", " ", "，"]),
)
def test_a_province_named_in_the_text_is_never_replaced_by_another(province, other, street, between):
    text = f"{province}{between}{other.city}{other.district}{street} 王芳 13900000001"
    read = read_address(text)

    assert read is None or read.province == province
    assert read is None or not read.is_complete or other.province == province or read.city != other.city


@given(st.text(max_size=LONGEST + 50))
def test_no_text_makes_the_address_reader_raise(text):
    read_address(text + WHOLE)
    read_address(text)


def milliseconds(text: str) -> float:
    """What reading a text takes when nobody is in the way."""
    spent = []
    for _again in range(30):
        begun = time.process_time()
        read_receiver(text)
        spent.append(time.process_time() - begun)
    return min(spent) * 1000


NAMES = [each.district or each.city or each.province for each in all_divisions()]
CROWDED = {
    "names of places": "".join(NAMES)[:LONGEST],
    "names with blanks": " ".join(NAMES[7::31])[:LONGEST],
    "short names with commas": "，".join(short_name(each) for each in NAMES[3::17])[:LONGEST],
    "one name, which a province and a prefecture have": "海南" * 200,
    "one name, which many cities have": "朝阳" * 200,
    "a whole place, again and again": "浙江省杭州市余杭区" * 44,
    "people": "张三，" * 133,
}


@pytest.mark.parametrize("text", CROWDED.values(), ids=CROWDED.keys())
def test_a_text_of_only_place_names_is_parsed_fast_and_yields_no_complete_address(text):
    ordinary = milliseconds(f"{WHOLE}3栋1单元302，张三，13800138000，谢谢")

    assert milliseconds(text) < 10 * ordinary
    read = read_receiver(text)
    assert not read.is_complete
    assert "".join(f"{read.region}{read.rest}{read.street}{read.name}".split()) == re.sub(r"[，\s]", "", text)


def test_short_names_of_divisions_are_unambiguous():
    assert {
        name for each in all_divisions() if len(name := short_name(each.district or each.city)) == 1
    } == set()
    assert not any(re.search(r"自治|族[区州县]", short_name(each.district)) for each in all_divisions())
