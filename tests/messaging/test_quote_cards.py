"""Quotes and shortages as cards: what each side sees, what a tap does, and the desk's pages around them."""

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from messaging.models import Message
from messaging.services.conversations import open_enquiry
from messaging.services.quotes import quote_in_conversation
from messaging.services.shortages import offer_in_conversation
from orders.models import Order, Quote, ShortageTask, Status, TierPrice
from orders.selectors.items import ItemInput
from orders.selectors.shortages import all_options
from orders.services.quotes import QuoteInput, end_of_day
from orders.services.shortages import report_missing
from orders.tasks.sweeps import expire_quotes
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.services.order_links import link_token, make_link
from tests.factories import CustomerFactory, VariantFactory, give_order, integration, make_address, make_order

pytestmark = pytest.mark.django_db
ADDRESS = {
    "name": "吴丽华", "phone": "13800138000", "province": "浙江省", "city": "杭州市", "district": "余杭区",
    "street": "文一西路 969 号",
}  # fmt: skip


def phone_of_link(order: Order) -> Client:
    client = Client()
    client.get(f"/o/{link_token(make_link(customer=order.customer, order_id=order.pk))}/")
    return client


def at(line: Message, action: str = "") -> str:
    return f"/conversations/{line.conversation_id}/cards/{line.seq}/{action}"


def card(name: str = "quote") -> Message:
    return Message.objects.filter(kind="card", data__card=name).order_by("-pk").first()


def text(answer) -> str:
    return answer.content.decode()


@pytest.fixture
def quote(order, sales, variant) -> Quote:
    return quote_in_conversation(
        actor=Actor.staff(sales),
        customer=order.customer,
        conversation_id=order.conversation.pk,
        wanted=QuoteInput([ItemInput(variant.sku, 6, Decimal("150"))], end_of_day(5), note="含包装"),
        send=True,
    )


@pytest.fixture
def short(manager) -> ShortageTask:
    variant = VariantFactory(on_hand=5)
    VariantFactory(product=variant.product, color="雾霾蓝", on_hand=9)
    order = make_order(status=Status.PAID, items=[ItemInput(variant.sku, 5)])
    report_missing(actor=integration(), line_id=order.lines.get().pk, missing=2)
    task = ShortageTask.objects.get()
    keys = [option.key for option in all_options(task)]
    return offer_in_conversation(actor=Actor.staff(manager), task_id=task.pk, keys=keys)


def test_the_text_of_a_quote_card_lists_lines_prices_and_total(quote, variant):
    body = card().body
    assert f"{variant.product.name} {variant.spec} ×6，单价 ¥150.00" in body
    assert quote.number in body
    assert "¥900.00" in body


def test_the_quote_card_shows_customer_and_desk_their_own_buttons(quote, order, log_in, sales):
    phone, desk = text(phone_of_link(order).get(at(card()))), text(log_in(sales).get(at(card())))
    for page in (phone, desk):
        assert "¥150.00" in page
        assert "¥900.00" in page
    assert "接受报价，下单" in phone
    assert ">机场路 88 号</textarea>" in phone
    assert 'data-module="orders/address.js"' in phone
    assert f"/quotes/{quote.pk}/" not in phone
    assert "客户在电话里答应了" in desk
    assert f"/quotes/{quote.pk}/" in desk


def test_accepting_a_quote_on_the_card_places_the_order_and_leads_to_it(quote, order):
    phone = phone_of_link(order)
    given = {"revision": quote.revision, **ADDRESS}
    first, second = (text(phone.post(at(card(), "accept/"), given)) for _ in range(2))
    placed = Order.objects.exclude(pk=order.pk).get()
    assert (placed.total, placed.street, placed.quote) == (900, "文一西路 969 号", quote)
    for page in (first, second):
        assert placed.number in page
        assert "接受报价，下单" not in page


def test_a_quote_accepted_by_link_does_not_open_other_orders(quote, order, phone_of):
    make_order(customer=order.customer, address=make_address(street="延安路 1 号"))
    by_link = phone_of_link(order)
    page = text(by_link.get(at(card())))
    assert ">机场路 88 号</textarea>" in page
    assert "延安路" not in page
    placed = text(by_link.post(at(card(), "accept/"), {"revision": quote.revision, **ADDRESS}))
    new = Order.objects.get(quote=quote)
    assert "/o/" not in placed
    assert f'href="/my/orders/{new.number}/"' in placed
    assert by_link.get(f"/my/orders/{new.number}/").status_code == 302
    # Who proved the phone sees every order.
    assert "/o/" in text(phone_of(order.customer).get(at(card())))


