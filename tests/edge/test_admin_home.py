"""The first page of the admin: rooms with numbers and alerts, the ways out, and nothing that leads nowhere."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.conf import settings as shop
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from messaging.models import ChannelAccount, Delivery, NotificationRule
from messaging.services.notifications.rules import ensure_default_rules
from orders.models import Product, Variant
from shopcomm.core.accounts.models import Customer, Staff
from shopcomm.core.configuration.models import ShopSettings
from shopcomm.core.events.models import DeadLetter, DomainEvent, HeldEvent, Reader
from shopcomm.core.events.positions import position_new_events
from shopcomm.core.events.readers import add_reader
from shopcomm.core.events.relay import relay
from shopcomm.edge.admin_home.figures import room_standings
from shopcomm.edge.admin_home.file_imports import FileImport, join_file_import, leave_file_import
from shopcomm.edge.admin_home.rooms import admin_rooms
from shopcomm.edge.admin_home.schedules import NAMES
from tests.factories import CustomerFactory, ProductFactory, StaffFactory, VariantFactory, make_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(log_in, manager) -> Client:
    return log_in(manager)


def alert_texts(key: str) -> list[str]:
    return [each.text for each in room_standings()[key].alerts]


def numbers(key: str) -> dict[str, str | int]:
    return {each.label: each.value for each in room_standings()[key].numbers}


def test_the_admin_home_has_eight_sections_and_links_to_desk_and_checklist(office):
    page = office.get("/admin/").text
    assert re.findall(r'<section\s+class="home-room"\s+id="(\w+)"', page) == [
        "goods", "stock", "customers", "staff", "rules", "hours", "channels", "system",
    ]  # fmt: skip
    assert [room.title for room in admin_rooms()] == [
        "商品", "库存", "客户", "员工", "规则", "营业时间", "渠道", "系统",
    ]  # fmt: skip
    for way, words in (("/", "返回工作台"), ("/first-day/", "开店清单")):
        assert re.search(rf'<a[^>]*href="{way}"[^>]*>.*?{words}', page, re.DOTALL)


def test_admin_lists_have_english_plural_names(office):
    office.cookies["django_language"] = "en"
    page = office.get("/admin/").text
    titles = re.findall(r'<h2 id="room-.*?</span>\s*([^<]+?)\s*</h2>', page, re.DOTALL)
    assert titles == [
        "Products", "Stock", "Customers", "Staff", "Rules", "Opening hours", "Channels", "System", "From files",
    ]  # fmt: skip
    lists = {"accounts/customer": "All customers", "orders/variant": "Variants and stock"}
    for address, title in lists.items():
        crumbs = re.findall(r'class="crumb [^>]*>([^<]+)<', office.get(f"/admin/{address}/").text)
        assert crumbs == ["Admin", title]


@pytest.mark.parametrize(
    ("address", "said", "silent"),
    [
        ("events/heldevent/", ["这里还没有内容"], ["新建", "清除筛选"]),
        ("orders/product/", ["这里还没有内容", "新建商品"], ["清除筛选"]),
        ("orders/product/?q=nothing", ["没有找到", "清除筛选"], ["新建商品</a>"]),
    ],
)
def test_an_empty_admin_list_offers_only_the_actions_that_are_possible(office, address, said, silent):
    page = office.get(f"/admin/{address}").text

    box = page.partition("data-empty")[2].partition("</div>")[0]
    assert [words for words in said if words not in box] == []
    assert [words for words in silent if words in box] == []


def test_every_page_of_the_admin_leads_back_to_the_desk(office, customer):
    for page in ("accounts/customer/", f"accounts/customer/{customer.pk}/change/", "orders/variant/add/"):
        assert re.search(r'class="desk-way" href="/"', office.get(f"/admin/{page}").text)


def test_every_admin_list_is_in_a_section_and_every_page_of_a_section_opens(office):
    listed = {page.link for room in admin_rooms() for page in room.pages}
    lists = {
        reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for model in admin.site._registry
    }
    office.get("/admin/")
    assert {each for each in lists if not any(link.startswith(each) for link in listed)} == set()
    assert {
        link: status for link in listed if (status := office.get(link, follow=True).status_code) != 200
    } == {}


def test_schedules_and_dead_letters_are_listed_in_the_system_section(office):
    page = office.get("/admin/orders/order/").text
    names = [room.title for room in admin_rooms()]
    groups = [
        re.sub(r"<.*?>", "", each, flags=re.DOTALL).split()
        for each in re.findall(r"<h2.*?</h2>", page, re.DOTALL)
    ]
    assert [words[0] for words in groups if words and words[0] in names] == names
    system = next(room for room in admin_rooms() if room.key == "system")
    assert {"定时任务", "死信"} <= {each.title for each in system.pages}
    for app in ("django_celery_beat", "events"):
        assert office.get(f"/admin/{app}/").headers["Location"] == "/admin/#system"


def test_the_schedule_page_is_read_only_and_describes_each_task_in_chinese(office):
    every = IntervalSchedule.objects.create(every=120, period=IntervalSchedule.SECONDS)
    row = PeriodicTask.objects.create(name="mind-shortages", task="orders.mind_shortages", interval=every)
    page = office.get("/admin/django_celery_beat/periodictask/").text
    assert ("用到货补上缺货的订单" in page, "每 2 分钟" in page) == (True, True)
    path = f"/admin/django_celery_beat/periodictask/{row.pk}/"
    assert office.get(f"{path}change/").status_code == 200
    assert office.post(f"{path}delete/", {"post": "yes"}).status_code == 403
    for unused in ("crontabschedule", "solarschedule", "clockedschedule", "intervalschedule"):
        with pytest.raises(NoReverseMatch):
            reverse(f"admin:django_celery_beat_{unused}_changelist")


def test_every_scheduled_task_has_a_description():
    assert set(shop.CELERY_BEAT_SCHEDULE) - set(NAMES) == set()


def test_the_product_and_stock_sections_count_products_and_warn_of_low_stock():
    VariantFactory(on_hand=3, threshold=5)
    VariantFactory(on_hand=0)
    VariantFactory(on_hand=9, price=Decimal("0.00"))
    doubted = VariantFactory(on_hand=9)
    Variant.objects.filter(pk=doubted.pk).update(not_found=2)
    VariantFactory(on_hand=0, is_active=False)
    ProductFactory(is_active=False)
    assert numbers("goods") == {"在售款式": 5, "停售款式": 1}
    assert numbers("stock") == {"在售规格": 4, "现有件数": 21}
    assert alert_texts("goods") == ["没有在售规格、下不了单的款式：1", "零售价为 0 的规格：1"]
    assert alert_texts("stock") == [
        "已经卖完的规格：1", "低于预警线的规格：1", "配货时没找到、等盘点的规格：1",
    ]  # fmt: skip


def test_each_alert_links_to_exactly_the_rows_that_it_counts(office):
    low = VariantFactory(on_hand=3, threshold=5)
    VariantFactory(on_hand=50)
    bare = ProductFactory(name="没有规格的包")
    StaffFactory(username="newcomer")
    Staff.objects.exclude(username="newcomer").update(last_login=timezone.now())
    CustomerFactory(name="只有编号", phone="")
    CustomerFactory(name="有电话")
    found = {each.text: each.link for standing in room_standings().values() for each in standing.alerts}
    for text, row in (
        ("低于预警线的规格：1", low.sku),
        ("没有在售规格、下不了单的款式：1", bare.name),
        ("从没登录过的员工：1", "newcomer"),
        ("没有电话也没有邮箱的客户：1", "只有编号"),
    ):
        rows = office.get(found[text]).context["cl"].result_list
        assert [str(getattr(each, "sku", getattr(each, "username", each))) for each in rows] == [row]


def test_customers_are_counted_by_contact_channel_and_staff_by_role(sales, warehouse, manager):
    CustomerFactory(email="wu@example.com", credit_limit=Decimal("100.00"))
    CustomerFactory()
    Staff.objects.update(last_login=timezone.now())
    assert numbers("customers") == {"客户": 2, "有邮箱": 1, "可挂账": 1}
    assert (numbers("staff"), alert_texts("staff")) == ({"销售": 1, "仓库": 1, "经理": 1}, [])


def test_disabled_rules_and_missing_channels_are_reported(settings):
    settings.EMAIL_URL = ""
    ensure_default_rules()
    NotificationRule.objects.update(enabled=True, channels=[])
    some = NotificationRule.objects.filter(pk__in=NotificationRule.objects.values("pk")[:2])
    some.update(channels=["sms", "email"])
    assert alert_texts("channels") == [
        "要发短信、但没有短信网关的规则：2", "要发邮件、但服务器没有设置邮件的规则：2",
    ]  # fmt: skip
    ChannelAccount.objects.create(channel="sms", name="网关", url="https://sms.example.com/")
    settings.EMAIL_URL = "smtp://127.0.0.1:25"
    assert (alert_texts("channels"), alert_texts("rules")) == ([], [])
    some.update(enabled=False)
    assert alert_texts("rules") == ["停用着的规则：2"]
    NotificationRule.objects.update(enabled=False)
    assert alert_texts("rules") == ["没有启用任何规则：谁都收不到通知"]


def test_dead_letters_stuck_readers_a_stopped_scheduler_and_missing_addresses_are_reported(order):
    ShopSettings.objects.update_or_create(pk=1, defaults={"phone": "0577-88001234", "return_address": ""})
    position_new_events()
    event = DomainEvent.objects.first()
    DeadLetter.objects.create(reader="x", event=event, error="x")
    reader = add_reader(name="messaging.handlers.plan_notifications", kind="handler", from_the_start=True)
    HeldEvent.objects.create(reader=reader, event=event, position=1, retry_at=timezone.now())
    Reader.objects.exclude(pk=reader.pk).delete()
    Reader.objects.create(name="z", state=Reader.State.PAUSED)
    DomainEvent.objects.update(occurred_at=timezone.now() - timedelta(minutes=6))
    Reader.objects.filter(pk=reader.pk).update(position=0)
    assert alert_texts("system") == [
        "没有处理成功、等人重试的事件（死信）：1",
        "出错后会自动再试的事件：1",
        "落后五分钟以上的处理：1",
        "停下的处理：1",
        "定时任务没有在运行：通知和自动处理都停着",
        "没有填退货地址",
    ]
    every = IntervalSchedule.objects.create(every=2, period=IntervalSchedule.SECONDS)
    clock = PeriodicTask.objects.create(
        name="relay-events", task="events.relay", interval=every, last_run_at=timezone.now()
    )
    DeadLetter.objects.update(resolved_at=timezone.now())
    HeldEvent.objects.all().delete()
    Reader.objects.update(state=Reader.State.ACTIVE)
    relay()
    assert alert_texts("system") == ["没有填退货地址"]
    PeriodicTask.objects.filter(pk=clock.pk).update(last_run_at=timezone.now() - timedelta(minutes=16))
    assert alert_texts("system") == ["定时任务没有在运行：通知和自动处理都停着", "没有填退货地址"]


def test_the_admin_home_takes_few_queries_however_many_rows_there_are(office):
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert office.get("/admin/").status_code == 200
        return len(queries)

    office.get("/admin/")
    few = asked()
    for _each in range(3):
        make_order()
        StaffFactory()
    assert Delivery.objects.count() + Product.objects.count() + Customer.objects.count() > 3
    assert asked() == few
    assert few <= 30


def test_each_registered_import_of_files_has_a_way_in_on_the_admin_home(office):
    assert 'href="/files/imports/new/stock/">库存</a>' in office.get("/admin/").text
    taker = FileImport("从表格导入商品", "一行一个规格。", "admin:orders_product_add")
    join_file_import(taker)
    try:
        page = office.get("/admin/").text
    finally:
        leave_file_import(taker)
    files = page[page.index('id="files"') :]
    assert re.search(r'href="/admin/orders/product/add/">从表格导入商品</a> <span>一行一个规格。', files)


def test_the_admin_uses_the_shops_own_log_in_log_out_and_password_pages(office, log_in, sales):
    assert office.get("/admin/password_change/").headers["Location"] == "/preferences/#password"
    assert office.post("/admin/logout/").headers["Location"] == "/login/"
    assert Client().get("/admin/login/?next=/admin/orders/order/").headers["Location"] == (
        "/login/?next=/admin/orders/order/"
    )
    assert Client().get("/admin/login/?next=https://evil.example/").headers["Location"] == (
        "/login/?next=/admin/"
    )
    refused = log_in(sales).get("/admin/", follow=True)
    assert (refused.status_code, refused.redirect_chain[0][0]) == (403, "/admin/login/?next=/admin/")
