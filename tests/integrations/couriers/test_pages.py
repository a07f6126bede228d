"""A manager sets a tracking service up, tries it, and sees what it pushed; nobody else does, and no key is shown unasked."""

import json
import time

import pytest
from django.urls import reverse

from orders.selectors.todo import todo_list
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.confirming import CONFIRMED_KEY
from shopcomm.core.sealing import unseal_values
from shopcomm.edge.integrations.couriers.models import CourierAccount, TrackingPush
from shopcomm.edge.integrations.couriers.services.receiving import store_push
from shopcomm.edge.integrations.couriers.tasks import apply_pushes
from tests.integrations.couriers.conftest import KEY, SALT, answered
from tests.integrations.couriers.ways import ROWS, kuaidi100_push, kuaidi100_result, kuaidi100_row

pytestmark = pytest.mark.django_db
LIST = "/integrations/couriers/"


@pytest.fixture
def office(log_in, manager):
    """A manager who has just given their password."""
    client = log_in(manager)
    session = client.session
    session[CONFIRMED_KEY] = int(time.time())
    session.save()
    return client


def test_a_service_is_set_up_and_its_keys_are_sealed_and_not_shown_again(office) -> None:
    given = {"name": "快递100", "slug": "kuaidi100", "credential_key": KEY, "credential_customer": "C1"}
    answer = office.post(f"{LIST}new/kuaidi100/", given)
    account = CourierAccount.objects.get()
    assert answer["Location"] == f"{LIST}{account.pk}/"
    assert unseal_values(account.sealed_credentials)["key"] == KEY
    assert len(unseal_values(account.sealed_credentials)["salt"]) == 32
    assert KEY not in account.sealed_credentials
    pages = [
        office.get(path).text for path in (LIST, f"{LIST}{account.pk}/", f"{LIST}{account.pk}/settings/")
    ]
    assert [
        page for page in pages if KEY in page or unseal_values(account.sealed_credentials)["salt"] in page
    ] == []


def test_an_empty_key_stays_as_it_is_and_a_new_one_replaces_it(office, kuaidi100) -> None:
    address = kuaidi100.configuration["address"]
    office.post(f"{LIST}{kuaidi100.pk}/settings/", {"name": "百", "address": address})
    kuaidi100.refresh_from_db()
    assert (kuaidi100.name, unseal_values(kuaidi100.sealed_credentials)["key"]) == ("百", KEY)
    office.post(
        f"{LIST}{kuaidi100.pk}/settings/", {"name": "百", "address": address, "credential_key": "new-key"}
    )
    kuaidi100.refresh_from_db()
    assert unseal_values(kuaidi100.sealed_credentials)["key"] == "new-key"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"credential_key": ""}, "credential_key"),
        ({"codes": "99"}, "看不懂"),
        ({"codes": "99 = 已退回"}, "不认识的状态"),
        ({"address": "http://127.0.0.1:9/"}, "不能用"),
        ({"slug": ""}, "slug"),
    ],
)
def test_settings_that_cannot_be_are_refused_beside_their_field(office, given, said) -> None:
    whole = {"name": "快递100", "slug": "kuaidi100", "credential_key": KEY}
    answer = office.post(f"{LIST}new/kuaidi100/", whole | given)
    assert answer.status_code == 422
    assert said in answer.text
    assert not CourierAccount.objects.exists()


def test_push_address_and_secret_are_shown_after_the_password_only(
    log_in, office, manager, kuaidi100
) -> None:
    page = office.get(f"{LIST}{kuaidi100.pk}/secret/").text
    assert SALT in page
    assert "/api/v1/inbound/tracking/kuaidi100/" in page
    office.logout()
    answer = log_in(manager).get(f"{LIST}{kuaidi100.pk}/secret/")
    assert answer.status_code == 302
    assert SALT not in answer.text


@pytest.mark.parametrize("role", ["sales", "warehouse"])
def test_only_managers_open_the_pages(log_in, request, role, kuaidi100) -> None:
    client = log_in(request.getfixturevalue(role))
    for path in (
        "",
        "new/kuaidi100/",
        f"{kuaidi100.pk}/",
        f"{kuaidi100.pk}/secret/",
        f"{kuaidi100.pk}/settings/",
    ):
        assert client.get(LIST + path).status_code == 403


def test_trying_a_service_shows_its_answer_in_words_and_keeps_nothing(
    office, service, kuaidi100, ship
) -> None:
    shipment = ship()
    rows = [kuaidi100_row(*row) for row in ROWS]
    service.answers["/poll/query.do"] = answered(kuaidi100_result(shipment.tracking_number, rows, "3"))
    asked = {"carrier": "yuantong", "number": shipment.tracking_number}
    page = office.post(f"{LIST}{kuaidi100.pk}/ask/", asked).text
    assert "看懂了：YT8812345678901，9 条物流" in page
    assert page.count("已签收") >= 1
    assert not shipment.nodes.exists()
    service.answers["/poll/query.do"] = answered(
        {"result": False, "returnCode": "503", "message": f"验证签名失败 {KEY}"}
    )
    page = office.post(f"{LIST}{kuaidi100.pk}/ask/", asked).text
    assert "验证签名失败" in page
    assert KEY not in page
    service.http.close()
    assert "没有回应" in office.post(f"{LIST}{kuaidi100.pk}/ask/", asked).text


def test_a_pasted_push_is_shown_as_it_would_be_read_and_changes_nothing(office, kuaidi100, ship) -> None:
    shipment = ship()
    body = json.dumps(
        kuaidi100_push(shipment.tracking_number, [kuaidi100_row("2026-11-24 10:00:00", "无法签收", "x")], "2")
    )
    page = office.post(f"{LIST}{kuaidi100.pk}/read/", {"body": body}).text
    assert "不认识的状态码：无法签收" in " ".join(page.split())
    assert "内容看不懂" in office.post(f"{LIST}{kuaidi100.pk}/read/", {"body": "?"}).text
    assert not TrackingPush.objects.exists()
    assert not shipment.nodes.exists()


def test_what_cannot_be_read_waits_for_a_manager_who_retries_or_leaves_it(
    office, manager, sales, kuaidi100
) -> None:
    store_push(kuaidi100, "{}")
    apply_pushes()
    push = TrackingPush.objects.get()
    (todo,) = todo_list(Actor.staff(manager))
    assert (todo.url, todo_list(Actor.staff(sales))) == (reverse("couriers:push", args=[push.pk]), [])
    assert "内容看不懂" in office.get(todo.url).text
    office.post(f"{LIST}pushes/{push.pk}/retry/")
    push.refresh_from_db()
    assert push.state == "received"
    apply_pushes()
    office.post(f"{LIST}pushes/{push.pk}/dismiss/")
    assert todo_list(Actor.staff(manager)) == []


def test_a_service_is_stopped_resumed_and_takes_over_what_is_under_way(office, kuaidi100, ship) -> None:
    ship()
    office.post(f"{LIST}{kuaidi100.pk}/state/", {"active": "no"})
    kuaidi100.refresh_from_db()
    assert not kuaidi100.is_active
    office.post(f"{LIST}{kuaidi100.pk}/state/", {"active": "yes"})
    office.post(f"{LIST}{kuaidi100.pk}/follow/")
    assert kuaidi100.parcels.count() == 1
