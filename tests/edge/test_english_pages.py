"""Staff pages in English are English to the last word; only what people of the shop wrote themselves stays as it is."""

import re

import pytest
from django.conf import settings
from django.db.models import CharField, Model, TextField
from django.utils.html import escape
from django.utils.translation import override

from messaging.models import Message, NotificationRule, NotificationTemplate
from orders.models import AfterSalesCase, ChangeRequest, Evaluation, Order, OrderLine, Product, Quote, Variant
from orders.reading.couriers import COURIERS, courier_name
from orders.services.quotes import withdraw_quote
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Customer, Staff
from shopcomm.core.configuration.models import ShopSettings, shop_settings
from shopcomm.core.events.models import DomainEvent
from tests.busy_shop import PAGES, busy_shop
from tests.page_words import words_of

pytestmark = pytest.mark.django_db

CJK = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]+")
# What the staff of a shop write: names, addresses, goods, messages, their own rules' words.
OWN = (
    AfterSalesCase,
    Customer,
    Evaluation,
    Message,
    NotificationTemplate,
    Order,
    OrderLine,
    Product,
    Quote,
    ShopSettings,
    Staff,
    Variant,
)
# Messages whose text the product writes.
PRODUCTS_WORDS = ("event", "card")
# A template's words in the editor, an announcement to paste, the switch to the other language.
SILENT = {"script", "style", "textarea"}
SAID_AS_IT_IS = {
    "简体中文",
    "中文",
    "春节：2月15日至23日放假调休，共9天。2月14日、2月28日上班。",
}


def texts_of(row: Model) -> list[str]:
    fields = [field.name for field in row._meta.fields if isinstance(field, CharField | TextField)]
    return [str(getattr(row, name) or "") for name in fields]


def own_words() -> list[str]:
    """Everything that people wrote, the longest first; not the lines and labels that the product writes."""
    found: set[str] = set(SAID_AS_IT_IS)
    for model in OWN:
        rows = model.objects.exclude(kind__in=PRODUCTS_WORDS) if model is Message else model.objects.all()  # type: ignore[attr-defined]
        for row in rows:
            found |= {part for text in texts_of(row) for part in (text, *text.split("\n"))}
    found -= {str(category) for category in Product.objects.values_list("category", flat=True)}
    for event in DomainEvent.objects.all():
        found |= {str(event.data.get(name) or "") for name in ("reason", "note", "text")} | {event.actor_name}
    for asked in ChangeRequest.objects.all():
        found |= {str(value) for side in (asked.data, asked.before, asked.after) for value in side.values()}
    for template in NotificationTemplate.objects.all():
        found |= set(re.split(r"\{\{.*?\}\}", template.body))
    # Lists shorten what they show, and a face is a name's first letter.
    found |= {text[:60] for text in found} | {text[0] for text in found if text}
    found |= {shop_settings().shop_name}
    found |= {f"{order.province}{order.city}{order.district}{order.street}" for order in Order.objects.all()}
    return sorted((text for text in found if CJK.search(text)), key=len, reverse=True)


def chinese_in(page: str, own: list[str]) -> list[str]:
    left = []
    for text in words_of(page, silent=SILENT):
        for word in own:
            text = text.replace(word, "")
        if CJK.search(text):
            left.append(" ".join(text.split())[:80])
    return sorted(set(left))


def test_every_staff_page_is_wholly_english_for_english_readers(client, customer, sales, manager) -> None:
    shop = busy_shop(customer, sales)
    client.force_login(manager)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    own = own_words()
    wrong = {}
    for name, address in PAGES.items():
        if name.startswith("admin"):
            continue
        page = client.get(address(shop), follow=True).content.decode()
        if left := chinese_in(page, own):
            wrong[name] = left
    assert wrong == {}


def test_system_lines_of_conversations_have_english_texts(client, customer, sales, manager) -> None:
    busy_shop(customer, sales)
    withdraw_quote(actor=Actor.staff(sales), quote_id=Quote.objects.get().pk)
    untold = [
        line.body
        for line in Message.objects.filter(kind="event").exclude(data__has_key="notice")
        if not line.data.get("said", {}).get("en")
    ]
    assert untold == []


def test_cards_and_their_lines_are_english_for_english_readers(
    client, phone_of, customer, sales, manager
) -> None:
    shop = busy_shop(customer, sales)
    quote = Quote.objects.get()
    cards = list(Message.objects.filter(kind="card"))
    assert {each.data["card"] for each in cards} >= {"quote", "change"}
    own, wrong = own_words(), {}
    readers = {"shop": client, "customer": phone_of(customer)}
    client.force_login(manager)
    for state in (Quote.State.SENT, Quote.State.EXPIRED, Quote.State.WITHDRAWN):
        Quote.objects.filter(pk=quote.pk).update(state=state)
        for line in cards:
            for who, reader in readers.items():
                reader.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
                answer = reader.get(f"/conversations/{line.conversation_id}/cards/{line.seq}/")
                if answer.status_code == 200 and (left := chinese_in(answer.text, own)):
                    wrong[line.data["card"], state, who] = left
    for line in cards:
        if left := chinese_in(f"<p>{escape(line.data['said']['en'])}</p>", own):
            wrong[line.data["card"], "text"] = left
    assert wrong == {}
    assert quote.number in client.get(f"/orders/{shop['busy'].number}/").text


@pytest.mark.parametrize("code", COURIERS)
def test_every_courier_has_an_english_name(code) -> None:
    with override("en"):
        assert not CJK.search(courier_name(code))


def test_default_rules_have_english_names_and_the_shops_own_rules_keep_theirs() -> None:
    own = NotificationRule.objects.create(name="大额到账", trigger="paid")
    with override("en"):
        assert [
            rule.label for rule in NotificationRule.objects.exclude(key="") if CJK.search(rule.label)
        ] == []
        assert own.label == "大额到账"
