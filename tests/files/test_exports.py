"""Lists go out as XLSX and CSV: the same rows as on the page, masked by role, safe in a spreadsheet, each with an event."""

from decimal import Decimal
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from messaging.models import Conversation
from messaging.services.messages import send_message
from orders.models import Order, Payment
from orders.services.orders import ItemInput
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Customer, Staff
from shopcomm.core.accounts.services.order_links import link_url
from shopcomm.core.events.models import DomainEvent
from shopcomm.edge.files.events import ListExported
from shopcomm.edge.files.models import ExportRun, State
from shopcomm.edge.files.services.working import work_on_files
from tests.factories import CustomerFactory, VariantFactory, give_order, make_address, make_order
from tests.files.lists import book_rows, csv_rows, exported

pytestmark = pytest.mark.django_db
LONG_ID = "3705115058471208928"


@pytest.fixture
def boss(log_in, manager: Staff) -> Client:
    return log_in(manager)


def the_export() -> ListExported:
    fact = DomainEvent.objects.get(type="list.exported").fact
    assert isinstance(fact, ListExported)
    return fact


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_an_export_holds_the_orders_that_the_desk_lists_and_no_other(boss: Client, form: str) -> None:
    shown = make_order(status="shipped", urgent=True)
    make_order(status="paid", urgent=True)
    make_order(status="shipped")
    content = exported(boss, "orders", "status=shipped&urgent=1", form=form)
    rows = [list(row.values()) for row in csv_rows(content)] if form == "csv" else book_rows(content)[1:]
    assert [row[0] for row in rows] == [shown.number]


def test_amounts_and_times_are_numbers_of_a_workbook_and_plain_text_of_a_csv(boss: Client) -> None:
    order = make_order(status="paid")
    row = csv_rows(exported(boss, "orders"))[0]
    assert row["应付"] == str(order.total)
    assert row["下单时间"] == f"{timezone.localtime(order.placed_at):%Y-%m-%d %H:%M:%S}"
    heads, cells = book_rows(exported(boss, "orders", form="xlsx"))
    found = dict(zip(heads, cells, strict=True))
    assert Decimal(str(found["应付"])) == order.total
    assert (
        abs(found["下单时间"] - timezone.localtime(order.placed_at).replace(tzinfo=None)).total_seconds() < 1
    )


def test_a_number_of_nineteen_digits_keeps_every_digit_in_both_forms(boss: Client) -> None:
    make_order(external_id=LONG_ID)
    assert csv_rows(exported(boss, "orders"))[0]["外部单号"] == f"'{LONG_ID}"
    heads, cells = book_rows(exported(boss, "orders", form="xlsx"))
    assert dict(zip(heads, cells, strict=True))["外部单号"] == LONG_ID


@pytest.mark.parametrize(
    "name", ["=1+1", "+86", "-2", "@SUM(A1)", "\t=1", "＝1+1", "http://evil.example", "0012"]
)
def test_what_a_customer_is_called_is_never_run_followed_or_counted(boss: Client, name: str) -> None:
    make_order(customer=CustomerFactory(name=name))
    said = csv_rows(exported(boss, "orders"))[0]["客户"]
    assert not said.startswith(("=", "+", "-", "@", "\t", "＝"))
    assert name.strip() in said
    heads, cells = book_rows(exported(boss, "orders", form="xlsx"))
    assert dict(zip(heads, cells, strict=True))["客户"].strip() == name.strip()


def test_a_seller_gets_phones_and_streets_masked_and_a_manager_whole_ones_on_request(
    log_in, sales: Staff, manager: Staff
) -> None:
    make_order(address=make_address(), note="打 13800138000 再送")
    masked = csv_rows(exported(log_in(sales), "orders"))[0]
    assert (masked["收货电话"], masked["详细地址"]) == ("138 **** 8000", "****")
    assert masked["备注"] == "打 138 **** 8000 再送"
    refused = log_in(sales).post("/files/exports/new/orders/", {"form": "csv", "contacts": "1"})
    assert refused.status_code == 422
    boss = log_in(manager)
    assert csv_rows(exported(boss, "orders"))[0]["收货电话"] == "138 **** 8000"
    whole = csv_rows(exported(boss, "orders", contacts="1"))[0]
    assert (whole["收货电话"], whole["详细地址"]) == ("13800138000", "机场路 88 号")


def test_a_seller_exports_own_and_free_orders_only(log_in, sales: Staff, other_sales: Staff) -> None:
    own, foreign = make_order(), make_order()
    give_order(own, sales)
    give_order(foreign, other_sales)
    for what in ("orders", "lines"):
        rows = csv_rows(exported(log_in(sales), what))
        assert {row["订单号"] for row in rows} == {own.number}


