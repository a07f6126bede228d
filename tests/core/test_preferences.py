"""One's own password, and the browsers one is logged in with."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from shopcomm.core.accounts.devices import device_of
from shopcomm.core.accounts.models import Staff, StaffSession
from shopcomm.core.accounts.open_sessions import open_sessions
from shopcomm.core.accounts.services.staff_sessions import session_ended
from shopcomm.core.purging import purge_by_age
from tests.factories import PASSWORD, StaffFactory

pytestmark = pytest.mark.django_db
NEW = "another-good-one-77"
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/142.0 Safari/537.36"
WECHAT = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1 MicroMessenger/8.0.60"


def come_in(staff: Staff, user_agent: str = CHROME) -> Client:
    """Another browser of somebody."""
    client = Client(headers={"user-agent": user_agent})
    answer = client.post("/login/", {"username": staff.username, "password": PASSWORD})
    assert answer.status_code == 302
    return client


def is_in(client: Client) -> bool:
    return client.get("/preferences/").status_code == 200


def set_password(client: Client, **fields: str):
    return client.post(
        "/preferences/password/", {"old": PASSWORD, "new": NEW, "again": NEW} | fields, follow=True
    )


def test_changing_the_password_ends_all_other_sessions(sales, other_sales):
    desk, phone, colleague = come_in(sales), come_in(sales, WECHAT), come_in(other_sales)
    page = set_password(desk)
    assert (page.redirect_chain, page.status_code) == ([("/preferences/", 302)], 200)
    assert "密码已修改，其他设备已退出登录" in page.text
    # Before it asks for anything: the sockets of the other browser find no session either.
    assert not Session.objects.filter(session_key=phone.cookies["sessionid"].value).exists()
    assert [is_in(each) for each in (desk, phone, colleague)] == [True, False, True]
    sales.refresh_from_db()
    assert (sales.check_password(NEW), sales.check_password(PASSWORD)) == (True, False)
    assert [each.device for each in open_sessions(sales, desk.session.session_key)] == ["Chrome · Windows"]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"old": "wrong"}, "现在的密码不对"),
        ({"old": ""}, "请填写现在的密码"),
        ({"new": "short7x", "again": "short7x"}, "密码至少 8 位"),
        ({"new": "password123", "again": "password123"}, "这个密码太常见了"),
        ({"new": "zhoumin11", "again": "zhoumin11"}, "密码跟 用户名 太相似了"),
        ({"again": "something-else-1"}, "两次输入的新密码不一样"),
        ({"new": PASSWORD, "again": PASSWORD}, "新密码和现在的一样"),
    ],
)
def test_a_refused_new_password_is_explained_in_chinese_and_changes_nothing(sales, fields, said):
    desk, phone = come_in(sales), come_in(sales, WECHAT)
    page = set_password(desk, **fields)
    assert page.status_code == 422
    form = page.text[page.text.index('id="password"') : page.text.index('id="sessions"')]
    alerts = re.findall(r'role="alert"\s*>(.*?)</span>', form, re.DOTALL)
    assert [re.sub(r"<[^>]+>", "", each).strip().rstrip("。") for each in alerts] == [said]
    sales.refresh_from_db()
    assert sales.check_password(PASSWORD)
    assert [is_in(each) for each in (desk, phone)] == [True, True]


def test_wrong_old_passwords_count_towards_the_login_lock(sales, settings):
    settings.AXES_FAILURE_LIMIT = 3
    desk = come_in(sales)
    for _attempt in range(3):
        set_password(desk, old="wrong")
    assert set_password(desk).status_code in (403, 422, 429)
    sales.refresh_from_db()
    assert sales.check_password(PASSWORD)


def test_the_page_lists_only_ones_own_sessions_with_device_and_time(sales, other_sales):
    with time_machine.travel(timezone.now() - timedelta(hours=30), tick=False):
        come_in(sales, WECHAT)
    come_in(other_sales, "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0")
    page = come_in(sales).get("/preferences/").text
    listed = page[page.index('id="sessions"') :].partition("</ul>")[0]
    assert listed.index("Chrome · Windows") < listed.index("这台设备") < listed.index("微信 · iPhone")
    assert "让 微信 · iPhone 退出登录" in listed
    assert "Firefox" not in listed


def test_ending_one_session_leaves_the_others(sales):
    desk, phone, tablet = come_in(sales), come_in(sales, WECHAT), come_in(sales)
    ended: list[str] = []
    session_ended.connect(
        lambda session_key, **_rest: ended.append(session_key), weak=False, dispatch_uid="t"
    )
    row = StaffSession.objects.get(session_key=phone.cookies["sessionid"].value)
    page = desk.post("/preferences/sessions/end/", {"session": row.pk}, follow=True)
    session_ended.disconnect(dispatch_uid="t")
    assert "那台设备已退出登录" in page.text
    assert [is_in(each) for each in (desk, phone, tablet)] == [True, False, True]
    assert ended == [row.session_key]
    again = desk.post("/preferences/sessions/end/", {"session": row.pk}, follow=True)
    assert "那台设备已经退出了" in again.text


def test_all_other_sessions_can_be_ended_at_once(sales, other_sales):
    desk, *others, colleague = come_in(sales), come_in(sales), come_in(sales, WECHAT), come_in(other_sales)
    page = desk.post("/preferences/sessions/end/", {"others": "1"}, follow=True)
    assert "已退出其他 2 台设备" in page.text
    assert "退出其他全部设备" not in page.text
    assert [is_in(each) for each in (desk, *others, colleague)] == [True, False, False, True]


@pytest.mark.parametrize("chosen", ["", "0", "-1", "²", "9" * 30, "x"])
def test_a_session_of_somebody_else_or_an_invalid_one_cannot_be_ended(sales, other_sales, chosen):
    desk, colleague = come_in(sales), come_in(other_sales)
    row = StaffSession.objects.get(staff=other_sales)
    for each in (str(row.pk), chosen):
        assert desk.post("/preferences/sessions/end/", {"session": each}).status_code == 302
    assert [is_in(desk), is_in(colleague)] == [True, True]


def test_the_last_use_of_a_session_is_recorded_every_few_minutes(sales):
    now = timezone.now()
    with time_machine.travel(now, tick=False) as clock:
        desk = come_in(sales)
        clock.shift(timedelta(minutes=4))
        desk.get("/preferences/")
        assert StaffSession.objects.get().last_seen_at == now
        clock.shift(timedelta(minutes=1))
        desk.get("/preferences/")
        row = StaffSession.objects.get()
        assert (row.began_at, row.last_seen_at) == (now, now + timedelta(minutes=5))


def test_a_session_from_before_the_upgrade_is_listed_once_used_and_gone_after_log_out(sales):
    desk = come_in(sales)
    StaffSession.objects.all().delete()
    with time_machine.travel(timezone.now() + timedelta(minutes=6)):
        assert "Chrome · Windows" in desk.get("/preferences/").text
        desk.post("/logout/")
    assert not StaffSession.objects.exists()


def test_records_of_ended_sessions_are_purged_by_age_and_live_ones_kept(sales):
    gone, live = come_in(sales), come_in(sales)
    Session.objects.filter(session_key=gone.cookies["sessionid"].value).delete()
    StaffSession.objects.update(last_seen_at=timezone.now() - timedelta(days=5))
    purge_by_age()
    assert [row.session_key for row in StaffSession.objects.all()] == [live.cookies["sessionid"].value]


def test_a_password_set_by_a_manager_logs_that_person_out_everywhere(sales, manager):
    desk, office = come_in(sales), come_in(manager)
    office.post("/confirm/", {"password": PASSWORD})
    given = {"password1": NEW, "password2": NEW, "usable_password": "true"}
    assert office.post(f"/admin/accounts/staff/{sales.pk}/password/", given).status_code == 302
    assert (is_in(desk), is_in(office)) == (False, True)
    assert not StaffSession.objects.filter(staff=sales).exists()
    assert office.post(f"/admin/accounts/staff/{manager.pk}/password/", given).status_code == 302
    assert [each.is_this for each in open_sessions(manager, office.session.session_key)] == [True]


@pytest.mark.parametrize(
    ("user_agent", "device"),
    [
        (CHROME, "Chrome · Windows"),
        (WECHAT, "微信 · iPhone"),
        (CHROME + " Edg/142.0", "Edge · Windows"),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605 Version/18 Safari/605",
            "Safari · Mac",
        ),
        (
            "Mozilla/5.0 (Linux; Android 15; Pixel) AppleWebKit/537 Chrome/142 Mobile Safari/537",
            "Chrome · Android",
        ),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox · Linux"),
        ("curl/8.5", "未知设备"),
        ("", "未知设备"),
    ],
)
def test_a_session_is_labelled_with_browser_and_operating_system(user_agent, device):
    assert device_of(user_agent) == device


def test_somebody_who_never_logged_in_has_no_sessions():
    assert open_sessions(StaffFactory(role="manager"), None) == []
