"""The inbox page: who sees what, unread first, folders and search."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from time_machine import travel

from messaging.models import Conversation
from messaging.selectors.conversations import conversations_visible_to
from messaging.selectors.inbox import InboxFilters, inbox_page
from messaging.services.messages import mark_read, send_message
from orders.services.transitions import transition_order
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.configuration.models import ShopSettings
from tests.factories import CustomerFactory, StaffFactory, give_order, make_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def conversation(order) -> Conversation:
    return Conversation.objects.get(order=order)


def write(conversation: Conversation, body: str, *, internal: bool = False, staff=None) -> int:
    actor = Actor.staff(staff) if staff else Actor.customer(conversation.customer)
    sent = send_message(
        actor=actor,
        conversation_id=conversation.pk,
        client_id=uuid4(),
        kind="text",
        body=body,
        internal=internal,
    )
    return sent.message.seq


def listed(response) -> list[int]:
    return [row.pk for row, *_rest in response.context["rows"]]


def test_an_anonymous_visitor_is_redirected_to_the_log_in(client):
    response = client.get("/inbox/")
    assert response.status_code == 302
    assert response["Location"].startswith("/login/")


def test_the_warehouse_may_not_open_the_inbox(client, warehouse):
    client.force_login(warehouse)
    assert client.get("/inbox/").status_code == 403


def test_a_row_of_the_inbox_shows_the_customer_and_the_last_message(client, manager, conversation):
    write(conversation, "雾霾蓝还有吗")
    client.force_login(manager)
    response = client.get("/inbox/")
    assert "雾霾蓝还有吗" in response.content.decode()
    assert response.context["rows"][0][0].unread == 1


def test_a_row_shows_the_last_message_of_a_person_and_not_an_automatic_notice(client, manager, conversation):
    write(conversation, "雾霾蓝还有吗")
    write(conversation, "记得报价", internal=True, staff=manager)
    order = conversation.order
    transition_order(
        actor=Actor.staff(manager), order_id=order.pk, to="cancelled", data={"reason": "客户不要了"}
    )
    client.force_login(manager)
    [(row, *_rest)] = client.get("/inbox/").context["rows"]
    assert row.body == "雾霾蓝还有吗"


def test_a_conversation_without_messages_shows_its_newest_system_line(client, manager, conversation):
    client.force_login(manager)
    [(row, *_rest)] = client.get("/inbox/").context["rows"]
    assert row.message_kind == "event"


def test_reading_a_conversation_clears_its_unread_count(client, manager, conversation):
    seq = write(conversation, "在吗")
    mark_read(actor=Actor.staff(manager), conversation_id=conversation.pk, seq=seq)
    client.force_login(manager)
    response = client.get("/inbox/")
    assert response.context["rows"][0][0].unread == 0
    assert listed(client.get("/inbox/?folder=unread")) == []


def test_a_customers_question_counts_as_waiting_until_the_shop_answers(client, manager, conversation):
    client.force_login(manager)
    write(conversation, "在吗")
    assert listed(client.get("/inbox/?folder=waiting")) == [conversation.pk]
    write(conversation, "在的", staff=manager)
    assert listed(client.get("/inbox/?folder=waiting")) == []


@pytest.mark.parametrize(
    ("later", "shown"),
    [(0, "等 1 分钟"), (59 * 60, "等 59 分钟"), (3 * 3600, "等 3 小时"), (50 * 3600, "等 2 天 2 小时")],
)
def test_a_row_shows_how_long_its_customer_has_waited(client, manager, conversation, later, shown):
    asked = write(conversation, "在吗")
    write(conversation, "有人吗")
    since = conversation.messages.get(seq=asked).created_at
    client.force_login(manager)
    with travel(since + timedelta(seconds=later), tick=False):
        assert f">{shown}<" in re.sub(r"\s+", " ", client.get("/inbox/").content.decode()).replace("> ", ">")


def test_an_inbox_search_finds_names_order_numbers_and_words(client, manager, conversation):
    write(conversation, "要 100% 真皮的")
    client.force_login(manager)
    customer = conversation.customer
    for words in (customer.name, customer.phone_tail, conversation.order.number, "真皮"):
        assert listed(client.get("/inbox/", {"q": words})) == [conversation.pk], words
    for words in ("没有这个词", "%", "' OR 1=1 --"):
        assert client.get("/inbox/", {"q": words}).status_code == 200
    assert listed(client.get("/inbox/", {"q": "没有这个词"})) == []


def test_an_inbox_search_highlights_found_messages_and_links_to_them(client, manager, conversation):
    first = write(conversation, "雾霾蓝 24 寸的还有现货吗")
    for count in range(3):
        write(conversation, f"第 {count} 次确认：就要雾霾蓝 <b>的</b>")
    write(conversation, "不要浅灰", staff=manager)
    client.force_login(manager)
    page = client.get("/inbox/", {"q": "雾霾蓝 确认"})
    [(_row, _drawn, hits)] = page.context["rows"]
    assert [hit.body[2] for hit in hits.shown] == ["2", "1", "0"]
    html = page.content.decode()
    assert "第 2 次<mark>确认</mark>：就要<mark>雾霾蓝</mark> &lt;b&gt;的&lt;/b&gt;" in html
    assert (
        f"/inbox/{conversation.pk}/?q=%E9%9B%BE%E9%9C%BE%E8%93%9D+%E7%A1%AE%E8%AE%A4&amp;at={first + 1}"
        in html
    )

    [(_row, _drawn, hits)] = client.get("/inbox/", {"q": "雾霾蓝"}).context["rows"]
    assert (len(hits.shown), hits.more) == (3, 1)


def test_an_opened_search_result_offers_the_next_and_previous_hit(client, manager, conversation):
    hits = [write(conversation, f"雾霾蓝 {count}") for count in range(3)]
    write(conversation, "别的")
    client.force_login(manager)

    def opened(**asked) -> tuple[str, dict[str, int]]:
        page = client.get(f"/inbox/{conversation.pk}/", {"q": "雾霾蓝", "folder": "mine"} | asked).text
        bar = re.search(r'<nav class="jump".*?</nav>', page, re.DOTALL)
        keys = re.findall(r'href="([^"]*)"\s+data-key="([jk])"', bar[0])
        assert all("folder=mine" in href for href, _key in keys)
        ways = {key: int(re.search(r"at=(\d+)", href)[1]) for href, key in keys}
        return re.search(r'role="status"\s*>([^<]*)<', bar[0])[1], ways

    assert opened() == ("共 3 条", {"k": hits[2]})
    assert opened(at=hits[2]) == ("第 3 条，共 3 条", {"k": hits[1]})
    assert opened(at=hits[1]) == ("第 2 条，共 3 条", {"k": hits[0], "j": hits[2]})
    assert opened(at=hits[0]) == ("第 1 条，共 3 条", {"j": hits[1]})
    for asked in ({}, {"q": conversation.order.number}):
        assert 'class="jump"' not in client.get(f"/inbox/{conversation.pk}/", asked).text


def test_the_page_of_a_search_hit_tells_the_pane_which_message_to_show(client, manager, conversation):
    seq = write(conversation, "雾霾蓝")
    client.force_login(manager)
    page = client.get(f"/inbox/{conversation.pk}/", {"q": "雾霾蓝", "at": seq}).content.decode()
    assert f'"jump_to":{seq}' in page
    assert re.search(r'class="hit"[^>]*aria-current="true"', page)
    assert '"jump_to":null' in client.get(f"/inbox/{conversation.pk}/?at=x").content.decode()


def test_a_conversation_of_a_colleague_answers_404(client, sales, other_sales, conversation):
    give_order(conversation.order, other_sales)
    client.force_login(sales)
    assert client.get(f"/inbox/{conversation.pk}/").status_code == 404
    assert listed(client.get("/inbox/")) == []


def test_the_pane_contains_its_first_page_of_messages_as_json(client, manager, conversation):
    write(conversation, "</script><script>alert(1)</script>")
    client.force_login(manager)
    page = client.get(f"/inbox/{conversation.pk}/").content.decode()
    assert "<script>alert(1)" not in page
    assert 'type="application/json"' in page


def test_a_fragment_request_gets_only_the_list(client, manager, conversation):
    client.force_login(manager)
    page = client.get("/inbox/", headers={"X-Fragment": "list"}).content.decode()
    assert "<html" not in page
    assert f'data-conversation="{conversation.pk}"' in page


def test_an_enquiry_is_opened_with_name_and_phone(client, manager):
    client.force_login(manager)
    response = client.post(
        reverse("messaging:enquiry"), {"name": "李强", "phone": "13912345678", "subject": "双肩包"}
    )
    opened = Conversation.objects.get(customer__phone="+8613912345678")
    assert response["Location"] == f"/inbox/{opened.pk}/"
    assert opened.order is None


def test_an_invalid_phone_opens_no_enquiry(client, manager):
    client.force_login(manager)
    before = Conversation.objects.count()
    response = client.post(reverse("messaging:enquiry"), {"name": "李强", "phone": "12"})
    assert response.status_code == 422
    assert Conversation.objects.count() == before


def test_the_emoji_list_has_chinese_names_and_may_be_cached(client):
    response = client.get(reverse("messaging:emoji"))
    assert ["👜", "手提包", "handbag"] in response.json()["all"]
    assert "immutable" in response["Cache-Control"]


@pytest.mark.parametrize("sees_all", [True, False])
@pytest.mark.parametrize("role", ["sales", "manager", "warehouse"])
def test_the_inbox_lists_exactly_the_conversations_that_the_reader_may_open(
    role, sees_all, sales, other_sales
):
    ShopSettings.objects.update_or_create(pk=1, defaults={"sales_see_all": sees_all})
    reader = StaffFactory(role=role)
    for assigned in (reader, sales, other_sales, None):
        Conversation.objects.create(customer=CustomerFactory(), assigned_to=assigned)
        make_order(assigned_to=assigned)
    Conversation.objects.create(kind=Conversation.Kind.TEAM)
    actor = Actor.staff(reader)
    listed = {row.pk for row in inbox_page(actor, InboxFilters(limit=100))}
    assert listed == set(conversations_visible_to(actor).values_list("pk", flat=True))