def test_an_incomplete_address_is_refused_on_the_quote_card(quote, order):
    refused = phone_of_link(order).post(
        at(card(), "accept/"), {"revision": 1, **ADDRESS, "name": "李新", "street": ""}
    )
    assert (refused.status_code, "收货信息不完整" in text(refused)) == (422, True)
    # Nobody types an address twice.
    assert 'value="李新"' in text(refused)
    assert '<details class="qaccept" open' in text(refused)
    assert Order.objects.count() == 1


def test_another_customer_cannot_open_the_quote_card(quote, short, variant):
    stranger = phone_of_link(make_order(customer=CustomerFactory()))
    for line in (card("quote"), card("shortage")):
        assert stranger.get(at(line)).status_code == 404
        for action in ("accept/", "choose/"):
            assert stranger.post(at(line, action), ADDRESS).status_code == 404
    assert Order.objects.filter(quote__isnull=False).count() == 0


def test_an_expired_quote_says_so_and_sales_can_renew_it(quote, order, log_in, sales):
    phone = phone_of_link(order)
    with time_machine.travel(timezone.now() + timedelta(days=6)):
        over = text(phone.get(at(card())))
        assert "已过期" in over
        assert "接受报价" not in over
        assert phone.post(at(card(), "accept/"), {"revision": 1, **ADDRESS}).status_code == 422
        assert phone.post(at(card(), "renew/")).status_code == 403
        expire_quotes()
        before = card()
        assert "续期" in text(log_in(sales).get(at(before)))
        log_in(sales).post(at(before, "renew/"))
        assert card() != before
        assert "接受报价，下单" in text(phone.get(at(card())))


def test_a_customer_declines_a_quote_with_a_reason(quote, order, log_in, sales):
    phone_of_link(order).post(at(card(), "decline/"), {"reason": "贵了"})
    assert "贵了" in text(log_in(sales).get(at(card())))
    said = Message.objects.order_by("-pk").first()
    assert (said.kind, said.body) == ("event", f"客户谢绝了报价单 {quote.number}：贵了")


def test_a_customer_chooses_a_shortage_option_with_one_tap(short):
    phone = phone_of_link(short.order)
    page = text(phone.get(at(card("shortage"))))
    assert page.count('data-do="choose"') == 4
    done = phone.post(at(card("shortage"), "choose/"), {"option": "refund", "seen": "2"})
    assert "缺的不要了，退款" in text(done)
    assert 'data-do="choose"' not in text(done)
    assert Order.objects.get().lines.get().quantity == 3


def test_choosing_for_a_shortage_that_has_changed_is_refused_and_shows_the_new_one(short):
    report_missing(actor=integration(), line_id=short.line_id, missing=1)
    refused = phone_of_link(short.order).post(
        at(card("shortage"), "choose/"), {"option": "refund", "seen": "2"}
    )
    assert (refused.status_code, "缺货数量刚刚有变化" in text(refused)) == (422, True)
    assert 'name="seen" value="3"' in text(refused)


# --- the desk


def test_sales_create_a_quote_from_a_conversation(order, variant, log_in, sales):
    TierPrice.objects.create(variant=variant, min_quantity=10, price=Decimal("160"))
    desk, where = log_in(sales), f"/conversations/{order.conversation.pk}/quotes/"
    page = text(desk.get(f"{where}new/?items={variant.sku}:3"))
    assert f'value="{variant.sku}"' in page
    assert 'value="3"' in page
    assert "data-price-total>¥597.00<" in page
    given = {
        "sku": [variant.sku], "quantity": ["3"], "unit_price": ["180"], "shipping_fee": "20", "discount": "",
        "note": "", "valid_until": f"{timezone.localdate() + timedelta(days=3)}",
    }  # fmt: skip
    assert desk.post(f"{where}new/", given).url == where
    draft = Quote.objects.get()
    assert (draft.state, draft.total, draft.created_by) == ("draft", 560, sales)
    assert "草稿" in text(desk.get(where))
    assert desk.post(f"/quotes/{draft.pk}/send/").url == where
    assert [card().data[name] for name in ("card", "id")] == ["quote", draft.pk]
    sent = desk.post(f"/quotes/{draft.pk}/", given | {"unit_price": ["170"], "revision": "1", "send": "1"})
    assert sent.url == f"/orders/{order.number}/"
    assert (Quote.objects.get().total, Message.objects.filter(kind="card").count()) == (530, 2)
    assert desk.post(f"/quotes/{draft.pk}/", given | {"revision": "1", "send": "1"}).status_code == 422
    assert desk.post(f"/quotes/{draft.pk}/withdraw/").url == where
    assert Quote.objects.get().state == "withdrawn"


