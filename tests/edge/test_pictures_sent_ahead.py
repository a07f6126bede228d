"""Pictures that leave the phone as soon as they are chosen, and the forms that carry only what they are called."""

import pytest
from django.test import Client
from django.urls import reverse

from messaging.models import Attachment, Message
from messaging.services.attachments import store_attachment
from orders.models import AfterSalesCase, Evaluation, Order, Status
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.services.order_links import link_token, make_link
from tests.factories import make_order
from tests.messaging.pictures import picture, upload

pytestmark = pytest.mark.django_db


@pytest.fixture
def delivered(customer) -> Order:
    return make_order(customer=customer, status=Status.DELIVERED)


def address_of(order: Order, page: str) -> str:
    return reverse(f"portal:{page}", args=[link_token(make_link(customer=order.customer, order_id=order.pk))])


def claim_form(order: Order, **fields) -> dict:
    line = order.lines.get()
    return {"kind": "refund", "reason": "damaged", "key": "k", f"quantity-{line.pk}": "1"} | fields


def sent_ahead(client: Client, order: Order) -> str:
    """As the phone does it: a page of the link is open and names itself."""
    link = make_link(customer=order.customer, order_id=order.pk)
    client.get(reverse("portal:order", args=[link_token(link)]))
    answer = client.post(
        "/attachments/", {"file": upload(picture(), "a.jpg")}, headers={"X-Visitor": f"link={link.pk}"}
    )
    assert answer.status_code == 201
    return answer.json()["id"]


def test_a_case_form_sent_twice_attaches_its_uploaded_pictures_once(client, delivered):
    ids = [sent_ahead(client, delivered), sent_ahead(client, delivered)]
    for _again in range(2):
        assert (
            client.post(address_of(delivered, "after-sales"), claim_form(delivered, uploaded=ids)).status_code
            == 302
        )
    case = AfterSalesCase.objects.get()
    said = Message.objects.get(conversation__order=delivered, kind="image")
    assert case.pictures == ids
    assert {str(each.pk) for each in said.attachments.all()} == set(ids)


def test_a_refused_case_form_comes_back_filled_in_with_its_uploaded_pictures(client, delivered):
    sent = sent_ahead(client, delivered)
    line = delivered.lines.get()
    refused = claim_form(
        delivered, reason="", kind="return", note="拉链坏了", uploaded=[sent], **{f"quantity-{line.pk}": "2"}
    )
    answer = client.post(address_of(delivered, "after-sales"), refused)
    page = answer.content.decode()

    assert answer.status_code == 422
    assert "拉链坏了</textarea>" in page
    assert f'name="uploaded" value="{sent}"' in page
    assert 'value="return" required checked' in " ".join(page.split())
    assert 'value="2"' in page
    assert Attachment.objects.get().message is None


def test_uploads_of_others_and_uploads_already_used_cannot_be_attached(client, delivered, sales):
    theirs = str(store_attachment(actor=Actor.staff(sales), upload=upload(picture())).pk)
    for uploaded in (theirs, "nonsense"):
        answer = client.post(
            address_of(delivered, "after-sales"), claim_form(delivered, key="other", uploaded=[uploaded])
        )
        assert answer.status_code == 422
        assert "附件不存在或已经发送过" in answer.content.decode()
        assert f'value="{uploaded}"' not in answer.content.decode()
    assert not AfterSalesCase.objects.exists()

    mine = sent_ahead(client, delivered)
    client.post(address_of(delivered, "after-sales"), claim_form(delivered, uploaded=[mine]))
    again = claim_form(delivered, key="another", uploaded=[mine])
    assert client.post(address_of(delivered, "after-sales"), again).status_code == 422
    assert AfterSalesCase.objects.count() == 1


def test_ratings_and_payment_slips_accept_pictures_uploaded_in_advance(client, delivered, customer):
    rated = sent_ahead(client, delivered)
    given = {"goods": "5", "service": "4", "text": "好", "key": "k", "uploaded": [rated]}
    assert client.post(address_of(delivered, "evaluation"), given).status_code == 302
    assert Evaluation.objects.get().pictures == [rated]

    unpaid = make_order(customer=customer)
    slip = sent_ahead(client, unpaid)
    client.post(address_of(unpaid, "slip"), {"uploaded": [slip], "form_key": "one"})
    said = Message.objects.get(conversation__order=unpaid, kind="image")
    assert [str(each.pk) for each in said.attachments.all()] == [slip]


def test_staff_can_upload_pictures_in_advance_too(log_in, sales, delivered):
    desk = log_in(sales)
    sent = desk.post("/attachments/", {"file": upload(picture(), "a.jpg")}).json()["id"]
    page = f"/orders/{delivered.number}/after-sales/"
    refused = desk.post(page, claim_form(delivered, reason="", uploaded=[sent]))
    assert refused.status_code == 422
    assert sent in refused.content.decode()
    assert desk.post(page, claim_form(delivered, uploaded=[sent])).status_code == 302
    assert AfterSalesCase.objects.get().pictures == [sent]
