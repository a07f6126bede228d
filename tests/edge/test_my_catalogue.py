"""选货: what is on sale, what it costs, what is there; asking about it, waiting for it, asking for a quote."""

from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from messaging.models import Conversation, Message, StockWatch
from messaging.services.conversations import general_conversation, link_enquiry_to_order, open_enquiry
from orders.models import TierPrice
from orders.services.stock import set_stock
from shopcomm.core.accounts.actors import Actor
from tests.factories import ProductFactory, VariantFactory, make_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def tote():
    """A tote in two colours: plenty of the brown, none of the black, wholesale from ten."""
    product = ProductFactory(name="通勤 托特包", category="托特包", material="牛皮")
    brown = VariantFactory(product=product, sku="TT-CM", color="焦糖棕", size="大号", price=Decimal("396"))
    VariantFactory(product=product, sku="TT-BK", color="黑", size="大号", price=Decimal("356"), on_hand=0)
    TierPrice.objects.create(variant=brown, min_quantity=10, price=Decimal("316.80"))
    return product


def page_of(phone, address: str) -> str:
    return phone.get(address).content.decode()


def ask_about(phone, product, **changes: str):
    form = {"sku": "TT-CM", "quantity": "50", "question": "能印 logo 吗", "key": str(uuid4())}
    return phone.post(f"/my/catalogue/{product.pk}/ask/", form | changes)


def test_the_catalogue_shows_prices_and_stock_in_words(phone, tote):
    page = page_of(phone, "/my/catalogue/")
    assert all(text in page for text in ("通勤 托特包", "¥356.00", "10 件起 ¥316.80", "有货", "2 色"))


def test_catalogue_search_finds_names_colours_and_codes_and_categories_filter(phone, tote, variant):
    for words in ("托特", "焦糖", "tt-cm", "通勤 牛皮"):
        page = page_of(phone, f"/my/catalogue/?q={words}")
        assert ("通勤 托特包" in page, variant.product.name in page) == (True, False), words
    assert "没有找到" in page_of(phone, "/my/catalogue/?q=冰箱")
    assert variant.product.name not in page_of(phone, "/my/catalogue/?category=托特包")


def test_products_off_sale_are_not_in_the_catalogue(phone, tote):
    tote.is_active = False
    tote.save()
    assert "通勤 托特包" not in page_of(phone, "/my/catalogue/")
    assert phone.get(f"/my/catalogue/{tote.pk}/").status_code == 404
    assert ask_about(phone, tote).status_code == 404


def test_the_catalogue_takes_the_same_queries_however_long_it_is(phone, tote):
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            phone.get("/my/catalogue/")
        return len(seen)

    few = queries()
    for _ in range(20):
        VariantFactory(product=ProductFactory())
    assert queries() == few <= 13


def test_the_catalogue_can_be_paged_to_the_last_product(phone):
    products = {VariantFactory().product_id for _ in range(30)}
    first = phone.get("/my/catalogue/").context["page"]
    second = phone.get(f"/my/catalogue/?after={first.after}").context["page"]
    seen = [style.product.pk for style in (*first.styles, *second.styles)]
    assert (len(seen), set(seen), second.after) == (30, products, None)


def test_a_product_page_shows_the_price_and_stock_of_each_variant(phone, tote):
    set_stock(actor=Actor.system(), sku="TT-CM", on_hand=3, reason="盘点")
    tote.variants.update(threshold=10)
    page = page_of(phone, f"/my/catalogue/{tote.pk}/")
    assert all(text in page for text in ("仅剩 3 件", "售罄", "大号 · 焦糖棕", "¥316.80"))


def test_a_question_becomes_a_card_in_the_general_conversation(phone, customer, tote, log_in, manager):
    answer = ask_about(phone, tote)
    talk = Conversation.objects.get(customer=customer)
    card = Message.objects.get(conversation=talk)

    assert answer["Location"] == f"/my/chat/{talk.pk}/"
    assert (card.kind, card.sender_kind, card.sender_id) == ("card", "customer", customer.pk)
    assert card.body == "询价：通勤 托特包 大号 · 焦糖棕 ×50\n能印 logo 吗"
    assert card.data["items"] == [{"sku": "TT-CM", "quantity": 50}]
    at = f"/conversations/{talk.pk}/cards/{card.seq}/"
    for reader in (phone, log_in(manager)):
        page = reader.get(at).content.decode()
        assert all(text in page for text in ("通勤 托特包", "×50", "能印 logo 吗")), page
    assert "可用库存 100" in page
    assert f'href="/conversations/{talk.pk}/quotes/new/?items=TT-CM%3A50"' in page
    assert (
        "TT-CM"
        in log_in(manager).get(f"/conversations/{talk.pk}/quotes/new/?items=TT-CM%3A50").content.decode()
    )
    own = phone.get(at).content.decode()
    assert "可用库存" not in own
    assert "quotes/new" not in own


def test_a_question_form_sent_twice_asks_once_and_a_new_form_asks_again(phone, customer, tote):
    key = str(uuid4())
    places = {ask_about(phone, tote, key=key)["Location"], ask_about(phone, tote, key=key)["Location"]}
    places.add(ask_about(phone, tote)["Location"])
    assert len(places) == 1
    assert Message.objects.filter(conversation__customer=customer).count() == 2


