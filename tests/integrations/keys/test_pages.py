"""The pages of API keys, for managers."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from messaging.models import Notification
from messaging.services.notifications.rules import ensure_default_rules
from shopcomm.core.accounts.models import ApiKey
from shopcomm.core.accounts.rights import SCOPES
from shopcomm.core.accounts.services.api_keys import create_api_key
from shopcomm.core.events.models import DomainEvent
from shopcomm.core.events.relay import relay
from shopcomm.edge.admin_home.figures import room_standings
from shopcomm.edge.integrations.keys.scopes import SCOPE_NAMES
from shopcomm.edge.integrations.keys.tasks import warn_of_keys

pytestmark = pytest.mark.django_db
LIST = "/integrations/keys/"
SECRET = re.compile(r"sk_[0-9a-f]{10}_[\w-]{43}")


def form(**more: object) -> dict[str, object]:
    return {"name": "我们的 ERP", "scopes": ["orders:read"], "form_key": "k1", **more}


def caller(secret: str) -> Client:
    return Client(headers={"authorization": f"Bearer {secret}"})


def in_days(days: int) -> str:
    return (timezone.localdate() + timedelta(days=days)).isoformat()


def test_only_managers_open_the_pages_and_the_page_of_integrations_leads_there(
    log_in, sales, warehouse, office
):
    assert office.get(LIST).status_code == 200
    assert f'href="{LIST}"' in office.get("/integrations/").text
    assert [log_in(each).get(LIST).status_code for each in (sales, warehouse)] == [403, 403]


def test_whoever_makes_or_widens_a_key_gives_the_password_first(log_in, manager):
    key, _secret = create_api_key(name="ERP", scopes=["orders:read"])
    for page in (f"{LIST}new/", f"{LIST}{key.pk}/settings/"):
        answers = [log_in(manager).get(page), log_in(manager).post(page, form(scopes=["*"]))]
        assert [(each.status_code, each.url.split("?")[0]) for each in answers] == [(302, "/confirm/")] * 2
    assert [(each.name, each.scopes) for each in ApiKey.objects.all()] == [("ERP", ["orders:read"])]


def test_a_key_is_shown_once_and_works_at_once(office):
    made = office.post(f"{LIST}new/", form(scopes=["orders:read", "events:read"]))
    (secret,) = set(SECRET.findall(made.text))
    key = ApiKey.objects.get()

    assert caller(secret).get("/api/v1/orders/").status_code == 200
    assert caller(secret).get("/api/v1/products/").status_code == 403
    pages = "".join(office.get(page).text for page in (LIST, f"{LIST}{key.pk}/", f"{LIST}{key.pk}/settings/"))
    assert not SECRET.search(pages)
    assert "看事件日志" in pages
    # The same form again makes no second key, and has no secret to show.
    again = office.post(f"{LIST}new/", form())
    assert (again.status_code, ApiKey.objects.count()) == (302, 1)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": ""}, "必填"),
        ({"scopes": []}, "至少选一项"),
        ({"scopes": ["orders:eat"]}, "orders:eat"),
        ({"expires_on": "2020-01-01"}, "这一天已经过去"),
        ({"rate": "0"}, "1"),
        ({"rate": "many"}, "整数"),
    ],
)
def test_a_form_that_is_refused_says_at_its_field_what_is_wrong(office, wrong, said):
    refused = office.post(f"{LIST}new/", form() | wrong)
    assert refused.status_code == 422
    assert said in refused.text
    assert not ApiKey.objects.exists()


def test_a_revoked_key_is_refused_from_the_next_call_on(office):
    key, secret = create_api_key(name="ERP", scopes=["*"])
    assert caller(secret).get("/api/v1/orders/").status_code == 200
    office.post(f"{LIST}{key.pk}/revoke/")

    refused = caller(secret).get("/api/v1/orders/")
    assert (refused.status_code, refused.json()["code"]) == (401, "not_authenticated")
    page = office.get(f"{LIST}{key.pk}/").text
    assert "已停用" in page
    # Nothing brings it back.
    assert office.post(f"{LIST}{key.pk}/settings/", form()).status_code == 404


def test_a_key_works_all_of_its_last_day_and_is_refused_as_expired_from_then_on(office):
    office.post(f"{LIST}new/", form(expires_on=in_days(2)))
    key = ApiKey.objects.get()
    assert timezone.localtime(key.expires_at).strftime("%Y-%m-%d %H:%M") == f"{in_days(2)} 23:59"

    key, secret = create_api_key(name="B", scopes=["*"], expires_at=key.expires_at)
    with time_machine.travel(key.expires_at - timedelta(seconds=1)):
        assert caller(secret).get("/api/v1/orders/").status_code == 200
    with time_machine.travel(key.expires_at):
        refused = caller(secret).get("/api/v1/orders/")
        assert (refused.status_code, refused.json()["code"]) == (401, "key_expired")
        assert refused.headers["WWW-Authenticate"] == "Bearer"
        # A wrong secret learns nothing of that.
        assert caller(secret[:-1]).get("/api/v1/orders/").json()["code"] == "not_authenticated"
        assert "已过期" in office.get(LIST).text


def test_another_day_brings_an_expired_key_back(office):
    key, secret = create_api_key(
        name="ERP", scopes=["orders:read"], expires_at=timezone.now() - timedelta(days=1)
    )
    assert caller(secret).get("/api/v1/orders/").status_code == 401
    office.post(f"{LIST}{key.pk}/settings/", form(expires_on=in_days(5)))
    assert caller(secret).get("/api/v1/orders/").status_code == 200


def test_a_key_has_a_rate_of_its_own_and_every_other_one_that_of_the_setting(office, settings):
    settings.API_RATE = 100
    key, secret = create_api_key(name="ERP", scopes=["*"])
    other = create_api_key(name="另一个", scopes=["*"])[1]
    office.post(f"{LIST}{key.pk}/settings/", form(rate="1"))
    with time_machine.travel(timezone.now(), tick=False):
        answers = [caller(secret).get("/api/v1/orders/").status_code for _call in range(3)]
        others = [caller(other).get("/api/v1/orders/").status_code for _call in range(3)]
    assert (answers, others) == ([200, 200, 429], [200, 200, 200])
    assert "每秒最多 1 次" in office.get(f"{LIST}{key.pk}/").text


def test_every_scope_has_a_name_that_people_understand():
    assert tuple(SCOPE_NAMES) == SCOPES


def test_managers_are_told_once_some_days_before_a_key_ends(office, manager):
    ensure_default_rules()
    key = create_api_key(name="旺店通", scopes=["*"], expires_at=timezone.now() + timedelta(days=6))[0]
    create_api_key(name="later", scopes=["*"], expires_at=timezone.now() + timedelta(days=8))
    create_api_key(name="over", scopes=["*"], expires_at=timezone.now() - timedelta(days=1))
    create_api_key(name="for ever", scopes=["*"])
    assert (warn_of_keys(), warn_of_keys()) == (1, 0)
    relay()

    event = DomainEvent.objects.get(type="key.expiring")
    assert event.fact.key_name == "旺店通"
    (notice,) = Notification.objects.filter(trigger="key_expiring")
    assert notice.recipient_id == manager.pk
    assert "快到期" in office.get(LIST).text
    alerts = [each.text for each in room_standings()["system"].alerts if "密钥" in each.text]
    assert alerts == ["快到期的接口密钥：1"]
    # Another day near by is worth another word; the same form again is not.
    for _again in range(2):
        office.post(f"{LIST}{key.pk}/settings/", form(expires_on=in_days(4)))
        warn_of_keys()
    assert DomainEvent.objects.filter(type="key.expiring").count() == 2
