"""What the pages and the manuals claim is what the code does."""

import re
from itertools import groupby
from pathlib import Path

import pytest
from django.conf import settings

from messaging.models import ChannelAccount, PushSubscription
from messaging.policies.notifications.default_rules import default_rules
from messaging.services.messages import send_message
from messaging.services.notifications.rules import ensure_default_rules
from orders.policies.transitions import TRANSITIONS
from orders.views.states import states_diagram
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Customer
from shopcomm.core.configuration.models import ShopSettings
from tests.edge.test_customer_pages import address_of
from tests.factories import make_order

pytestmark = pytest.mark.django_db
ROOT = Path(settings.BASE_DIR)
MANUALS = [ROOT / "README.md", ROOT / "README.zh-CN.md", *sorted(ROOT.glob("docs/**/*.md"))]


def test_manuals_state_the_right_number_of_rules():
    said = [int(n) for page in MANUALS for n in re.findall(r"(\d+) (?:rules|条规则)", page.read_text())]
    assert set(said) <= {len(default_rules())}


def test_the_status_drawing_has_an_arrow_for_each_transition():
    def pair(row) -> tuple[str, str]:
        return row.from_, row.to

    moves = sorted((row for row in TRANSITIONS if row.from_ and row.from_ != row.to), key=pair)
    wanted = [
        " ".join(sorted({row.key for row in rows}, key=lambda key: int(key[1:])))
        for _ends, rows in groupby(moves, key=pair)
    ]
    assert [edge.label for edge in states_diagram()["edges"]] == wanted
    assert "T2 T3" in wanted
    assert "T19 T20" in wanted


def test_manuals_name_only_transitions_of_the_table():
    keys = {row.key for row in TRANSITIONS}
    texts = [page.read_text() for page in (*MANUALS, ROOT / "orders/policies/transitions.py")]
    named = {f"T{n}" for text in texts for n in re.findall(r"\bT(\d{1,2})\b", text)}
    assert named - keys == set()
    assert max(keys, key=lambda key: int(key[1:])) == "T22"


def test_no_page_has_a_label_for_a_missing_feature():
    pages = [*ROOT.glob("templates/**/*.html"), *ROOT.glob("static/js/**/*.js")]
    for page in pages:
        assert not re.search(r"\bAI\b|智能助手|开发票", page.read_text()), page


def test_shop_settings_have_no_unused_retention_field():
    assert [field.name for field in ShopSettings._meta.fields if "retention" in field.name] == []


@pytest.mark.parametrize("status", ["paid", "shipped"])
def test_no_page_claims_to_show_where_a_parcel_is(client, log_in, manager, customer, status):
    order = make_order(customer=customer, status=status)
    for page in (client.get(address_of(order)).text, log_in(manager).get(f"/orders/{order.number}/").text):
        for claim in ("物流更新后会显示", "在这里看物流", "显示物流轨迹", "原路"):
            assert claim not in page


def test_the_rule_page_says_whom_each_channel_reaches(log_in, manager, customer, settings):
    ensure_default_rules()
    settings.EMAIL_URL = ""
    boss = log_in(manager)
    page = boss.get("/rules/", follow=True).text
    assert "邮件：没有设置邮件服务器" in page
    assert "短信：没有启用的渠道账号" in page
    assert "浏览器推送：还没有人打开推送" in page
    assert "还没有客户有标签" in page
    settings.EMAIL_URL = "smtp://mail.example"
    Customer.objects.filter(pk=customer.pk).update(email="wu@example.com", tags=["批发", "老客户"])
    ChannelAccount.objects.create(channel="sms", name="网关", url="https://sms.example/")
    ChannelAccount.objects.create(channel="bot", name="群", url="json://bot.example/", enabled=False)
    for number in range(2):
        PushSubscription.objects.create(
            owner_kind="customer", owner_id=customer.pk, endpoint=f"https://push.example/{number}"
        )
    page = boss.get("/rules/", follow=True).text
    assert "邮件：客户 1 位，员工 0 位" in page
    assert "短信：1 个账号" in page
    assert "员工群机器人：没有启用的渠道账号" in page
    assert "浏览器推送：客户 1 位，员工 0 位" in page
    assert "批发（1）" in page


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("地址改一下：张三 13900139000 浙江省杭州市余杭区文一西路969号", "address"),
        ("急用，今天能发吗，麻烦尽快发", "urgent"),
        ("随便写点什么 🙏", "note"),
        ("?", "note"),
        ("长" * 3000, "note"),
    ],
)
def test_a_text_message_opens_the_matching_change_form_filled_in(
    client, log_in, manager, customer, variant, text, kind
):
    order = make_order(customer=customer, status="paid")
    said = send_message(
        actor=Actor.customer(customer),
        conversation_id=order.conversation.pk,
        client_id="7a1a1d1e-7b9e-4c5f-9d63-0d3b9a0c7c11",
        body=text,
    )
    page = client.get(f"{address_of(order, 'change')}?message={said.message.seq}")
    assert (page.status_code, page.context["chosen"]) == (200, kind)
    talk = order.conversation.pk
    desk = log_in(manager).get(f"/conversations/{talk}/messages/{said.message.seq}/change/")
    assert (desk.status_code, desk.context["chosen"]) == (200, kind)
