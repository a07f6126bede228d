"""A form of the phone that is sent twice, by a double tap or after a lost answer, is sent once and answers the same."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from orders.models import AfterSalesCase, ChangeRequest, Order, Urge
from orders.services.after_sales import CaseInput, CaseLine, approve_case, open_case
from orders.services.change_requests.request import request_change
from shopcomm.core.accounts.actors import Actor
from shopcomm.edge.portal.my.basket import BASKET_KEY
from tests.edge.test_customer_pages import address_of
from tests.factories import integration, make_order

pytestmark = pytest.mark.django_db
# What says how something is to be, or only leads somewhere: twice is the same as once without a key.
SETTING = {
    "portal/wishes.html": "wishes are what the form says",
    "my/me.html": "a name is what the form says; leaving twice is leaving",
    "my/login.html": "a code is asked for anew by whoever asks, and is limited",
    "my/talks.html": "there is one conversation about no order",
    "my/_variant.html": "a variant is waited for once",
    "messaging/cards/_quote.html": "a quote is answered once",
    "messaging/cards/_shortage.html": "a question is answered once",
    "_language.html": "a language is what the form says",
}
OF_THE_PHONE = ("portal/", "my/", "orders/change/", "messaging/cards/", "messaging/_composer_customer")
FORM = re.compile(r"<form\b[^>]*method=\"post\".*?</form>", re.S)


def forms() -> list[tuple[str, str]]:
    folder = Path(settings.BASE_DIR) / "templates"
    names = [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*.html"))]
    mine = [name for name in names if name.startswith(OF_THE_PHONE) or name == "_language.html"]
    return [(name, form) for name in mine for form in FORM.findall((folder / name).read_text())]


def test_every_customer_form_carries_an_idempotency_key_or_only_saves_settings():
    found = forms()
    assert len(found) > 20
    keyed = ("{% form_key %}", 'name="key"', "orders/_claim_form.html")
    bare = [name for name, form in found if name not in SETTING and not any(each in form for each in keyed)]
    assert bare == []


def key_in(page: str, action: str) -> str:
    """The key of the form with this address."""
    form = next(each for each in FORM.findall(page) if action in each)
    return re.search(r'name="form_key" value="([^"]+)"', form)[1]


def send_twice(client, page: str, address: str, **said: str) -> list[str]:
    """Send a form of a page as it stands there, twice; answers what each time was said."""
    key = key_in(client.get(page).text, address)
    answers = [client.post(address, said | {"form_key": key}, follow=True) for _time in range(2)]
    return [str(next(iter(answer.context["messages"]))) for answer in answers]


def test_an_urge_form_sent_twice_counts_once(client, customer):
    order = make_order(customer=customer, status="picking")
    page = address_of(order)
    first, second = send_twice(client, page, f"{page}urge/")
    assert first == second
    assert first.startswith("已帮您催了")
    assert Urge.objects.get(order=order).times == 1


def test_an_urge_from_a_newly_loaded_page_counts_again(client, customer):
    order = make_order(customer=customer, status="picking")
    page = address_of(order)
    for _page in range(2):
        send_twice(client, page, f"{page}urge/")
    assert Urge.objects.get(order=order).times == 2


def test_a_receipt_confirmation_sent_twice_gets_the_same_answer(client, customer):
    order = make_order(customer=customer, status="delivered")
    page = address_of(order)
    said = send_twice(client, page, f"{page}confirm/")
    assert said == ["谢谢，订单已完成"] * 2
    assert Order.objects.get(pk=order.pk).status == "completed"


def test_withdrawing_a_change_request_twice_gets_the_same_answer(client, customer):
    order = make_order(customer=customer, status="picking")
    cell = {"note": "请换个袋子"}
    asked = request_change(actor=Actor.customer(customer), order_id=order.pk, kind="note", data=cell)
    ChangeRequest.objects.filter(pk=asked.pk).update(state="open", handler="warehouse")
    page = address_of(order)
    said = send_twice(client, page, f"{page}change/{asked.pk}/withdraw/")
    assert said == ["申请已撤回"] * 2


@pytest.fixture
def returning(customer) -> AfterSalesCase:
    order = make_order(customer=customer, status="delivered")
    wanted = CaseInput("return", "damaged", [CaseLine(order.lines.get().pk, 1)])
    case = open_case(actor=Actor.customer(customer), order_id=order.pk, wanted=wanted)
    return approve_case(actor=integration(), case_id=case.pk)


def test_a_return_tracking_number_is_recorded_once_and_can_be_corrected(client, returning):
    page = address_of(returning.order, "after-sales")
    address = f"{page}{returning.pk}/send/"
    parcel = {"carrier": "shunfeng", "tracking_number": "SF1234567890123"}
    key = key_in(client.get(page).text, address)
    for number in ("SF1234567890123", "SF1234567890123", "SF1234567890129"):
        sent = parcel | {"tracking_number": number, "form_key": key}
        assert client.post(address, sent).status_code == 302
    returning.refresh_from_db()
    assert (returning.state, returning.tracking_number) == ("return_in_transit", "SF1234567890129")


def test_adding_to_the_quote_list_twice_counts_once_and_other_input_counts_again(phone, variant):
    page = f"/my/catalogue/{variant.product_id}/"
    address, key = f"{page}add/", key_in(phone.get(page).text, f"{page}ask/")
    for pieces in ("3", "3", "2"):
        phone.post(address, {"sku": variant.sku, "quantity": pieces, "form_key": key})
    assert phone.session[BASKET_KEY] == {variant.sku: 5}


def test_a_form_key_used_by_another_customer_does_not_show_their_data(client, customer, other_customer):
    for buyer in (customer, other_customer):
        order = make_order(customer=buyer, status="picking")
        client.post(address_of(order, "urge"), {"form_key": "the-same"})
        assert Urge.objects.filter(order=order).count() == 1
