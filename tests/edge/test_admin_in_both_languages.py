"""Every page of the admin speaks Chinese to the last word, and English to the last word to who reads English."""

import re
from collections.abc import Iterator

import pytest
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from messaging.models import (
    ChannelAccount,
    ChannelHealth,
    Delivery,
    Notification,
    NotificationRule,
    ScheduledMessage,
    StockWatch,
)
from messaging.services.notifications.release import release_due
from messaging.services.notifications.rules import ensure_default_rules
from orders.models import ContactReveal, Status, TierPrice
from shopcomm.core.accounts.models import ApiKey, Customer
from shopcomm.core.accounts.services.api_keys import create_api_key
from shopcomm.core.configuration.models import CalendarDay, ShopSettings
from shopcomm.core.events.models import DeadLetter, DomainEvent, HeldEvent, Reader
from shopcomm.core.events.relay import relay
from tests.factories import PASSWORD, StaffFactory, make_order, move
from tests.page_words import words_of

pytestmark = pytest.mark.django_db

# What is called the same in every language, and the log-in names of the two who work here.
NAMES = {"ShopComm", "English", "en", "esc", "wangfang", "zhoumin"}
SILENT = {"script", "style", "template", "svg"}
# Words behind each other, and a word that stands alone: codes such as order.created or a file's path are neither.
SENTENCE = re.compile(r"(?<![\w./@:#&=-])[A-Za-z]['’a-z]+(?:,?[ \n]+[A-Za-z]['’a-z]*)+(?![\w/@.]\w)")
WORD = re.compile(r"[A-Za-z]['’a-z]+[:.…!?]?")
HAN = re.compile(r"[\u4e00-\u9fff]+")


def english_in(page: str) -> set[str]:
    said = set(words_of(page, silent=SILENT))
    alone = {text for text in said if WORD.fullmatch(text)}
    return {text for text in said if SENTENCE.search(text)} | alone - NAMES


def chinese_in(page: str) -> set[str]:
    """Beside the name of the language and what a template calls its variables."""
    said = {text: re.sub(r"{{.*?}}|简体中文", "", text) for text in words_of(page, silent=SILENT)}
    return {text for text, rest in said.items() if HAN.search(rest)}


def pages(client: Client) -> Iterator[tuple[str, str]]:
    """Every page of the admin that a manager can open with what is there, as (address, text)."""
    addresses = ["/admin/", "/admin/search/?s=a"]
    for model, site in admin.site._registry.items():
        base = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        addresses += [base, f"{base}add/"]
        if site.search_fields:
            addresses.append(f"{base}?q=zzzz")
        row = model._default_manager.first()
        if row is not None:
            addresses += [f"{base}{row.pk}/change/", f"{base}{row.pk}/delete/"]
    for address in addresses:
        answer = client.get(address)
        if answer.status_code == 200:
            yield address, answer.text


def refused_forms(client: Client) -> Iterator[tuple[str, str]]:
    """Every form of the admin as it comes back when nothing, or nonsense, was filled in."""
    for model in admin.site._registry:
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist") + "add/"
        form = client.get(address)
        if form.status_code != 200:
            continue
        inlines = {
            f"{each.formset.prefix}-TOTAL_FORMS": "0" for each in form.context["inline_admin_formsets"]
        }
        inlines |= {name.replace("TOTAL", "INITIAL"): "0" for name in inlines}
        fields = form.context["adminform"].form.fields
        for typed in ("", "?"):
            answer = client.post(address, dict.fromkeys(fields, typed) | inlines)
            if answer.status_code == 200:
                yield f"{address} with {typed!r}", answer.text


