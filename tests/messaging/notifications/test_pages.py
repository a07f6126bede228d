"""What managers and staff do in the browser: rules, hours, why not, the notification centre, wishes."""

from datetime import date, timedelta

import pytest
from django.test import Client

from messaging.models import (
    ChannelAccount,
    Delivery,
    Notification,
    NotificationPreference,
    NotificationRule,
    ScheduledMessage,
)
from messaging.services.notifications.back_in_stock import watch_stock
from messaging.services.notifications.rehearsal import rehearse_rule
from orders.models import Order
from orders.services.stock import set_stock
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.services.order_links import link_url
from shopcomm.core.configuration.models import CalendarDay, WorkingInterval
from shopcomm.core.configuration.schedule import ScheduleRefused, parse_hours, parse_year
from shopcomm.core.events.relay import relay
from shopcomm.core.realtime import without_pushes
from tests.factories import VariantFactory, make_order, move
from tests.messaging.notifications.conftest import at

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(clock, customer, variant):
    return make_order(customer=customer)


def fields(rule: NotificationRule, **changes: str) -> dict[str, str]:
    """What the browser sends when a rule is saved as it stands, with some fields changed."""
    given = {
        "name": rule.name, "trigger": rule.trigger, "enabled": "on", "steps": "，".join(map(str, rule.steps)),
        "delay_minutes": "0", "urgent": "", "audience": rule.audience, "role": rule.role, "outside": rule.outside,
        "priority": "50", "cap_count": "", "cap_hours": "24", "channel_0": "", "channel_1": "", "channel_2": "",
    }  # fmt: skip
    for template in rule.templates.all():
        given[f"body_{template.language}"] = template.body
    return given | changes


def errors(answer) -> str:
    assert answer.status_code == 422
    return answer.content.decode()


def test_editing_a_rule_creates_a_new_version(log_in, manager, rule):
    shipped = rule("shipped")
    client: Client = log_in(manager)
    answer = client.post(
        f"/rules/{shipped.pk}/",
        fields(
            shipped,
            **{
                "body_zh-hans": "{{客户称呼}}，您的 {{订单号}} 在路上了",
                "delay_minutes": "5",
                "channel_0": "sms",
            },
        ),
    )
    assert answer.status_code == 302
    shipped.refresh_from_db()
    assert (shipped.version, shipped.delay_minutes, shipped.channels) == (2, 5, ["sms"])
    assert shipped.versions.first().changed_by == "王芳"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"body_zh-hans": "{{没有这个}}"}, "没有“没有这个”这个变量"),
        ({"body_zh-hans": "{{订单号"}, "大括号没有成对"),
        ({"body_zh-hans": ""}, "模板不能为空"),
        ({"cap_count": "0"}, "1"),
        ({"audience": "role"}, "请选择角色"),
        ({"channel_0": "bot"}, "群机器人只能通知员工"),
        ({"trigger": "unpaid", "steps": ""}, "请填写等待多少分钟"),
        ({"trigger": "stock_low"}, "库存情况只能通知员工"),
        ({"min_total": "10", "max_total": "5"}, "不能小于下限"),
    ],
)
def test_an_invalid_rule_is_not_saved_and_says_why(log_in, manager, rule, changes, said):
    shipped = rule("shipped")
    answer = log_in(manager).post(f"/rules/{shipped.pk}/", fields(shipped, **changes))
    assert said in errors(answer)
    shipped.refresh_from_db()
    assert shipped.version == 1


def test_only_managers_see_the_rules(log_in, sales):
    assert log_in(sales).get("/rules/1/").status_code == 403


def test_the_preview_fills_a_template_for_a_real_order(log_in, manager, order, rule):
    shipped = rule("order_confirmed")
    answer = log_in(manager).post(
        f"/rules/try/?rule={shipped.pk}",
        fields(
            shipped,
            **{"body_zh-hans": "您好 {{订单号}} {{金额}}", "sample": order.number, "tried_at": "02:13"},
        ),
    )
    page = answer.content.decode()
    assert f"您好 {order.number} ¥398.00" in page
    assert "09:00" in page
    assert "02:13" in page


