"""The words of notices: what they may ask for, what they become, what they cost. Tables of cases, without a database."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.utils.translation import override

from messaging.models import NotificationTemplate
from messaging.policies.notifications.templates import (
    Goods,
    OrderStory,
    Story,
    TemplateBroken,
    check_template,
    choose_words,
    empty_words,
    fill_template,
    names_for,
    numbered_text,
    sms_parts,
)
from messaging.policies.notifications.triggers import trigger_names


def unasked() -> tuple[Goods, ...]:
    raise AssertionError("no word asked for the goods")


ORDER = OrderStory(
    number="S1",
    status=lambda: "待付款",
    total=Decimal("398.00"),
    balance=Decimal("98.00"),
    currency="CNY",
    address="杭州市上海路 1 号",
    pay_by=datetime(2026, 11, 24, 4, 30, tzinfo=UTC),
    due_on=date(2026, 12, 24),
    goods=unasked,
)
BAGS = [Goods("托特包", "黑", 2), Goods("钱包", "", 1), Goods("背包", "红", 3)]


def of(goods: list[Goods]) -> Story:
    """A story of an order for these goods."""
    order = OrderStory(
        number="S1",
        status="",
        total=Decimal(1),
        balance=Decimal(1),
        currency="CNY",
        address="",
        goods=lambda: goods,
    )
    return Story(order=order)


@pytest.mark.parametrize(
    ("body", "story", "text"),
    [
        ("{{客户称呼}}您好", Story(customer_name="吴丽华"), "吴丽华您好"),
        # Either of a word's names, however it is spaced.
        ("{{ order }}{{订单号}}", Story(order=ORDER), "S1S1"),
        ("{{金额}} / {{balance}}", Story(order=ORDER), "¥398.00 / ¥98.00"),
        ("{{状态}}", Story(order=ORDER), "待付款"),
        ("{{付款期限}} {{挂账到期日}}", Story(order=ORDER), "11-24 12:30 2026-12-24"),
        ("{{收货地址}}", Story(order=ORDER), "杭州市上海路 1 号"),
        # Without an order its words stay empty, and so does a word that nobody knows.
        ("{{订单号}}在{{哪里}}", Story(), "在"),
        ("{{承运商}} {{运单号}}", Story(carrier="顺丰", data={"tracking_number": "SF1"}), "顺丰 SF1"),
        ("{{收到金额}}", Story(data={"amount": "12.5"}), "¥12.50"),
        ("{{等待时间}}", Story(data={"minutes": 90}), "1 小时 30 分钟"),
        ("{{商品摘要}}", of(BAGS[:2]), "托特包 黑 ×2、钱包 ×1"),
        ("{{商品摘要}}", of(BAGS), "托特包 黑 ×2、钱包 ×1 等 3 款"),
        ("{{查看链接}}", Story(link=lambda: "https://shop/o/1"), "https://shop/o/1"),
    ],
)
def test_a_template_is_filled_in_from_the_facts_of_its_notice(body, story, text):
    assert fill_template(body, "order_confirmed", story) == text


def test_an_overpaid_order_asks_for_no_negative_amount():
    paid = OrderStory(number="S1", total=Decimal(1), balance=Decimal("-5"), currency="USD", address="")
    assert fill_template("{{待付金额}}", "paid", Story(order=paid)) == "$0.00"


def test_event_texts_in_a_template_use_the_active_language():
    story = Story(data={"changes": "地址已改", "said": {"en": {"changes": "address changed"}}})
    assert fill_template("{{修改内容}}", "changed", story) == "地址已改"
    with override("en"):
        assert fill_template("{{changes}}", "changed", story) == "address changed"


@pytest.mark.parametrize(
    ("body", "trigger", "wrong"),
    [
        ("{{客户称呼}}您好", "order_confirmed", ""),
        ("{{可用库存}}", "stock_low", ""),
        ("{{可用库存}}", "order_confirmed", "可用库存"),
        ("{{订单号}}", "stock_low", "订单号"),
        ("{{年份}}", "holidays_missing", ""),
        ("{{留言}}", "handed_over", ""),
        # Who else is hit is no customer's business.
        ("{{受影响客户}}", "back_in_stock", "受影响客户"),
        ("{{订单号", "order_confirmed", "{{订单号"),
        ("订单号}}", "order_confirmed", "订单号}}"),
        ("  ", "order_confirmed", "不能为空"),
    ],
)
def test_a_template_may_use_only_the_placeholders_of_its_trigger(body, trigger, wrong):
    if not wrong:
        check_template(body, trigger)
        return
    with pytest.raises(TemplateBroken, match=wrong):
        check_template(body, trigger)


@pytest.mark.parametrize("trigger", list(trigger_names()))
def test_every_placeholder_of_every_trigger_is_empty_without_facts_and_never_fails(trigger):
    for name in names_for(trigger):
        assert "None" not in fill_template(f"{{{{{name}}}}}", trigger, Story())


def test_placeholders_without_a_value_are_reported():
    body = "{{订单号}}{{运单号}}{{客户称呼}}"
    assert empty_words(body, "shipped", Story(order=ORDER)) == ["运单号", "客户称呼"]


ZH, ZH_SMS = ("zh-hans", "", "中"), ("zh-hans", "sms", "中短")
EN, EN_SMS = ("en", "", "English"), ("en", "sms", "short")


@pytest.mark.parametrize(
    ("templates", "language", "channel", "words"),
    [
        ([ZH, EN], "en", "", "English"),
        ([ZH, EN], "en", "sms", "English"),
        ([ZH, ZH_SMS, EN], "zh-hans", "sms", "中短"),
        # One in the reader's language for all channels is better than one for this channel in the shop's.
        ([ZH, ZH_SMS, EN], "en", "sms", "English"),
        # With words for one channel only, the others speak the shop's language.
        ([ZH, EN_SMS], "en", "sms", "short"),
        ([ZH, EN_SMS], "en", "", "中"),
        ([ZH], "fr", "", "中"),
        ([EN], "fr", "", "English"),
        ([], "en", "", ""),
    ],
)
def test_a_recipient_gets_the_template_in_their_language_else_in_the_shops(
    templates, language, channel, words
):
    rows = [NotificationTemplate(language=code, channel=way, body=body) for code, way, body in templates]
    assert choose_words(rows, language).for_channel(channel) == words


def test_a_digest_of_many_long_notices_keeps_the_beginning_of_each():
    text = numbered_text([f"{number} " + "长" * 900 for number in range(30)], 4000)
    assert len(text) <= 4000
    assert all(f"{number} 长" in text for number in range(30))


@pytest.mark.parametrize(("length", "parts"), [(0, 1), (70, 1), (71, 2), (134, 2), (135, 3)])
def test_the_number_of_sms_parts_is_counted(length, parts):
    assert sms_parts("字" * length) == parts
