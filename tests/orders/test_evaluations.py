"""评价: once an order, changed for a while, answered by the shop."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from messaging.models import Message, Notification
from messaging.services.notifications.planning import plan_event
from orders.errors import GuardFailed, NotAllowed
from orders.models import Evaluation, Order, Status
from orders.services.evaluations import EvaluationInput, answer_evaluation, evaluate_order
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.services.order_links import link_token, make_link
from shopcomm.core.events.models import DomainEvent
from tests.factories import CustomerFactory, make_order
from tests.messaging.pictures import picture as draw
from tests.orders.test_concurrency import at_once, result_types

pytestmark = pytest.mark.django_db


@pytest.fixture
def delivered(customer, sales) -> Order:
    order = make_order(customer=customer, status=Status.DELIVERED)
    Order.objects.filter(pk=order.pk).update(assigned_to=sales)
    return order


def rate(order: Order, goods: int = 5, service: int = 4, text: str = "很好", **more):
    given = EvaluationInput(goods=goods, service=service, text=text, **more)
    return evaluate_order(actor=Actor.customer(order.customer), order_id=order.pk, given=given)


def rating_lines(order: Order) -> list[str]:
    lines = Message.objects.filter(conversation__order=order, kind="event", body__contains="评价")
    return list(lines.order_by("seq").values_list("body", flat=True))


def evaluation_path(order: Order) -> str:
    return f"/o/{link_token(make_link(customer=order.customer, order_id=order.pk))}/evaluation/"


def test_a_rating_is_posted_once_in_the_conversation_and_editable_for_a_week(delivered, time_machine):
    assert rate(delivered).is_news
    assert not rate(delivered).is_news
    assert rate(delivered, goods=3, text="拉链有点紧").is_news
    assert rating_lines(delivered) == [
        "评价：商品 5 星，服务 4 星：很好",
        "修改评价：商品 3 星，服务 4 星：拉链有点紧",
    ]
    assert Evaluation.objects.get().edited_at

    time_machine.move_to(Evaluation.objects.get().given_at + timedelta(days=7))
    with pytest.raises(GuardFailed):
        rate(delivered, goods=1)
    assert Evaluation.objects.get().goods == 3


@pytest.mark.parametrize("status", [Status.PAID, Status.SHIPPED, Status.CANCELLED])
def test_an_order_cannot_be_rated_before_delivery(status):
    order = make_order(status=status)

    with pytest.raises(GuardFailed):
        rate(order)
    assert not Evaluation.objects.exists()


@pytest.mark.parametrize("stars", [0, 6, -1])
def test_a_rating_has_one_to_five_stars(delivered, stars):
    with pytest.raises(GuardFailed):
        rate(delivered, goods=stars)


def test_only_the_customer_of_the_order_can_rate_it(delivered, sales):
    given = EvaluationInput(goods=5, service=5)
    for stranger in (Actor.customer(CustomerFactory()), Actor.staff(sales)):
        with pytest.raises(NotAllowed):
            evaluate_order(actor=stranger, order_id=delivered.pk, given=given)


def test_a_reply_by_the_shop_is_posted_and_locks_the_rating(delivered, sales, warehouse):
    rate(delivered, goods=2)
    with pytest.raises(NotAllowed):
        answer_evaluation(actor=Actor.staff(warehouse), order_id=delivered.pk, answer="抱歉")

    for _ in range(2):
        answer_evaluation(actor=Actor.staff(sales), order_id=delivered.pk, answer="抱歉，给您换一个")
    assert rating_lines(delivered)[1:] == ["答复评价：抱歉，给您换一个"]
    with pytest.raises(GuardFailed):
        rate(delivered, goods=5)


@pytest.mark.parametrize(("goods", "service", "notices"), [(5, 3, 0), (2, 5, 1), (5, 1, 1)])
def test_a_low_rating_notifies_the_assigned_seller(delivered, sales, goods, service, notices):
    rate(delivered, goods=goods, service=service)

    plan_event(DomainEvent.objects.get(type="order.evaluated"))

    found = Notification.objects.filter(trigger="low_rating")
    assert [(row.recipient_kind, row.recipient_id) for row in found] == [("staff", sales.pk)] * notices


def test_a_customer_rates_with_pictures_once_and_the_desk_replies(log_in, sales, delivered):
    phone, url = Client(), evaluation_path(delivered)
    assert "提交评价" in phone.get(url).content.decode()
    for _ in range(2):
        picture = SimpleUploadedFile("包.jpg", draw(), "image/jpeg")
        posted = {"goods": "2", "service": "5", "text": "<b>颜色</b>不对", "key": "k1", "pictures": picture}
        assert phone.post(url, posted).status_code == 302
    row = Evaluation.objects.get()
    assert (row.goods, row.service, len(row.pictures)) == (2, 5, 1)
    assert Message.objects.filter(conversation__order=delivered, kind="image").count() == 1
    assert DomainEvent.objects.filter(type="order.evaluated").count() == 1

    desk = log_in(sales)
    shown = desk.get(f"/orders/{delivered.number}/").content.decode()
    assert "&lt;b&gt;颜色&lt;/b&gt;不对" in shown
    assert f"/attachments/{row.pictures[0]}/" in shown
    desk.post(f"/orders/{delivered.number}/evaluation/", {"answer": "马上给您换"})
    again = phone.get(url).content.decode()
    assert "马上给您换" in again
    assert "提交评价" not in again
    assert "马上给您换" in phone.get(url.replace("evaluation/", "")).content.decode()


def test_a_rating_form_without_stars_is_refused_and_keeps_its_input(delivered):
    answer = Client().post(evaluation_path(delivered), {"goods": "5", "text": "皮子很软", "key": "k"})

    assert answer.status_code == 422
    assert "皮子很软" in answer.content.decode()
    assert not Evaluation.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_ten_concurrent_ratings_of_an_order_store_one(customer):
    order = make_order(customer=customer, status=Status.DELIVERED)

    results = at_once([lambda: rate(order)] * 10)

    assert result_types(results) == {"Evaluated": 10}
    assert sum(result.is_news for result in results) == 1
    assert DomainEvent.objects.filter(type="order.evaluated").count() == 1
