"""Small things of the customer's pages that were seen to go wrong on a phone."""

import json

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse

from messaging.models import Message, NotificationPreference
from messaging.selectors.notice_preferences import notice_groups_for, notice_kinds_for
from messaging.services.notifications.rules import ensure_default_rules
from messaging.services.subscriptions import notice_preferences_of
from orders.models import AfterSalesCase, Status
from orders.services.after_sales import record_return_parcel
from orders.services.editing import edit_order
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.services.order_links import link_token, make_link
from shopcomm.core.configuration.models import ShopSettings, shop_settings
from tests.factories import make_order
from tests.messaging.pictures import picture, upload

pytestmark = pytest.mark.django_db


def address_of(order, page: str = "order") -> str:
    token = link_token(make_link(customer=order.customer, order_id=order.pk))
    return reverse(f"portal:{page}", args=[token])


@pytest.fixture
def wishes(order) -> str:
    ensure_default_rules()
    return address_of(order, "wishes")


def saved_preferences(order) -> NotificationPreference:
    return notice_preferences_of(Actor.customer(order.customer))


# --- notices ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("half", [{"quiet_from": "22:00"}, {"quiet_to": "08:00", "quiet_from": "²"}])
def test_quiet_hours_with_only_one_end_are_refused_and_change_nothing(client, order, wishes, half):
    client.post(wishes, {"quiet_from": "21:00", "quiet_to": "07:00", "grouped": "1"}, follow=True)
    answer = client.post(wishes, {"quiet_from": "", "quiet_to": "", "grouped": "1"} | half)

    assert answer.status_code == 422
    page = answer.content.decode()
    assert "免打扰要填开始和结束两个时间" in page
    assert "设置已保存" not in page
    assert (
        f"{saved_preferences(order).quiet_from:%H:%M}–{saved_preferences(order).quiet_to:%H:%M}"
        == "21:00–07:00"
    )


def test_quiet_hours_of_staff_with_only_one_end_are_refused_too(log_in, sales):
    page = log_in(sales).post("/notices/wishes/", {"quiet_from": "22:00"}, follow=True).content.decode()
    assert "免打扰要填开始和结束两个时间" in page
    assert not NotificationPreference.objects.exists()


def test_every_kind_of_notice_belongs_to_a_group(client, order, wishes):
    groups = notice_groups_for(saved_preferences(order))

    assert 4 <= len(groups) <= 6
    assert sorted(kind.trigger for group in groups for kind in group.kinds) == sorted(
        kind.trigger for kind in notice_kinds_for(saved_preferences(order))
    )
    assert client.get(wishes).content.decode().count('name="group"') == len(groups)


def test_one_switch_mutes_a_group_of_notices_but_never_money_notices(client, order, wishes):
    every = [group.key for group in notice_groups_for(saved_preferences(order))]
    ticked = [kind.trigger for kind in notice_kinds_for(saved_preferences(order))]
    client.post(
        wishes,
        {"grouped": "1", "group": [key for key in every if key not in ("delivery", "money")], "kind": ticked},
    )
    muted = set(saved_preferences(order).muted)
    assert {"picking", "shipped", "tracking", "delivered"} <= muted
    assert not {"paid", "refunded"} & muted
    assert "completed" not in muted

    client.post(
        wishes, {"grouped": "1", "group": every, "kind": [each for each in ticked if each not in muted]}
    )
    assert saved_preferences(order).muted == []


def test_a_single_kind_of_notice_can_be_turned_off(client, order, wishes):
    every = [group.key for group in notice_groups_for(saved_preferences(order))]
    ticked = [
        kind.trigger for kind in notice_kinds_for(saved_preferences(order)) if kind.trigger != "tracking"
    ]
    client.post(wishes, {"grouped": "1", "group": every, "kind": ticked})
    assert saved_preferences(order).muted == ["tracking"]


# --- the order ----------------------------------------------------------------------------------------
def test_the_progress_steps_show_when_they_were_reached(client, customer):
    order = make_order(customer=customer, status=Status.PICKING)
    page = client.get(address_of(order)).content.decode()
    steps = page.split('<ol class="steps"')[1].split("</ol>")[0]
    assert steps.count("<time") == 3