@pytest.mark.parametrize("what", ["customers", "movements"])
def test_lists_of_the_admin_are_for_managers(log_in, sales: Staff, what: str) -> None:
    answer = log_in(sales).post(f"/files/exports/new/{what}/", {"form": "csv"})
    assert answer.status_code == 422
    assert DomainEvent.objects.filter(type="list.exported").count() == 0


def test_the_stockroom_exports_nothing(log_in, warehouse: Staff) -> None:
    assert log_in(warehouse).get("/files/exports/new/orders/").status_code == 403


def test_every_export_is_an_event_that_says_who_what_filter_and_how_many(
    boss: Client, manager: Staff
) -> None:
    make_order(status="paid")
    exported(boss, "lines", "status=paid&q=", form="xlsx")
    fact = the_export()
    assert (fact.what, fact.form, fact.rows, fact.contacts) == ("lines", "xlsx", 1, False)
    assert "status=paid" in fact.filter
    row = DomainEvent.objects.get(type="list.exported")
    assert (row.actor_kind, row.actor_id) == ("staff", manager.pk)


def test_the_event_of_an_export_names_no_phone_that_was_searched_for(boss: Client) -> None:
    exported(boss, "orders", "q=13800138000")
    assert the_export().filter == "q=…8000"


def test_lines_and_payments_follow_the_filter_of_their_orders(boss: Client) -> None:
    bag = VariantFactory(sku="TT-1", price=Decimal("28.50"))
    paid = make_order(status="paid", items=[ItemInput("TT-1", 10)])
    make_order()
    lines = csv_rows(exported(boss, "lines", "status=paid"))
    assert [(row["订单号"], row["SKU"], row["数量"], row["金额"]) for row in lines] == [
        (paid.number, bag.sku, "10", "285.00")
    ]
    payments = csv_rows(exported(boss, "payments", "status=paid"))
    assert [(row["订单号"], row["金额"]) for row in payments] == [(paid.number, "285.00")]


def test_a_customers_receipts_are_those_of_their_statement(boss: Client, customer: Customer) -> None:
    ours = make_order(status="paid", customer=customer)
    make_order(status="paid")
    today = timezone.localdate().isoformat()
    query = f"customer={customer.pk}&currency=CNY&since={today}&until={today}"
    assert [row["订单号"] for row in csv_rows(exported(boss, "receipts", query))] == [ours.number]
    Payment.objects.update(received_at=timezone.now() - timezone.timedelta(days=3))
    assert csv_rows(exported(boss, "receipts", query)) == []


def test_customers_and_movements_keep_the_filters_and_the_search_of_the_admin(boss: Client) -> None:
    CustomerFactory(name="陈批发", tier="wholesale")
    CustomerFactory(name="陈零售")
    rows = csv_rows(exported(boss, "customers", "tier__exact=wholesale&q=陈"))
    assert [row["姓名"] for row in rows] == ["陈批发"]
    VariantFactory(sku="QZ-1", on_hand=5)
    VariantFactory(sku="QZ-2", on_hand=7)
    moved = csv_rows(exported(boss, "movements", "q=QZ-2"))
    assert [(row["SKU"], row["现有变化"]) for row in moved] == [("QZ-2", "7")]


def test_a_filter_that_the_admin_refuses_is_refused_in_words(boss: Client) -> None:
    answer = boss.get("/files/exports/new/customers/?tier__exact__gte__no=1")
    assert answer.status_code == 422


def test_messages_leave_without_internal_notes_recalled_texts_and_keys_of_links(
    boss: Client, order: Order, manager: Staff, customer: Customer
) -> None:
    talk, staff = Conversation.objects.get(order=order), Actor.staff(manager)
    say = lambda who, body, **given: send_message(  # noqa: E731
        actor=who, conversation_id=talk.pk, client_id=uuid4(), body=body, **given
    )
    say(Actor.customer(customer), "我的电话 13800138000")
    say(staff, "他压价很厉害", internal=True)
    say(staff, f"您的订单：{link_url(customer=customer, order_id=order.pk)}")
    said = [row["内容"] for row in csv_rows(exported(boss, "messages", "folder=all"))]
    assert "我的电话 138 **** 8000" in said
    assert not any("压价" in each for each in said)
    assert any(each.endswith("/o/*/") for each in said)
    rows = csv_rows(exported(boss, "conversations", f"q={order.number}"))
    assert [(row["订单号"], row["手机"]) for row in rows] == [(order.number, "138 **** 8000")]