@pytest.mark.parametrize(
    "wrong",
    [{"sku": "NIX"}, {"quantity": "0"}, {"quantity": "-3"}, {"quantity": "x"}, {"question": "啊" * 501}],
)
def test_an_invalid_question_is_refused_and_stays_in_the_form(phone, tote, wrong):
    answer = ask_about(phone, tote, **wrong)
    assert answer.status_code == 422
    assert not Message.objects.exists()


def test_an_enquiry_opened_by_sales_is_the_customers_general_conversation(customer, sales, as_actor):
    opened = open_enquiry(actor=as_actor(sales), customer=customer, subject="询价")
    assert general_conversation(actor=as_actor(customer), customer=customer) == opened


def test_after_an_enquiry_became_an_order_the_next_question_opens_a_new_one(customer, order, as_actor):
    first = general_conversation(actor=as_actor(customer), customer=customer)
    link_enquiry_to_order(actor=as_actor("manager"), conversation_id=first.pk, order=order)
    second = general_conversation(actor=as_actor(customer), customer=customer)

    assert second.pk != first.pk
    assert second.subject != order.number
    assert general_conversation(actor=as_actor(customer), customer=customer) == second


def test_a_customer_cannot_read_another_customers_conversation(phone, phone_of, other_customer, tote, order):
    talk = ask_about(phone, tote)["Location"]
    pk = talk.split("/")[3]
    stranger = phone_of(other_customer)
    for address in (talk, f"/conversations/{pk}/messages/", f"/conversations/{pk}/cards/1/"):
        assert phone.get(address).status_code == 200
        assert stranger.get(address).status_code == 404
    assert stranger.get(f"/my/chat/{order.conversation.pk}/").status_code == 404
    assert phone.get(f"/my/chat/{order.conversation.pk}/").status_code == 200


def test_the_quote_list_is_sent_as_one_card(phone, tote, variant, log_in, manager):
    for sku, product, pieces in (("TT-CM", tote.pk, 20), (variant.sku, variant.product_id, 5)):
        phone.post(f"/my/catalogue/{product}/add/", {"sku": sku, "quantity": pieces})
    page = page_of(phone, "/my/quote/")
    assert ("通勤 托特包" in page, 'value="20"' in page) == (True, True)

    form = {"sku": ["TT-CM", variant.sku], "quantity": ["30", "0"], "question": "发温州", "key": str(uuid4())}
    phone.post("/my/quote/", form | {"do": "save"})
    assert phone.session["my_basket"] == {"TT-CM": 30}
    answer = phone.post("/my/quote/", form | {"do": "send"})
    card = Message.objects.get()
    assert answer["Location"] == f"/my/chat/{card.conversation_id}/"
    assert card.data["items"] == [{"sku": "TT-CM", "quantity": 30}]
    assert "my_basket" not in phone.session


def test_an_empty_quote_list_is_not_sent_and_an_unknown_variant_is_not_added(phone, tote, variant):
    phone.post(f"/my/catalogue/{tote.pk}/add/", {"sku": variant.sku, "quantity": "5"})
    assert "my_basket" not in phone.session
    assert phone.post("/my/quote/", {"do": "send", "key": "k"}).status_code == 422
    assert not Message.objects.exists()


def test_a_line_can_be_removed_from_the_quote_list(phone, tote):
    phone.post(f"/my/catalogue/{tote.pk}/add/", {"sku": "TT-CM", "quantity": "5"})
    phone.post("/my/quote/", {"sku": "TT-CM", "quantity": "5", "remove": "TT-CM"})
    assert phone.session["my_basket"] == {}


def test_a_customer_can_watch_a_sold_out_variant_and_stop_watching(phone, customer, tote):
    address = f"/my/catalogue/{tote.pk}/watch/"
    for _ in range(2):
        phone.post(address, {"sku": "TT-BK", "do": "watch"})
    watch = StockWatch.objects.get()
    assert (watch.variant.sku, watch.conversation.customer, watch.conversation.general) == (
        "TT-BK",
        customer,
        True,
    )
    assert "已登记，到货通知您" in page_of(phone, f"/my/catalogue/{tote.pk}/")

    phone.post(address, {"sku": "TT-BK", "do": "unwatch"})
    watch.refresh_from_db()
    assert watch.cancelled_at is not None
    assert phone.post(address, {"sku": "NIX"}).status_code == 404


def test_the_chat_list_names_order_conversations_and_the_general_one(phone, customer, tote):
    number = make_order(customer=customer).number
    ask_about(phone, tote)
    page = page_of(phone, "/my/chat/")
    assert f"订单 {number}" in page
    assert "客服和询价" in page


def test_asking_the_shop_opens_the_general_conversation(phone, customer):
    answer = phone.post("/my/chat/new/")
    assert answer["Location"] == f"/my/chat/{Conversation.objects.get(customer=customer).pk}/"
    assert "data-composer" in page_of(phone, answer["Location"])