def test_a_timeline_line_masks_the_phone_as_the_page_does(order, manager):
    edit_order(
        actor=Actor.staff(manager), order_id=order.pk, version=None, changes={"receiver_phone": "13912345678"}
    )
    said = Message.objects.filter(conversation__order=order, kind="event").order_by("-seq").first()
    assert "139 **** 5678" in said.body
    assert "13912345678" not in f"{said.body}{said.data}"


def test_a_cancellation_request_is_not_called_a_change(client, order):
    answer = client.post(
        address_of(order, "change"),
        {"kind": "cancel", "reason": "不要了", "key": "k"},
        follow=True,
    )
    page = answer.content.decode()
    assert "已修改" not in page
    assert "订单已取消" in page


def test_suggested_questions_are_answered_from_the_order(client, customer):
    order = make_order(customer=customer, status=Status.PICKING)
    page = client.get(address_of(order, "chat")).content.decode()
    asked = page.split('class="composer__asks"')[1].split("<textarea")[0]
    assert "什么时候发货" in asked
    assert "正在为您配货" in asked
    assert "?kind=address" in asked
    assert "发票" not in asked
    assert (
        "composer__asks"
        not in client.get(
            address_of(make_order(customer=customer, status=Status.COMPLETED), "chat")
        ).content.decode()
    )


# --- the list and the parcel home -----------------------------------------------------------------------
def test_a_question_typed_at_the_product_is_kept_until_the_quote_list_is_sent(phone, variant):
    product = variant.product_id
    phone.post(
        f"/my/catalogue/{product}/add/", {"sku": variant.sku, "quantity": "2", "question": "能印 logo 吗"}
    )
    assert "能印 logo 吗" in phone.get("/my/quote/").content.decode()
    answer = phone.post(
        "/my/quote/",
        {"do": "send", "sku": variant.sku, "quantity": "2", "question": "能印 logo 吗", "key": "k"},
    )
    assert answer.status_code == 302
    assert "能印 logo 吗" not in phone.get("/my/quote/").content.decode()


@pytest.mark.parametrize(
    ("typed", "number", "code"),
    [
        ("", "SF1234567890123", "shunfeng"),
        ("中通快递", "75312345678901", "zhongtong"),
        ("sf", "AB123", "shunfeng"),
    ],
)
def test_the_courier_of_a_return_parcel_is_recognised_by_number_or_name(customer, typed, number, code):
    order = make_order(customer=customer, status=Status.DELIVERED)
    case = AfterSalesCase.objects.create(
        order=order,
        kind="return",
        reason="other",
        asked_by="吴丽华",
        asked_at=order.placed_at,
        state="waiting_return",
    )
    case.lines.create(line=order.lines.get(), quantity=1)
    sent = record_return_parcel(
        actor=Actor.customer(customer), case_id=case.pk, carrier=typed, tracking_number=number.lower()
    )
    assert (sent.carrier, sent.tracking_number) == (code, number)


# --- paying ---------------------------------------------------------------------------------------------
@pytest.fixture
def ways_to_pay(tmp_path, settings) -> ShopSettings:
    settings.MEDIA_ROOT = tmp_path
    shop = shop_settings()
    shop.pay_text = "农业银行 6228 4800\n户名 王芳"
    shop.pay_code.save("code.png", ContentFile(picture("PNG")))
    shop.save()
    return shop


def test_an_unpaid_order_shows_the_shops_ways_to_pay(client, order, ways_to_pay):
    page = client.get(address_of(order)).content.decode()
    assert "农业银行 6228 4800<br>户名 王芳" in page
    assert ways_to_pay.pay_code.url in page
    assert client.get(ways_to_pay.pay_code.url).status_code == 200
    paid = make_order(customer=order.customer, status=Status.PAID)
    assert "农业银行" not in client.get(address_of(paid)).content.decode()


def test_an_unpaid_order_of_a_shop_without_ways_to_pay_says_to_contact_the_shop(client, order):
    page = client.get(address_of(order)).content.decode()
    assert "联系商家付款" in page
    assert "付款凭证" not in page


def test_a_payment_slip_is_posted_to_the_conversation_once_and_books_nothing(client, order, ways_to_pay):
    sent = {"picture": upload(picture()), "form_key": "one"}
    answer = client.post(address_of(order, "slip"), sent)
    client.post(address_of(order, "slip"), {"picture": upload(picture()), "form_key": "one"})

    said = Message.objects.get(conversation__order=order, kind="image")
    assert answer["Location"].endswith("/chat/")
    assert (said.sender_kind, said.body, said.attachments.count()) == ("customer", "付款凭证", 1)
    order.refresh_from_db()
    assert (order.status, order.paid_amount) == (Status.PENDING_PAYMENT, 0)