@pytest.fixture
def furnished(manager, sales, customer, variant) -> None:
    """At least one row of every list."""
    ensure_default_rules()
    ShopSettings.objects.get_or_create(pk=1)
    TierPrice.objects.create(variant=variant, min_quantity=10, price="150.00")
    order = make_order(customer=customer, status=Status.DELIVERED, urgent=True)
    move(order, "refunding", reason="箱轮有异响")
    ContactReveal.objects.create(order=order, staff=sales, place=ContactReveal.Place.DESK)
    relay()
    release_due()
    notice = Notification.objects.first()
    Delivery.objects.create(notification=notice, channel="sms", state="failed", due_at=timezone.now())
    ChannelAccount.objects.create(channel="sms", name="网关", url="https://sms.example.com/")
    ChannelHealth.objects.create(channel="email", failures=3, paused_until=timezone.now())
    talk = order.conversation
    ScheduledMessage.objects.create(
        conversation=talk, author=sales, body="明天到货", send_at=timezone.now(), client_id="0" * 32
    )
    StockWatch.objects.create(variant=variant, conversation=talk, quantity=2)
    create_api_key(name="测试接口", scopes=["orders:read"])
    known = {"username": "zhoumin", "ip_address": "192.0.2.7", "user_agent": "", "path_info": "/login/"}
    AccessAttempt.objects.create(**known, get_data="", post_data="", failures_since_start=3)
    AccessLog.objects.create(**known)
    AccessFailureLog.objects.create(**known, locked_out=True)
    CalendarDay.objects.create(day="2027-02-06", kind="holiday", name="春节")
    event, reader = DomainEvent.objects.first(), Reader.objects.first()
    DeadLetter.objects.create(reader=reader.name, event=event, error="x")
    HeldEvent.objects.create(reader=reader, event=event, position=1, stream=event.stream, error="x")
    every = IntervalSchedule.objects.create(every=2, period=IntervalSchedule.SECONDS)
    PeriodicTask.objects.create(name="relay-events", task="events.relay", interval=every)


def test_no_admin_page_shows_an_english_sentence_to_chinese_readers(furnished, log_in, manager):
    office = log_in(manager)
    empty = [model.__name__ for model in admin.site._registry if not model._default_manager.exists()]
    assert empty == []
    seen = {address: english_in(page) for address, page in [*pages(office), *refused_forms(office)]}
    assert {address: said for address, said in seen.items() if said} == {}
    assert len(seen) > 80


def test_admin_error_and_success_messages_are_chinese_too(furnished, client, manager, sales):
    client.post("/login/", {"username": manager.username, "password": PASSWORD})
    client.post("/confirm/", {"password": PASSWORD})
    short = {"username": "x", "password1": "short", "password2": "short", "usable_password": "true"}
    answers = [
        client.post("/admin/accounts/staff/add/", short | {"role": "sales"}),
        client.post(f"/admin/accounts/staff/{sales.pk}/password/", short),
        client.get(f"/admin/accounts/staff/{sales.pk}/password/"),
        client.get(f"/admin/accounts/customer/{Customer.objects.get().pk}/history/"),
        client.post(
            "/admin/configuration/calendarday/",
            {"action": "delete_selected", "_selected_action": [CalendarDay.objects.get().pk]},
        ),
        client.post("/admin/configuration/calendarday/", {"action": "delete_selected"}, follow=True),
        client.post(
            "/admin/configuration/calendarday/add/",
            {"day": "2027-05-01", "kind": "holiday", "name": "劳动节"},
            follow=True,
        ),
        client.post(f"/integrations/keys/{ApiKey.objects.get().pk}/revoke/", follow=True),
    ]  # fmt: skip
    assert [answer.status_code for answer in answers] == [200] * len(answers)
    assert [english_in(answer.text) for answer in answers] == [set()] * len(answers)
    assert "密码至少 8 位" in answers[0].text
    assert "密码至少 8 位" in answers[1].text


def test_no_admin_page_shows_a_chinese_word_to_english_readers(client):
    boss = StaffFactory(username="boss", display_name="Boss", role="manager")
    client.force_login(boss, backend="django.contrib.auth.backends.ModelBackend")
    client.cookies["django_language"] = "en"
    ShopSettings.objects.update_or_create(pk=1, defaults={"shop_name": "Bags"})
    # Their names are the shop's own words.
    NotificationRule.objects.all().delete()
    seen = {address: chinese_in(page) for address, page in pages(client)}
    assert {address: said for address, said in seen.items() if said} == {}


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ("<p>Delete selected rows</p>", {"Delete selected rows"}),
        ('<a title="Go back">返回</a>', {"Go back"}),
        ("<b>Delete</b>", {"Delete"}),
        ('<p>返回 <span class="material-symbols-outlined">arrow_back</span></p>', set()),
        ("<td>order.created</td><td>Asia/Shanghai</td><td>SKU</td><td>ShopComm</td>", set()),
        ("<script>let some words = 1</script><p>订单</p>", set()),
    ],
)
def test_the_check_tells_english_sentences_from_names_and_codes(html, found):
    assert english_in(html) == found