@pytest.mark.parametrize(
    "odd", [{"language": "xx"}, {"outside": "later"}, {"trigger": "nonsense"}, {"delay_minutes": "-5"}]
)
def test_trying_a_rule_with_unknown_choices_causes_no_error(log_in, manager, order, rule, odd):
    shipped = rule("shipped")
    asked = fields(shipped, sample=order.number) | odd
    client = log_in(manager)

    assert client.post(f"/rules/try/?rule={shipped.pk}", asked).status_code == 200
    assert client.post(f"/rules/{shipped.pk}/to-me/", asked).status_code == 302


def test_a_manager_can_send_a_rule_to_themselves_as_a_test(log_in, manager, order, rule):
    confirmed = rule("order_confirmed")
    log_in(manager).post(
        f"/rules/{confirmed.pk}/to-me/", fields(confirmed, sample=order.number, **{"language": "zh-hans"})
    )
    notice = Notification.objects.get(recipient_kind="staff", recipient_id=manager.pk)
    assert order.number in notice.body


def test_an_earlier_version_of_a_rule_can_be_restored(log_in, manager, rule):
    shipped = rule("shipped")
    client = log_in(manager)
    before = shipped.templates.get(language="zh-hans").body
    client.post(f"/rules/{shipped.pk}/", fields(shipped, **{"body_zh-hans": "改了 {{订单号}}"}))
    page = client.get(f"/rules/{shipped.pk}/versions/").content.decode()
    assert "改了" in page
    client.post(f"/rules/{shipped.pk}/versions/1/")
    shipped.refresh_from_db()
    assert (shipped.version, shipped.templates.get(language="zh-hans").body) == (3, before)


def test_a_rule_can_be_rehearsed_on_last_weeks_events_without_sending(order, clock, rule, log_in, manager):
    clock.move_to(at("2026-11-25 02:00"))
    make_order(customer=order.customer)
    clock.move_to(at("2026-11-26 10:00"))
    found = rehearse_rule(rule("order_confirmed"), at("2026-11-26 10:00"))
    assert (found.total, found.held, found.people, found.most_for_one) == (2, 1, 1, 2)
    assert not Notification.objects.exists()
    assert rehearse_rule(rule("order_confirmed", urgent=True), at("2026-11-26 10:00")).not_matching == 2
    unpaid = rehearse_rule(rule("unpaid"), at("2026-11-26 10:00"))
    assert unpaid.total == 6
    page = log_in(manager).get(f"/rules/{rule('unpaid').pk}/rehearsal/").content.decode()
    assert order.number in page


def test_a_rehearsal_applies_the_cap_of_the_rule_and_lists_notices_in_order(order, clock, rule):
    found = rehearse_rule(rule("unpaid", cap_count=1, cap_hours=1), at("2026-11-26 10:00"))
    # 10:30, 14:00, and 06:00 the next day, which waits for nine.
    assert [f"{each.decision.send_at:%d %H:%M}" for each in found.notices] == [
        "25 01:00",
        "24 06:00",
        "24 02:30",
    ]
    capped = rehearse_rule(rule("unpaid", cap_count=1, cap_hours=24), at("2026-11-26 10:00"))
    assert [each.decision.reason for each in capped.notices][1] == "over_cap"


def test_a_back_in_stock_rehearsal_lists_the_customers_who_waited(order, clock, rule):
    VariantFactory(sku="GONE-5", on_hand=0)
    watch_stock(conversation_id=order.conversation.pk, sku="GONE-5")
    clock.shift(timedelta(minutes=1))
    set_stock(actor=Actor.system(), sku="GONE-5", delta=5)
    clock.shift(timedelta(minutes=1))
    found = rehearse_rule(rule("back_in_stock"), at("2026-11-25 10:00"))
    assert (found.total, found.people) == (1, 1)
    assert rehearse_rule(rule("back_in_stock", categories=["钱包"]), at("2026-11-25 10:00")).not_matching == 1


def test_the_why_page_explains_silent_timers_and_back_in_stock_notices(
    order, clock, pass_on, rule, log_in, manager
):
    rule("unpaid", min_total="5000")
    VariantFactory(sku="GONE-6", on_hand=0)
    watch_stock(conversation_id=order.conversation.pk, sku="GONE-6")
    clock.move_to(at("2026-11-24 10:31"))
    set_stock(actor=Actor.system(), sku="GONE-6", delta=5)
    pass_on()
    page = log_in(manager).get(f"/orders/{order.number}/notices/").content.decode()
    assert "下单后超过时间未付款" in page
    assert "要求 5000.00 – ∞，实际 398.00" in page
    assert "到货通知" in page
    assert "到货通知 → 吴丽华：已发送" in log_in(manager).get(f"/orders/{order.number}/").content.decode()