@pytest.mark.parametrize("given", [{}, {"picture": "words"}])
def test_a_payment_slip_without_a_picture_is_refused_with_an_explanation(client, order, given):
    client.post(address_of(order, "slip"), given)
    assert not Message.objects.filter(conversation__order=order).exclude(kind="event").exists()


def test_an_open_after_sales_case_replaces_the_confirm_receipt_button(client, customer):
    order = make_order(customer=customer, status=Status.DELIVERED)
    assert "确认收货" in client.get(address_of(order)).content.decode().split('class="portal__confirm"')[1]
    case = AfterSalesCase.objects.create(
        order=order, kind="return", reason="other", asked_by="吴丽华", asked_at=order.placed_at
    )
    page = client.get(address_of(order)).content.decode()
    assert f"#case-{case.pk}" in page
    assert "portal__confirm" not in page
    AfterSalesCase.objects.update(state="rejected")
    assert "portal__confirm" in client.get(address_of(order)).content.decode()


# --- what is live, and what is open -----------------------------------------------------------------------
def test_a_background_refresh_does_not_consume_the_message_for_the_next_page(client, customer):
    order = make_order(customer=customer, status=Status.SHIPPED)
    client.post(address_of(order, "confirm"))
    renewed = client.get(address_of(order, "after-sales"), headers={"X-Fragment": "1"}).content.decode()
    assert 'data-live="cases"' in renewed
    assert "谢谢，订单已完成" not in renewed
    assert "谢谢，订单已完成" in client.get(address_of(order)).content.decode()


@pytest.mark.parametrize("page", ["/my/", "/my/chat/", "/my/me/", "/my/me/account/"])
def test_the_pages_of_a_logged_in_customer_update_live(phone, order, page):
    shown = phone.get(page).content.decode()
    assert 'data-module="portal/live.js"' in shown
    assert 'data-live="main"' in shown
    assert 'data-live="tabs"' in shown


def test_the_order_list_names_an_open_case_or_refund_request(phone, customer):
    order = make_order(customer=customer, status=Status.DELIVERED)
    case = AfterSalesCase.objects.create(
        order=order, kind="return", reason="other", asked_by="吴丽华", asked_at=order.placed_at
    )
    assert f"{case.get_kind_display()} ·" in phone.get("/my/").content.decode()
    AfterSalesCase.objects.update(state="rejected")
    assert f"{case.get_kind_display()} ·" not in phone.get("/my/").content.decode()

    refunding = make_order(customer=customer, status=Status.REFUNDING)
    for page in (phone.get("/my/"), phone.get(f"/my/orders/{refunding.number}/")):
        assert "退款审核中" in page.content.decode()
        assert "¥398.00" in page.content.decode().split("退款审核中")[1][:300]


@pytest.mark.parametrize("page", ["/offline/", "wishes"])
def test_every_customer_page_shows_the_shops_name_in_its_header(client, order, page):
    ShopSettings.objects.update_or_create(pk=1, defaults={"shop_name": "丽华箱包"})
    address = page if page.startswith("/") else address_of(order, page)
    title = client.get(address).content.decode().split("<title>")[1].split("</title>")[0]
    assert title.split()[-1] == "丽华箱包"


def test_picture_fields_of_the_admin_reduce_pictures_before_upload(log_in, manager):
    shop_settings()
    shop_settings().save()
    for page in ("/admin/configuration/shopsettings/1/change/", "/admin/orders/variant/add/"):
        shown = log_in(manager).get(page).content.decode()
        assert "data-reduced-by" in shown
        assert 'js/lib/reduced_field.js" type="module"' in shown


def test_a_file_above_the_size_limit_is_refused_before_upload_with_the_limit(client, order):
    page = client.get(address_of(order, "chat")).content.decode()
    given = json.loads(page.split('type="application/json">')[1].split("</script>")[0])
    assert given["largest_file"] == 20 * 1024 * 1024
    assert given["texts"]["tooLarge"] == "文件太大：最多 20 MB"
