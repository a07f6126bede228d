"""Returns, exchanges and refunds from the phone to the stockroom, page by page."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from messaging.models import Attachment
from messaging.services.renditions import draw_waiting
from orders.models import AfterSalesCase, Order, Refund, Status
from shopcomm.core.accounts.services.order_links import link_token, make_link
from shopcomm.core.configuration.models import shop_settings
from tests.factories import VariantFactory, make_order
from tests.messaging.pictures import picture as draw

pytestmark = pytest.mark.django_db
State = AfterSalesCase.State


@pytest.fixture
def phone() -> Client:
    return Client()


@pytest.fixture
def delivered(customer) -> Order:
    return make_order(customer=customer, status=Status.DELIVERED)


def page_path(order: Order, part: str = "after-sales/") -> str:
    return f"/o/{link_token(make_link(customer=order.customer, order_id=order.pk))}/{part}"


def claim_form(order: Order, **fields) -> dict:
    line = order.lines.get()
    return {"kind": "return", "reason": "damaged", "key": "k", f"quantity-{line.pk}": "1"} | fields


def test_a_return_claimed_on_the_phone_is_restocked_and_refunded(phone, log_in, manager, delivered):
    picture = SimpleUploadedFile("拉链.jpg", draw(), "image/jpeg")
    assert (
        phone.post(page_path(delivered), claim_form(delivered, note="拉链坏了", pictures=picture)).status_code
        == 302
    )
    case = delivered.after_sales.get()
    assert case.pictures == [str(Attachment.objects.get().pk)]
    assert Attachment.objects.get().message.conversation.order == delivered
    shown = phone.get(page_path(delivered)).content.decode()
    assert "等待商家处理" in shown
    assert "图片正在处理…" in shown
    draw_waiting()
    assert phone.get(f"/attachments/{case.pictures[0]}/thumbnail/").status_code == 200

    desk = log_in(manager)
    shown = desk.get(f"/orders/{delivered.number}/").content.decode()
    assert "拉链坏了" in shown
    assert f"/attachments/{case.pictures[0]}/" in shown
    desk.post(
        f"/orders/after-sales/{case.pk}/approve/",
        {"amount": "", "answer": "寄回来吧", "return_to": "广州仓库"},
    )
    assert "寄回来吧" in phone.get(page_path(delivered)).content.decode()
    phone.post(
        page_path(delivered, f"after-sales/{case.pk}/send/"),
        {"carrier": "zhongtong", "tracking_number": "ZT9999"},
    )
    sent_back = phone.get(page_path(delivered)).content.decode()
    assert ("改运单号" in sent_back, "我已寄出" in sent_back) == (True, False)
    board = desk.get("/warehouse/returns/?q=zt9999").content.decode()
    assert delivered.number in board
    row = case.lines.get()
    desk.post(f"/warehouse/returns/{case.pk}/", {f"good-{row.pk}": "1", f"damaged-{row.pk}": "0"})
    refund = Refund.objects.get()
    assert "已退" in desk.get(f"/orders/{delivered.number}/").content.decode()
    desk.post(f"/orders/refunds/{refund.pk}/paid/", {"reference": "TK-1"})

    case.refresh_from_db()
    assert case.state == State.RESOLVED
    assert "¥199.00" in phone.get(page_path(delivered)).content.decode()


def test_an_unrecognised_return_tracking_number_is_kept_while_the_courier_is_asked_for(
    phone, log_in, manager, delivered
):
    phone.post(page_path(delivered), claim_form(delivered))
    case = delivered.after_sales.get()
    answer = {"amount": "", "answer": "好", "return_to": "广州仓库"}
    log_in(manager).post(f"/orders/after-sales/{case.pk}/approve/", answer)
    typed = {"carrier": "", "tracking_number": "ZT9999"}
    refused = phone.post(page_path(delivered, f"after-sales/{case.pk}/send/"), typed)
    shown = refused.content.decode()

    assert refused.status_code == 422
    assert "没认出是哪家快递，请选一家" in shown
    assert 'value="ZT9999"' in shown
    assert shown.count("广州仓库") == 2  # to be read, and to be copied
    case.refresh_from_db()
    assert case.state == State.WAITING_RETURN


def test_a_customer_reads_a_rejected_claim_and_appeals(phone, log_in, manager, delivered):
    phone.post(page_path(delivered), claim_form(delivered))
    case = delivered.after_sales.get()
    log_in(manager).post(f"/orders/after-sales/{case.pk}/reject/", {"answer": "使用过的不退"})
    assert "使用过的不退" in phone.get(page_path(delivered)).content.decode()

    phone.post(page_path(delivered, f"after-sales/{case.pk}/appeal/"), {"note": "没有用过"})

    case.refresh_from_db()
    assert (case.state, case.appealed) == (State.APPLIED, True)


def test_a_customer_chooses_the_colour_of_an_exchange_on_the_phone(phone, log_in, manager, delivered):
    own = delivered.lines.get().variant
    other = VariantFactory(product=own.product, color="奶白", price=own.price)
    line = delivered.lines.get()
    assert "奶白" in phone.get(page_path(delivered)).content.decode()
    phone.post(
        page_path(delivered), claim_form(delivered, kind="exchange", **{f"wanted-{line.pk}": other.sku})
    )
    case = delivered.after_sales.get()

    log_in(manager).post(
        f"/orders/after-sales/{case.pk}/approve/", {"amount": "199.00", "return_to": "广州仓库"}
    )

    case.refresh_from_db()
    assert case.replacement.lines.get().variant == other
    assert case.replacement.number in phone.get(page_path(delivered)).content.decode()


@pytest.mark.parametrize(
    "wrong", [{"kind": "party"}, {"reason": ""}, {"quantity-1": "x"}, {"kind": "exchange"}], ids=str
)
def test_a_malformed_claim_opens_no_case(phone, delivered, wrong):
    given = claim_form(delivered, **wrong)
    if wrong == {"kind": "exchange"}:
        VariantFactory(product=delivered.lines.get().variant.product)

    assert phone.post(page_path(delivered), given).status_code == 422

    assert not AfterSalesCase.objects.exists()
    assert not Attachment.objects.exists()


def test_a_file_that_is_no_picture_at_all_opens_no_case(phone, delivered):
    evil = SimpleUploadedFile("a.jpg", b"<script>", "image/jpeg")
    assert phone.post(page_path(delivered), claim_form(delivered, pictures=evil)).status_code == 415
    assert not AfterSalesCase.objects.exists()


def test_a_case_of_another_order_cannot_be_reached_by_this_link(phone, delivered):
    other = make_order(status=Status.DELIVERED)
    phone.post(page_path(other), claim_form(other))
    case = other.after_sales.get()
    assert phone.post(page_path(delivered, f"after-sales/{case.pk}/withdraw/")).status_code == 404


def test_sales_open_a_case_for_a_customer_on_the_phone(log_in, sales, delivered):
    desk = log_in(sales)
    assert desk.get(f"/orders/{delivered.number}/after-sales/").status_code == 200
    assert desk.post(f"/orders/{delivered.number}/after-sales/", claim_form(delivered)).status_code == 302
    case = delivered.after_sales.get()
    assert case.asked_by == "周敏"
    assert desk.post("/orders/refunds/1/paid/", {"reference": "x"}).status_code == 403


@pytest.mark.parametrize(("status", "waits"), [("delivered", True), ("completed", False)])
def test_an_open_case_postpones_the_receipt_confirmation_only_while_it_is_still_due(
    phone, delivered, status, waits
):
    phone.post(page_path(delivered), claim_form(delivered))
    Order.objects.update(status=status)

    shown = phone.get(page_path(delivered, "")).content.decode()

    assert "退货退款" in shown
    assert ("处理完再确认收货" in shown) == waits


def test_a_failed_refund_without_return_can_be_paid_again(log_in, manager, delivered, phone):
    phone.post(page_path(delivered), claim_form(delivered, kind="refund"))
    case, desk = delivered.after_sales.get(), log_in(manager)
    desk.post(f"/orders/after-sales/{case.pk}/approve/", {"amount": "20", "return_to": "广州仓库"})
    refund = Refund.objects.get()
    desk.post(f"/orders/refunds/{refund.pk}/failed/", {"reference": "账号错"})
    assert "退款失败" in desk.get(f"/orders/{delivered.number}/").content.decode()
    desk.post(f"/orders/refunds/{refund.pk}/paid/", {"reference": "TK-2"})
    delivered.refresh_from_db()
    assert str(delivered.refunded_amount) == "20.00"


@pytest.mark.parametrize(
    ("status", "why"),
    [
        (Status.PAID, "还没有发货，请直接修改或取消订单"),
        (Status.CANCELLED, "订单已取消，不能再申请售后"),
    ],
)
def test_the_after_sales_page_says_why_nothing_can_be_claimed(phone, customer, status, why):
    order = make_order(customer=customer, status=status)

    shown = phone.get(page_path(order)).text

    assert why in shown
    assert [words in shown for words in (">申请售后</h2>", 'name="kind"', "可以申请到")] == [False] * 3
    assert "现在不能申请售后</h2>" in shown
    assert why in phone.post(page_path(order), claim_form(order)).text


def test_the_after_sales_page_offers_no_claim_for_goods_already_claimed(phone, delivered, log_in, sales):
    Order.objects.filter(pk=delivered.pk).update(closed_at=timezone.now(), status=Status.COMPLETED)
    assert "可以申请到" in phone.get(page_path(delivered)).text

    line = delivered.lines.get()
    phone.post(page_path(delivered), claim_form(delivered, **{f"quantity-{line.pk}": str(line.quantity)}))

    shown = phone.get(page_path(delivered)).text
    assert "发出的商品都已申请过售后" in shown
    assert [words in shown for words in ('name="reason"', "可以申请到")] == [False, False]
    # The desk neither leads there nor leaves who types the address with an empty form.
    desk, form = log_in(sales), f"/orders/{delivered.number}/after-sales/"
    assert form not in desk.get(f"/orders/{delivered.number}/").text
    assert "发出的商品都已申请过售后" in desk.get(form).text


def test_only_a_manager_is_offered_a_claim_after_the_deadline(delivered, client, sales, manager):
    over = timezone.now() - timedelta(days=shop_settings().after_sales_days, minutes=1)
    Order.objects.filter(pk=delivered.pk).update(closed_at=over, status=Status.COMPLETED)
    form, seen = f"/orders/{delivered.number}/after-sales/", {}
    for staff in (sales, manager):
        client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
        linked = f'href="{form}"' in client.get(f"/orders/{delivered.number}/").text
        seen[staff.role] = (linked, 'name="kind"' in client.get(form).text)

    assert seen == {"sales": (False, False), "manager": (True, True)}