def test_a_long_list_is_written_by_a_worker_and_its_link_is_its_owners_alone(
    boss: Client, sales: Staff, settings, django_capture_on_commit_callbacks
) -> None:
    settings.EXPORT_AT_ONCE_ROWS = 1
    numbers = {make_order().number for _ in range(3)}
    asked = boss.post("/files/exports/new/orders/", {"form": "csv", "what": "orders"})
    run = ExportRun.objects.get()
    assert asked["Location"] == f"/files/exports/{run.pk}/"
    assert "排队中" in boss.get(asked["Location"]).content.decode()
    assert work_on_files() == 1
    page = boss.get(asked["Location"], headers={"X-Fragment": "state"}).content.decode()
    assert f"/files/exports/{run.pk}/file/" in page
    assert "data-over" in page
    content = b"".join(boss.get(f"/files/exports/{run.pk}/file/").streaming_content)
    assert {row["订单号"] for row in csv_rows(content)} == numbers
    assert the_export().rows == 3
    other = Client()
    other.force_login(sales)
    assert other.get(f"/files/exports/{run.pk}/file/").status_code == 404


def test_a_list_that_a_killed_worker_left_is_begun_again_and_three_times_at_most(
    boss: Client, manager: Staff, settings
) -> None:
    settings.EXPORT_AT_ONCE_ROWS = 0
    make_order()
    boss.post("/files/exports/new/orders/", {"form": "xlsx"})
    ExportRun.objects.update(state=State.RUNNING, begun=1, rows=700)
    work_on_files()
    run = ExportRun.objects.get()
    assert (run.state, run.rows, run.begun) == (State.DONE, 1, 2)
    ExportRun.objects.update(state=State.RUNNING, begun=3)
    work_on_files()
    run.refresh_from_db()
    assert run.state == State.FAILED
    assert "再导出一次" in run.detail


def test_whoever_lost_the_right_meanwhile_gets_no_list(boss: Client, manager: Staff, settings) -> None:
    settings.EXPORT_AT_ONCE_ROWS = 0
    make_order()
    boss.post("/files/exports/new/orders/", {"form": "xlsx"})
    Staff.objects.filter(pk=manager.pk).update(role="warehouse")
    work_on_files()
    run = ExportRun.objects.get()
    assert (run.state, run.file) == (State.FAILED, "")
    assert DomainEvent.objects.filter(type="list.exported").count() == 0


def test_the_same_form_sent_twice_asks_for_one_list_and_five_wait_at_most(boss: Client, settings) -> None:
    settings.EXPORT_AT_ONCE_ROWS = 0
    make_order()
    for _ in range(2):
        boss.post("/files/exports/new/orders/", {"form": "xlsx", "form_key": "k1"})
    assert ExportRun.objects.count() == 1
    for _ in range(4):
        boss.post("/files/exports/new/orders/", {"form": "xlsx"})
    refused = boss.post("/files/exports/new/orders/", {"form": "xlsx"})
    assert refused.status_code == 422
    assert ExportRun.objects.count() == 5


@pytest.mark.parametrize(
    ("page", "link"),
    [
        ("/orders/?status=paid&urgent=1", "/files/exports/new/orders/?status=paid&amp;urgent=1"),
        ("/inbox/?folder=mine&q=abc", "/files/exports/new/conversations/?folder=mine&amp;q=abc"),
        ("/admin/accounts/customer/?tier__exact=retail", "/files/exports/new/customers/?tier__exact=retail"),
        ("/admin/orders/stockmovement/?q=QZ", "/files/exports/new/movements/?q=QZ"),
    ],
)
def test_the_button_of_each_list_keeps_the_filter_in_force(boss: Client, page: str, link: str) -> None:
    assert link in boss.get(page).content.decode()


def test_the_statement_of_a_customer_leads_to_their_receipts(boss: Client, customer: Customer) -> None:
    make_order(customer=customer, status="paid")
    assert (
        f"/files/exports/new/receipts/?customer={customer.pk}"
        in boss.get(f"/orders/debts/{customer.pk}/").content.decode()
    )


def test_the_form_says_what_it_is_narrowed_to_and_how_long_it_is(boss: Client) -> None:
    make_order(status="paid")
    page = boss.get("/files/exports/new/orders/?status=paid&q=XB").content.decode()
    assert "已支付待配货" in page
    assert "搜索 XB" in page
    assert "1 行" in boss.get("/files/exports/new/orders/?status=paid").content.decode()
    assert boss.get("/files/exports/new/nothing/").status_code == 404
    assert "还没有" in boss.get("/files/exports/").content.decode()


def test_a_query_too_long_to_be_kept_is_refused_and_loses_no_filter(boss: Client, settings) -> None:
    settings.EXPORT_AT_ONCE_ROWS = 0
    make_order()
    query = f"q={'x' * 2_000}&status=cancelled"
    assert boss.post(f"/files/exports/new/orders/?{query}", {"form": "csv"}).status_code == 422
    assert not ExportRun.objects.exists()


def test_a_form_exports_no_list_that_its_filters_are_not_for(boss: Client) -> None:
    CustomerFactory(name="不在这份名单里")
    make_order()
    answer = boss.post("/files/exports/new/orders/", {"form": "csv", "what": "customers"})
    assert next(iter(csv_rows(answer.content)[0])) == "订单号"
