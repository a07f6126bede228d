"""An address is offered when a message gives one for certain; nothing else is."""

import pytest

from orders.reading.address_offers import offered_address


@pytest.mark.parametrize(
    ("text", "place", "name"),
    [
        ("另外那个地址是即墨区鳌山卫街道滨海大道6号", ("山东省", "青岛市", "即墨区"), ""),
        ("改到吉安市永新县禾川镇城西小学", ("江西省", "吉安市", "永新县"), ""),
        ("上回地址填错了，寄这个：山东临沂兰山区通达路3排56号 13800138000 徐海 别发错了啊", ("山东省", "临沂市", "兰山区"), "徐海"),
        ("香港铜锣湾轩尼诗道500号12楼 陈生 51234567", ("香港特别行政区", "香港岛", "铜锣湾"), "陈生"),
        ("那就送到义乌市福田街道春晗二区18栋吧", ("浙江省", "金华市", "义乌市"), ""),
    ],
)  # fmt: skip
def test_a_message_that_gives_an_address_offers_it(text, place, name):
    read = offered_address(text)

    assert read is not None
    assert (read.province, read.city, read.district) == place
    assert read.name == name


@pytest.mark.parametrize(
    "text",
    [
        "我这个地址又不是武陵区，怎么给我发到鼎城区人民路去了",
        "现在可以改送到南山区吗",
        "我的收货地址在市中心，为什么配送站在五环路",
        "是从杭州直接配送到我的地址么",
        "包坏了，请问锦州市有售后吗？地址在哪里",
        "你们广州市白云区三元里大道88号的店几点关门 13800138000",
        "退货寄到广州市白云区三元里大道88号，王芳收 13900000001",
        "我没收到，地址是广州市白云区三元里大道88号",
        "不要寄到广州市白云区三元里大道88号了",
        "以前的地址广州市白云区三元里大道88号 13900000001",
        "发票单位:陕西省行政学院 13900000001",
        "到上海市南京东路多少钱运费 地址",
        "鼓楼区中山路8号 王强 13900000001",
        "浙江省广州市天河区体育西路1号 王强 13900000001",
        "昨天在杭州市余杭区看到你们的店了",
        "浙江省杭州市 13900000001",
    ],
)
def test_questions_complaints_and_incomplete_addresses_offer_nothing(text):
    assert offered_address(text) is None