def test_the_why_page_explains_that_imported_history_notifies_nobody(
    customer, variant, clock, log_in, manager
):
    with without_pushes():
        old = make_order(customer=customer)
    relay()
    page = log_in(manager).get(f"/orders/{old.number}/notices/").content.decode()
    assert "导入的历史，不通知任何人" in page


def test_failed_deliveries_are_listed_for_managers_and_can_be_retried(
    order, pass_on, log_in, manager, sales, rule
):
    rule("order_confirmed", channels=["sms"])
    ChannelAccount.objects.create(channel="sms", name="网关", url="http://127.0.0.1:9/sms")
    pass_on()
    Delivery.objects.update(state="failed", attempts=6, error="502 坏了")
    assert "502 坏了" not in log_in(sales).get("/notices/").content.decode()
    client = log_in(manager)
    assert "502 坏了" in client.get("/notices/").content.decode()
    failed = Delivery.objects.get()
    answer = client.post(f"/notices/deliveries/{failed.pk}/retry/", {"from": "notices"})
    assert answer["Location"] == "/notices/"
    failed.refresh_from_db()
    assert (failed.state, failed.attempts) == ("waiting", 0)


def test_rule_versions_describe_what_was_changed(log_in, manager, rule):
    shipped = rule("shipped")
    client = log_in(manager)
    client.post(f"/rules/{shipped.pk}/", fields(shipped, outside="wait", channel_0="email"))
    page = client.get(f"/rules/{shipped.pk}/versions/").content.decode()
    for words in ("仅加急订单立即发送", "等到营业时间", "邮件", "浏览器推送"):
        assert words in page


def test_the_why_page_explains_every_rule(order, clock, pass_on, rule, log_in, manager):
    rule("paid", min_total="5000")
    move(order, "paid")
    pass_on()
    clock.move_to(at("2026-11-25 02:00"))
    move(order, "picking")
    relay()
    page = log_in(manager).get(f"/orders/{order.number}/notices/").content.decode()
    assert "要求 5000.00 – ∞，实际 398.00" in page
    assert "推迟到 09:00：非工作时间" in page
    assert "还没看" in page
    assert "24 小时内已通知 1 / 6 条" in page


def test_the_timeline_shows_what_a_notice_waits_for(order, clock, log_in, manager):
    clock.move_to(at("2026-11-24 23:00"))
    late = make_order(customer=order.customer)
    relay()
    page = log_in(manager).get(f"/orders/{late.number}/").content.decode()
    assert "订单确认 → 吴丽华：推迟到 11-25 09:00：非工作时间" in page


def test_the_why_page_of_an_invisible_order_answers_404(order, log_in, other_sales, sales):
    Order.objects.filter(pk=order.pk).update(assigned_to=sales)
    assert log_in(other_sales).get(f"/orders/{order.number}/notices/").status_code == 404


def test_the_bell_counts_new_notices_until_they_are_seen(order, clock, sales, pass_on, log_in, rule):
    rule("order_confirmed", audience="role", role="sales")
    pass_on()
    client = log_in(sales)
    assert client.get("/notices/unseen/").json()["unread"] == 1
    notice = Notification.objects.get()
    assert order.number in client.get("/notices/").content.decode()
    answer = client.post("/notices/see/", {"notice": notice.pk})
    assert answer["Location"] == f"/orders/{order.number}/"
    assert client.get("/notices/unseen/").json()["unread"] == 0


def test_staff_can_schedule_messages_and_cancel_notices_in_the_pane(order, clock, sales, log_in):
    client, talk = log_in(sales), order.conversation.pk
    change = f"/conversations/{talk}/waiting/change/"
    given = {"action": "schedule", "body": "明天见", "send_at": "2026-11-25T09:30"}
    assert "定时 11-25 09:30" in client.post(change, given).content.decode()
    row = ScheduledMessage.objects.get()
    assert client.post(change, given | {"send_at": "2020-01-01T00:00"}).status_code == 422
    client.post(change, {"action": "cancel-scheduled", "scheduled": row.pk})
    row.refresh_from_db()
    assert row.state == "cancelled"
    assert (
        "DJX-20-BLK"
        not in client.post(change, {"action": "watch", "sku": "nope", "quantity": "1"}).content.decode()
    )
    assert (
        "等到货"
        in client.post(change, {"action": "watch", "sku": "djx-20-blk", "quantity": "2"}).content.decode()
    )