def test_a_refused_quote_form_keeps_its_input(order, variant, log_in, sales):
    answer = log_in(sales).post(
        f"/conversations/{order.conversation.pk}/quotes/new/",
        {
            "sku": [variant.sku],
            "quantity": ["3"],
            "unit_price": [""],
            "valid_until": "2020-01-01",
            "note": "含包装",
        },
    )
    assert (answer.status_code, "有效期要在今天以后" in text(answer)) == (422, True)
    assert "含包装" in text(answer)
    assert variant.sku in text(answer)


def test_the_warehouse_and_sellers_of_other_customers_cannot_quote(
    quote, log_in, warehouse, other_sales, order
):
    give_order(order, quote.created_by)
    assert log_in(warehouse).get(f"/quotes/{quote.pk}/").status_code == 403
    assert log_in(other_sales).get(f"/quotes/{quote.pk}/").status_code == 404
    assert log_in(other_sales).get(f"/conversations/{order.conversation.pk}/quotes/").status_code == 404


def test_an_enquiry_can_be_quoted_in_the_inbox(customer, variant, log_in, sales):
    enquiry = open_enquiry(actor=Actor.staff(sales), customer=customer, subject="询价")
    desk = log_in(sales)
    assert f"/conversations/{enquiry.pk}/quotes/" in text(desk.get(f"/inbox/{enquiry.pk}/"))
    given = {"sku": [variant.sku], "quantity": ["3"], "unit_price": [""], "send": "1"}
    given["valid_until"] = f"{timezone.localdate() + timedelta(days=3)}"
    assert desk.post(f"/conversations/{enquiry.pk}/quotes/new/", given).url == f"/inbox/{enquiry.pk}/"
    phoned = {"revision": "1", "consent": "15:20 电话同意", **ADDRESS}
    assert "电话确认" in text(desk.post(at(card(), "accept/"), phoned))
    assert Order.objects.get().conversation == enquiry


def test_the_desk_offers_shortage_options_and_chooses_for_the_customer_on_the_order_page(
    log_in, manager, warehouse
):
    order = make_order(status=Status.PAID)
    line = order.lines.get()
    stockroom = log_in(warehouse)
    assert "报缺货" in text(stockroom.get(f"/warehouse/?order={order.number}"))
    stockroom.post(f"/warehouse/lines/{line.pk}/missing/", {"missing": "1"})
    task, desk = ShortageTask.objects.get(), log_in(manager)
    page = text(desk.get(f"/orders/{order.number}/"))
    assert f"/shortages/{task.pk}/offer/" in page
    assert "先发有货的" in page
    desk.post(f"/shortages/{task.pk}/offer/", {"option": ["wait", "split"], "until": "2099-01-01"})
    assert [each["kind"] for each in ShortageTask.objects.get().offered] == ["wait", "split"]
    desk.post(f"/shortages/{task.pk}/choose/", {"option": "split", "seen": "1", "consent": "电话里说分批"})
    assert ShortageTask.objects.get().chosen["kind"] == "split"
    assert "电话里说分批" in text(desk.get(f"/orders/{order.number}/"))
    stockroom = log_in(warehouse)
    stockroom.post(f"/warehouse/orders/{order.number}/start/")
    assert "缺 1 件" in text(stockroom.get(f"/warehouse/?order={order.number}"))
    stockroom.post(f"/warehouse/lines/{line.pk}/", {"picked": "1"})
    assert "发货" in text(stockroom.get(f"/warehouse/?order={order.number}"))
    stockroom.post(
        f"/warehouse/orders/{order.number}/ship/",
        {"tracking_number": "SF1234567890123", "carrier": "shunfeng"},
    )
    line.refresh_from_db()
    assert (line.shipped_quantity, line.open_quantity) == (1, 1)
