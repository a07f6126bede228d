"""Addresses as people write them into a chat."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.address_reading import read_address
from orders.divisions import divisions, short

WHOLE = "浙江省杭州市余杭区文一西路969号"


@pytest.mark.parametrize(
    ("text", "name", "phone", "code", "street"),
    [
        (f"帮我改下地址:{WHOLE} 张三 13800138000", "张三", "13800138000", "330110", "文一西路969号"),
        ("麻烦地址改成广州市白云区三元里大道88号2楼A12，李娟，138 0013 8000", "李娟", "13800138000", "440111", "三元里大道88号2楼A12"),
        ("收货人：王小明 手机：13900139000 地址：北京市朝阳区建国路88号", "王小明", "13900139000", "110105", "建国路88号"),
        ("义乌市北苑街道雪峰西路968号 陈老板 15857912345", "陈老板", "15857912345", "330782", "北苑街道雪峰西路968号"),
        ("东莞市厚街镇河田大道10号 刘姐 13712345678", "刘姐", "13712345678", "441900", "厚街镇河田大道10号"),
        ("重庆渝中区解放碑步行街1号 周周 １８６００００００００", "周周", "18600000000", "500103", "解放碑步行街1号"),
        ("上海市市辖区静安区南京西路1266号 钱小姐 021-62881234", "钱小姐", "02162881234", "310106", "南京西路1266号"),
        ("河北省高碑店市白沟镇箱包城B座302 孙丽 +86 13833333333", "孙丽", "13833333333", "130684", "白沟镇箱包城B座302"),
        ("海口市美兰区海府路1号，符先生，13876543210，邮编570203", "符先生", "13876543210", "460108", "海府路1号"),
        ("广西 恭城 恭城镇拱辰街8号 黄生", "黄生", "", "450332", "恭城镇拱辰街8号"),
    ],
)  # fmt: skip
def test_an_address_is_read_with_its_division_and_its_receiver(text, name, phone, code, street):
    read = read_address(text)

    assert read is not None
    assert (read.name, read.phone, read.code, read.street) == (name, phone, code, street)


@pytest.mark.parametrize("text", ["", "这款还有黑色吗", "在路上了吗 13800138000", "好的，谢谢！", "😀" * 50])
def test_what_names_no_place_is_no_address(text):
    assert read_address(text) is None


def test_a_district_decides_for_its_own_city_and_province():
    read = read_address("龙湖区黄山路 10 栋 肖小姐")

    assert read is not None
    assert (read.province, read.city, read.district) == ("广东省", "汕头市", "龙湖区")


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text):
    read_address(text + WHOLE)
    read_address(text)


def test_short_names_stay_names():
    assert {
        short(each.district) for each in divisions() if each.district and len(short(each.district)) < 2
    } == set()