@pytest.mark.parametrize("action", ["send-now", "cancel-notice"])
def test_a_notice_of_another_order_cannot_be_acted_on_from_this_conversation(
    order, clock, sales, other_sales, pass_on, log_in, action
):
    clock.move_to(at("2026-11-24 22:00"))
    theirs = make_order(customer=order.customer, assigned_to=other_sales)
    pass_on()
    held = Notification.objects.get(order=theirs, state="waiting")
    asked = {"action": action, "notice": held.pk}
    client = log_in(sales)

    assert client.post(f"/conversations/{order.conversation.pk}/waiting/change/", asked).status_code == 404
    held.refresh_from_db()
    assert (held.state, held.reason) == ("waiting", "outside_hours")


def test_a_customer_can_set_quiet_hours_and_mute_kinds_except_money_notices(order, client):
    path = link_url(customer=order.customer, order_id=order.pk).split("8000", 1)[-1]
    path = "/o/" + path.split("/o/")[1]
    client.get(path)
    answer = client.post(f"{path}notices/", {"quiet_from": "22:00", "quiet_to": "08:00", "kind": ["shipped"]})
    assert answer.status_code == 302
    wish = NotificationPreference.objects.get(owner_kind="customer", owner_id=order.customer_id)
    assert "order_confirmed" in wish.muted
    assert not {"paid", "refunded", "shipped"} & set(wish.muted)
    assert f"{wish.quiet_from:%H:%M}" == "22:00"


def test_working_hours_are_parsed_as_people_write_them(log_in, manager):
    client = log_in(manager)
    days = {f"day_{n}": "09:00-12:00，13:30-18:00" for n in range(5)} | {
        "day_5": "10:00-16:00",
        "day_6": "休息",
    }
    assert client.post("/rules/hours/", days).status_code == 302
    assert WorkingInterval.objects.count() == 11
    refused = client.post("/rules/hours/", days | {"day_0": "早上九点"})
    assert "看不懂" in errors(refused)
    assert WorkingInterval.objects.count() == 11


ANNOUNCED = """一、元旦：1月1日（周四）至3日（周六）放假调休，共3天。1月4日（周日）上班。
二、春节：2月15日（农历腊月二十八、周日）至23日（农历正月初七、周一）放假调休，共9天。2月14日（周六）、2月28日（周六）上班。
三、中秋节：9月25日（周五）至27日（周日）放假，共3天。"""


def test_a_whole_holiday_announcement_can_be_pasted_at_once(log_in, manager):
    days = {each.day: each for each in parse_year(ANNOUNCED, 2026)}
    assert len(days) == 3 + 1 + 9 + 2 + 3
    assert (days[date(2026, 2, 14)].kind, days[date(2026, 2, 23)].kind) == ("workday", "holiday")
    assert days[date(2026, 2, 16)].name == "春节"
    log_in(manager).post("/rules/hours/year/", {"year": "2026", "text": ANNOUNCED})
    assert CalendarDay.objects.count() == 18
    log_in(manager).post("/rules/hours/day/", {"day": "2026-02-14"})
    assert CalendarDay.objects.count() == 17


@pytest.mark.parametrize("text", ["明天休息", "2026-13-01 元旦", "2月30日放假", "2026-02-01~2026-12-31 假"])
def test_an_invalid_holiday_table_is_refused(text: str):
    with pytest.raises(ScheduleRefused):
        parse_year(text, 2026)


@pytest.mark.parametrize("text", ["09:00-12:00，11:00-13:00", "25:00-26:00", "九点"])
def test_invalid_working_hours_are_refused(text: str):
    with pytest.raises(ScheduleRefused):
        parse_hours(text)


def test_the_service_worker_and_the_manifest_are_served(client):
    assert client.get("/sw.js")["Content-Type"].startswith("text/javascript")
    manifest = client.get("/manifest.webmanifest?start=//evil.example/").json()
    assert manifest["start_url"] == "/"
    assert {icon["sizes"] for icon in manifest["icons"]} == {"192x192", "512x512"}
    assert len(client.get("/push/").json()["key"]) == 87
